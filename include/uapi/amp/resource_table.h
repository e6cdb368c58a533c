/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Resource table of a remoteproc link: what the remote processor needs and offers, in memory that both processors see.
 * The remote (or whoever loads it) writes it; the main processor fills in addresses, notify ids, features and status.
 *
 *   0  ver | num | reserved[2] | offset[num]        offsets count from the start of the table
 *   offset[i]  type | entry of that type
 *
 * Byte order: that of the processors, which share it.
 */
#ifndef _UAPI_AMP_RESOURCE_TABLE_H
#define _UAPI_AMP_RESOURCE_TABLE_H

#include "types.h"

#define AMP_RSC_VERSION 1u

/* types of entries */
#define AMP_RSC_CARVEOUT 0u
#define AMP_RSC_DEVMEM 1u
#define AMP_RSC_TRACE 2u
#define AMP_RSC_VDEV 3u
#define AMP_RSC_VENDOR_FIRST 128u
#define AMP_RSC_VENDOR_LAST 512u
/*
 * A vdev as mainline's remoteproc core passes it over, which takes no more than two vrings: in firmware as it lies in a
 * file. Whoever loads it turns it into AMP_RSC_VDEV, the only type that firmware looks for.
 */
#define AMP_RSC_VDEV_LARGE 384u

#define AMP_RSC_ADDR_ANY 0xffffffffu
#define AMP_RSC_NAME_SIZE 32u

/* bits of amp_rsc_vdev.status (virtio 1.2, 2.1) */
#define AMP_VIRTIO_STATUS_ACKNOWLEDGE 0x01u
#define AMP_VIRTIO_STATUS_DRIVER 0x02u
#define AMP_VIRTIO_STATUS_DRIVER_OK 0x04u
#define AMP_VIRTIO_STATUS_FEATURES_OK 0x08u
#define AMP_VIRTIO_STATUS_NEEDS_RESET 0x40u
#define AMP_VIRTIO_STATUS_FAILED 0x80u

struct amp_rsc_header {
	amp_u32 ver; /* written last by the builder; 0 while there is no table */
	amp_u32 num;
	amp_u32 reserved; /* 0 */
	amp_u32 incarnation; /* 0, or a random number that the builder draws each time it builds */
	amp_u32 offset[];
};

struct amp_rsc_carveout {
	amp_u32 type; /* AMP_RSC_CARVEOUT */
	amp_u32 da;
	amp_u32 pa;
	amp_u32 len;
	amp_u32 flags;
	amp_u32 reserved;
	amp_u8 name[AMP_RSC_NAME_SIZE];
};

struct amp_rsc_devmem {
	amp_u32 type; /* AMP_RSC_DEVMEM */
	amp_u32 da;
	amp_u32 pa;
	amp_u32 len;
	amp_u32 flags;
	amp_u32 reserved;
	amp_u8 name[AMP_RSC_NAME_SIZE];
};

struct amp_rsc_trace {
	amp_u32 type; /* AMP_RSC_TRACE */
	amp_u32 da;
	amp_u32 len;
	amp_u32 reserved;
	amp_u8 name[AMP_RSC_NAME_SIZE];
};

struct amp_rsc_vring {
	amp_u32 da; /* written by the main, or a wish of the remote's */
	amp_u32 align; /* of the used ring */
	amp_u32 num; /* descriptors */
	amp_u32 notifyid; /* written by the main */
	amp_u32 pa;
};

struct amp_rsc_vdev {
	amp_u32 type; /* AMP_RSC_VDEV */
	amp_u32 id; /* virtio device id */
	amp_u32 notifyid;
	amp_u32 dfeatures; /* what the remote offers */
	amp_u32 gfeatures; /* what the main took; written by the main */
	amp_u32 config_len;
	amp_u8 status; /* written by the main */
	amp_u8 num_of_vrings;
	amp_u8 reserved[2]; /* 0 */
	struct amp_rsc_vring vring[]; /* then config_len bytes of config space */
};

#endif
