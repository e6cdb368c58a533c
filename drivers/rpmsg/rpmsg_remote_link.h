/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C ABI of the remote role's Link (rpmsg_remote_link.cpp): all that touches the rings and their buffers. None of these
 * sleeps or allocates. Two callers at a time at most: one for the receiving functions, one for the transmitting ones;
 * amp_link_write() alone may run any number of times at once. start and intact need both to keep out.
 *
 * Errors: -EAGAIN nothing there, -EBADMSG one buffer of the peer's was bad and went back, -EPROTO the ring is dead
 * until the peer makes it anew.
 */
#ifndef RPMSG_REMOTE_LINK_H
#define RPMSG_REMOTE_LINK_H

#include <amp/complaint.h>
#include <amp/region.h>
#include <amp/rpmsg/frame.h>

#ifdef __cplusplus
extern "C" {
#endif

struct amp_link;

struct amp_link_config {
	struct amp_vring_memory to_peer;
	struct amp_vring_memory from_peer;
	const struct amp_region *regions; /* outlive the link */
	amp_size num_regions;
	amp_u64 features; /* negotiated */
	amp_u32 *lent_to_peer; /* amp_link_lent_size() bytes each */
	amp_u32 *lent_from_peer;
};

struct amp_link_counters {
	amp_u64 messages;
	amp_u64 bytes;
	amp_u64 bad_buffers;
	amp_u64 kicks;
	amp_u64 kicks_saved;
};

amp_size amp_link_size(void);
amp_size amp_link_lent_size(amp_u32 num);
void amp_link_init(struct amp_link *link);
/* Begin on rings that the peer has made. -EPROTO: @vring (0 to_peer, 1 from_peer) is bad, see @complaint. */
int amp_link_start(struct amp_link *link, const struct amp_link_config *config, int *vring,
		   struct amp_complaint *complaint);
/* Are the rings still those that start was given? */
_Bool amp_link_intact(const struct amp_link *link);

/* Receive: the next message into @frame and @payload, which has @room bytes. */
int amp_link_receive(struct amp_link *link, struct amp_frame *frame, void *payload, amp_size room,
		     struct amp_complaint *complaint);
/* Let the peer see the buffers that came back. True: kick it. */
_Bool amp_link_receive_publish(struct amp_link *link);
/* Ask to be kicked for the next message. True: there is one already. */
_Bool amp_link_receive_listen(struct amp_link *link);
void amp_link_receive_hush(struct amp_link *link);
void amp_link_receive_counters(const struct amp_link *link, struct amp_link_counters *counters);

/* Transmit: a buffer to write to (its head, 0 or more) or an error. */
int amp_link_reserve(struct amp_link *link, struct amp_complaint *complaint);
/* Fill it: bytes written or -EBADMSG; needs no lock. */
int amp_link_write(const struct amp_link *link, int head, const struct amp_frame *frame, const void *payload,
		   struct amp_complaint *complaint);
/* Hand it over with what write returned, or 0 to return it empty. True: kick the peer. */
_Bool amp_link_submit(struct amp_link *link, int head, amp_u32 written);
/* Ask to be kicked for the next buffer. True: there is one already. */
_Bool amp_link_transmit_listen(struct amp_link *link);
void amp_link_transmit_hush(struct amp_link *link);
/* Bytes of the buffer that reserve would give, header included; 0 where there is none or it is bad. */
amp_size amp_link_transmit_room(struct amp_link *link);
void amp_link_transmit_counters(const struct amp_link *link, struct amp_link_counters *counters);

/* Is this payload, a private copy, a legal name-service message? */
_Bool amp_announcement_legal(const void *payload, amp_size size, struct amp_complaint *complaint);
/* An announcement as it goes on the wire, into 40 bytes; returns that size. */
amp_size amp_announcement_make(void *to, const char *name, amp_u32 addr, _Bool destroy);

#ifdef __cplusplus
}
#endif

#endif
