/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C ABI of the frames of rvdev_net (rvdev_net_frames.cpp): all that touches the rings and their buffers. None of these
 * sleeps or allocates; one caller at a time.
 *
 * Errors: -EAGAIN nothing there, -EBADMSG one buffer of the main's was bad and went back, -EPROTO the ring is dead
 * until the main makes it anew.
 */
#ifndef RVDEV_NET_FRAMES_H
#define RVDEV_NET_FRAMES_H

#include "rvdev_rings.h"

#ifdef __cplusplus
extern "C" {
#endif

struct amp_net_frames;

amp_size amp_net_frames_size(void);
/* Begin on rings that the main has made, in zeroed memory or again. */
int amp_net_frames_start(void *storage, const struct amp_rvdev_rings *rings, struct amp_rvdev_complaint *complaint);
/* Are the rings still those that start was given? */
_Bool amp_net_frames_intact(const struct amp_net_frames *frames);

/* The main's next frame into @to: its size, or an error. */
int amp_net_frames_receive(struct amp_net_frames *frames, void *to, amp_size room,
			   struct amp_rvdev_complaint *complaint);
/* Let the main see the buffers that came back. True: kick it. */
_Bool amp_net_frames_receive_publish(struct amp_net_frames *frames);
/* Ask to be kicked for the next frame. True: there is one already. */
_Bool amp_net_frames_receive_listen(struct amp_net_frames *frames);
void amp_net_frames_receive_hush(struct amp_net_frames *frames);

/* A frame to the main: 1 kick it, 0, or an error. */
int amp_net_frames_send(struct amp_net_frames *frames, const void *frame, amp_size size,
			struct amp_rvdev_complaint *complaint);
/* Ask to be kicked for the next buffer. True: there is one already. */
_Bool amp_net_frames_send_listen(struct amp_net_frames *frames);
void amp_net_frames_send_hush(struct amp_net_frames *frames);

#ifdef __cplusplus
}
#endif

#endif
