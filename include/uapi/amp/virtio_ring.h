/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Split virtqueue in memory (virtio 1.2, 2.7), legacy layout (2.7.2): descriptors, avail ring, padding up to @align,
 * used ring. Without VIRTIO_F_VERSION_1 every field has the byte order of the driver's processor.
 */
#ifndef _UAPI_AMP_VIRTIO_RING_H
#define _UAPI_AMP_VIRTIO_RING_H

#include "types.h"

#define AMP_VRING_NUM_MAX 32768u

/* struct amp_vring_desc.flags (2.7.5) */
#define AMP_VRING_DESC_NEXT 1u
#define AMP_VRING_DESC_WRITE 2u
#define AMP_VRING_DESC_INDIRECT 4u

/* avail.flags and used.flags (2.7.7, 2.7.10): hints, one writer each */
#define AMP_VRING_AVAIL_NO_INTERRUPT 1u
#define AMP_VRING_USED_NO_NOTIFY 1u

/* feature bits that change the ring (6) */
#define AMP_VIRTIO_RING_F_INDIRECT_DESC 28
#define AMP_VIRTIO_RING_F_EVENT_IDX 29
#define AMP_VIRTIO_F_VERSION_1 32

struct amp_vring_desc {
	amp_u64 addr; /* in the driver's address space */
	amp_u32 len;
	amp_u16 flags;
	amp_u16 next;
};

struct amp_vring_avail { /* written by the driver */
	amp_u16 flags;
	amp_u16 idx; /* free-running */
	amp_u16 ring[]; /* num entries, then used_event */
};

struct amp_vring_used_elem {
	amp_u32 id;
	amp_u32 len; /* bytes that the device wrote */
};

struct amp_vring_used { /* written by the device */
	amp_u16 flags;
	amp_u16 idx; /* free-running */
	struct amp_vring_used_elem ring[]; /* num entries, then avail_event */
};

#endif
