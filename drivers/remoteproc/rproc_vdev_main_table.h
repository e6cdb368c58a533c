/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C ABI of a vdev's entry in a resource table, main end (rproc_vdev_main_table.cpp). The table may be the live one,
 * which the remote can write: where its entries lie and how long they are is read once, and bounded, by
 * amp_main_find(); everything later relies on that. No call sleeps or allocates; calls for one entry are serialized by
 * the caller but for those that read.
 */
#ifndef RPROC_VDEV_MAIN_TABLE_H
#define RPROC_VDEV_MAIN_TABLE_H

#include <amp/complaint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AMP_MAIN_VRINGS_MAX 16u

/* A vdev's entry, as it was when it was found. */
struct amp_main_entry {
	amp_u32 offset; /* from the start of the table */
	amp_u32 slot;
	amp_u32 type; /* AMP_RSC_VDEV or AMP_RSC_VDEV_LARGE */
	amp_u32 id; /* virtio device id */
	amp_u32 config_len;
	amp_u32 vrings;
	amp_u32 index; /* counted over all vdevs of the table, of both types */
	struct {
		amp_u32 num; /* descriptors: a power of two */
		amp_u32 align; /* of the used ring: a power of two */
		amp_u32 da; /* where the firmware wants it, or AMP_RSC_ADDR_ANY */
	} vring[AMP_MAIN_VRINGS_MAX];
};

/* What we know of a config space: zeroed, @seen has room for config_len bytes, zeroed as well. */
struct amp_main_generation {
	amp_u32 number;
	amp_u32 changes; /* in a row */
	amp_u8 *seen;
};

/* How many vdevs the table has; -EINVAL and @complaint where it is malformed. */
int amp_main_count(void *table, amp_size size, struct amp_complaint *complaint);
/* The vdev @index into @entry. 0, -ENOENT where there is none, -EINVAL and @complaint where the table is malformed. */
int amp_main_find(void *table, amp_size size, amp_u32 index, struct amp_main_entry *entry,
		  struct amp_complaint *complaint);
/* The same for the vdev whose entry is at @offset. */
int amp_main_find_at(void *table, amp_size size, amp_u32 offset, struct amp_main_entry *entry,
		     struct amp_complaint *complaint);
/* Bytes that vring @vring takes. */
amp_size amp_main_vring_bytes(const struct amp_main_entry *entry, amp_u32 vring);

amp_u8 amp_main_status(const struct amp_main_entry *entry, void *table);
void amp_main_put_status(const struct amp_main_entry *entry, void *table, amp_u8 status);
amp_u32 amp_main_offered(const struct amp_main_entry *entry, void *table);
amp_u32 amp_main_taken(const struct amp_main_entry *entry, void *table);
void amp_main_put_taken(const struct amp_main_entry *entry, void *table, amp_u32 features);
void amp_main_put_vring(const struct amp_main_entry *entry, void *table, amp_u32 vring, amp_u32 da, amp_u32 notifyid);
/* What firmware looks for: AMP_RSC_VDEV; what the remoteproc core passes over: AMP_RSC_VDEV_LARGE. */
void amp_main_retype(const struct amp_main_entry *entry, void *table, amp_u32 type);
/* 0, or -EINVAL outside of the config space. */
int amp_main_read_config(const struct amp_main_entry *entry, void *table, amp_u32 offset, void *to, amp_u32 len);
int amp_main_write_config(const struct amp_main_entry *entry, void *table, amp_u32 offset, const void *from,
			  amp_u32 len);
/*
 * The generation of the config space (virtio 1.2, 2.5), which a table does not have: see ConfigGeneration. Calls may
 * run beside each other: who comes second sees a change in the number.
 */
amp_u32 amp_main_generation_of(const struct amp_main_entry *entry, void *table,
			       struct amp_main_generation *generation);

/* A vring is zero before the other end learns of it. */
void amp_main_clear(void *va, amp_size size);
/* Where both ends of a vring stand, to show: avail index and used index. */
void amp_main_indices(void *va, amp_u32 num, amp_u32 align, amp_u32 *avail, amp_u32 *used);

#ifdef __cplusplus
}
#endif

#endif
