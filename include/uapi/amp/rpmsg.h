/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * rpmsg over virtio (virtio device id 7): what stands in a buffer of either vring, and the name service that runs on
 * address 53. All fields have the byte order of the rings.
 */
#ifndef _UAPI_AMP_RPMSG_H
#define _UAPI_AMP_RPMSG_H

#include "types.h"

#define AMP_VIRTIO_ID_RPMSG 7u

/* feature bits of device id 7 */
#define AMP_VIRTIO_RPMSG_F_NS 0

#define AMP_RPMSG_ADDR_ANY 0xffffffffu
#define AMP_RPMSG_ADDR_NS 53u
#define AMP_RPMSG_ADDR_DYNAMIC 1024u /* first address that a bus gives out by itself */

#define AMP_RPMSG_BUFFER_SIZE 512u /* of either end where nothing else was agreed, header included */

struct amp_rpmsg_header {
	amp_u32 src;
	amp_u32 dst;
	amp_u32 reserved;
	amp_u16 len; /* of the payload that follows */
	amp_u16 flags;
};

#define AMP_RPMSG_NAME_SIZE 32u

#define AMP_RPMSG_NS_CREATE 0u
#define AMP_RPMSG_NS_DESTROY 1u

struct amp_rpmsg_ns_message {
	char name[AMP_RPMSG_NAME_SIZE]; /* NUL-terminated */
	amp_u32 addr;
	amp_u32 flags;
};

#endif
