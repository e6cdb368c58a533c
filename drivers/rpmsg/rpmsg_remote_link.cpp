// SPDX-License-Identifier: GPL-2.0-only
/* The remote role of rpmsg: the device end of both rings, behind a C ABI. */
#include <amp/env_kernel.hpp>
#include <amp/errno.hpp>
#include <amp/rpmsg/link.hpp>
#include <amp/rpmsg/name_service.hpp>
#include <amp/vring/device_ring.hpp>

#define _Bool bool
#include "rpmsg_remote_link.h"

using namespace amp;

using Env = KernelEnv;
using RemoteLink = Link<Env, DeviceRing<Env>, DeviceRing<Env>>;

struct amp_link : RemoteLink {};

namespace
{

template <typename Counters> void copy_counters(const Counters &from, amp_link_counters *to)
{
	*to = {from.messages, from.bytes, from.bad_buffers, from.kicks, from.kicks_saved};
}

} // namespace

amp_size amp_link_size()
{
	return sizeof(amp_link);
}

amp_size amp_link_lent_size(amp_u32 num)
{
	return Lent::words(num) * sizeof(u32);
}

void amp_link_init(amp_link *link)
{
	new (link) amp_link;
}

int amp_link_start(amp_link *link, const amp_link_config *config, int *vring, amp_complaint *complaint)
{
	const Regions regions(config->regions, config->num_regions);
	const bool event_idx = config->features & 1u << AMP_VIRTIO_RING_F_EVENT_IDX;
	auto start = [&](auto &ring, int index, const amp_vring_memory &memory, u32 *lent) {
		const auto started = ring.start(memory, regions, event_idx, lent);

		if (!started.ok()) {
			*vring = index;
			*complaint = ring.complaint().for_c();
		}
		return to_errno(started.fault());
	};

	if (const int err = start(link->to_peer.ring(), 0, config->to_peer, config->lent_to_peer))
		return err;
	if (const int err = start(link->from_peer.ring(), 1, config->from_peer, config->lent_from_peer))
		return err;
	// The way out listens only while somebody waits for a buffer.
	link->to_peer.ring().hush();
	return 0;
}

bool amp_link_intact(const amp_link *link)
{
	return !link->to_peer.ring().remade() && !link->from_peer.ring().remade();
}

// What every message passes is one body, flattened: called piece by piece, a buffer's cursor would go through memory.
[[gnu::flatten]] int amp_link_receive(amp_link *link, amp_frame *frame, void *payload, amp_size room,
				      amp_complaint *complaint)
{
	const auto received = link->from_peer.receive(*frame, payload, room);

	if (!received.ok() && received.fault() != Fault::Again)
		*complaint = link->from_peer.complaint().for_c();
	return to_errno(received.fault());
}

bool amp_link_receive_publish(amp_link *link)
{
	return link->from_peer.publish();
}

bool amp_link_receive_listen(amp_link *link)
{
	return link->from_peer.ring().listen();
}

void amp_link_receive_hush(amp_link *link)
{
	link->from_peer.ring().hush();
}

void amp_link_receive_counters(const amp_link *link, amp_link_counters *counters)
{
	copy_counters(link->from_peer.counters(), counters);
}

[[gnu::flatten]] int amp_link_reserve(amp_link *link, amp_complaint *complaint)
{
	const auto head = link->to_peer.reserve();

	if (head.ok())
		return head.value();
	if (head.fault() != Fault::Again)
		*complaint = link->to_peer.complaint().for_c();
	return to_errno(head.fault());
}

[[gnu::flatten]] int amp_link_write(const amp_link *link, int head, const amp_frame *frame, const void *payload,
				    amp_complaint *complaint)
{
	Complaint why;
	const auto written = link->to_peer.write(u16(head), *frame, payload, why);

	if (written.ok())
		return int(written.value());
	*complaint = why.for_c();
	return to_errno(written.fault());
}

[[gnu::flatten]] bool amp_link_submit(amp_link *link, int head, amp_u32 written)
{
	return link->to_peer.submit(u16(head), written);
}

bool amp_link_transmit_listen(amp_link *link)
{
	return link->to_peer.ring().listen();
}

void amp_link_transmit_hush(amp_link *link)
{
	link->to_peer.ring().hush();
}

amp_size amp_link_transmit_room(amp_link *link)
{
	return link->to_peer.room();
}

void amp_link_transmit_counters(const amp_link *link, amp_link_counters *counters)
{
	copy_counters(link->to_peer.counters(), counters);
}

bool amp_announcement_legal(const void *payload, amp_size size, amp_complaint *complaint)
{
	Complaint why;
	const auto announcement = Announcement<Env>::parse(payload, size, why);

	if (!announcement.ok())
		*complaint = why.for_c();
	return announcement.ok();
}

amp_size amp_announcement_make(void *to, const char *name, amp_u32 addr, bool destroy)
{
	const auto message = Announcement<Env>::make(name, addr, destroy);

	__builtin_memcpy(to, &message, sizeof(message));
	return sizeof(message);
}
