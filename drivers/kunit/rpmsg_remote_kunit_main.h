/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C ABI of the main end that the tests of rpmsg_remote play (rpmsg_remote_kunit_main.cpp): honest, or with any word of
 * its rings made wrong. One caller at a time; nothing here sleeps or allocates.
 */
#ifndef RPMSG_REMOTE_KUNIT_MAIN_H
#define RPMSG_REMOTE_KUNIT_MAIN_H

#include <amp/region.h>
#include <amp/rpmsg/frame.h>

#ifdef __cplusplus
extern "C" {
#endif

struct amp_main;

struct amp_main_ring {
	struct amp_vring_memory memory;
	struct amp_region buffers;
	amp_u32 buffer_size;
	amp_u32 *words; /* amp_main_words() of them */
};

struct amp_main_plan {
	struct amp_main_ring ring[2]; /* vring 0 carries remote -> main, vring 1 main -> remote */
	_Bool event_idx;
};

/* A word of a vring, at @index where there are several. */
enum amp_main_word {
	AMP_MAIN_AVAIL_IDX,
	AMP_MAIN_AVAIL_FLAGS,
	AMP_MAIN_AVAIL_RING,
	AMP_MAIN_DESC_ADDR,
	AMP_MAIN_DESC_LEN,
	AMP_MAIN_DESC_FLAGS,
	AMP_MAIN_DESC_NEXT,
	AMP_MAIN_USED_IDX,
	AMP_MAIN_USED_FLAGS,
	AMP_MAIN_USED_LEN,
};

amp_size amp_main_size(void);
amp_size amp_main_words(amp_u32 num);
void amp_main_init(void *storage);
/* New rings, whatever stood there. 0 or -EINVAL. */
int amp_main_make(struct amp_main *main, const struct amp_main_plan *plan);

/* @size bytes of payload behind a header that says frame->len. -EAGAIN: no buffer; 0; 1: kick the remote. */
int amp_main_send(struct amp_main *main, const struct amp_frame *frame, const void *payload, amp_size size);
/* A message, and the length that the remote returned with its buffer. 0, -EAGAIN, -EBADMSG or -EPROTO. */
int amp_main_receive(struct amp_main *main, struct amp_frame *frame, void *payload, amp_size room,
		     amp_u32 *used_len);
/* Let the remote have the buffers that were received. True: kick it. */
_Bool amp_main_publish(struct amp_main *main);
/* Ask for a doorbell on a vring. True: there is something already. */
_Bool amp_main_listen(struct amp_main *main, int vring);

void amp_main_poke(struct amp_main *main, int vring, enum amp_main_word word, amp_u32 index, amp_u64 value);
amp_u64 amp_main_peek(struct amp_main *main, int vring, enum amp_main_word word, amp_u32 index);

#ifdef __cplusplus
}
#endif

#endif
