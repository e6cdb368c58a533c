// SPDX-License-Identifier: GPL-2.0-only
/* The frames of rvdev_net, behind a C ABI. */
#include <amp/env_kernel.hpp>
#include <amp/errno.hpp>

#define _Bool bool
#include "rvdev_net_frames.h"
#include "rvdev_net_frames.hpp"

using namespace amp;

struct amp_net_frames : NetFrames<KernelEnv> {};

amp_size amp_net_frames_size()
{
	return sizeof(amp_net_frames);
}

int amp_net_frames_start(void *storage, const amp_rvdev_rings *rings, amp_rvdev_complaint *complaint)
{
	return to_errno((new (storage) amp_net_frames)->start(*rings, *complaint).fault());
}

bool amp_net_frames_intact(const amp_net_frames *frames)
{
	return frames->intact();
}

int amp_net_frames_receive(amp_net_frames *frames, void *to, amp_size room, amp_rvdev_complaint *complaint)
{
	const auto size = frames->receive(to, room);

	if (size.ok())
		return int(size.value());
	*complaint = {AMP_VIRTIO_NET_TRANSMITQ, frames->complaint().for_c()};
	return to_errno(size.fault());
}

bool amp_net_frames_receive_publish(amp_net_frames *frames)
{
	return frames->from_main().publish();
}

bool amp_net_frames_receive_listen(amp_net_frames *frames)
{
	return frames->from_main().ring().listen();
}

void amp_net_frames_receive_hush(amp_net_frames *frames)
{
	frames->from_main().ring().hush();
}

int amp_net_frames_send(amp_net_frames *frames, const void *frame, amp_size size, amp_rvdev_complaint *complaint)
{
	const auto kick = frames->send(frame, size);

	if (kick.ok())
		return kick.value();
	*complaint = {AMP_VIRTIO_NET_RECEIVEQ, frames->to_main().complaint().for_c()};
	return to_errno(kick.fault());
}

bool amp_net_frames_send_listen(amp_net_frames *frames)
{
	return frames->to_main().ring().listen();
}

void amp_net_frames_send_hush(amp_net_frames *frames)
{
	frames->to_main().ring().hush();
}
