/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * A network device (virtio device id 1): what stands before each frame, and in its config space. Fields of more than a
 * byte have the byte order of the rings.
 */
#ifndef _UAPI_AMP_VIRTIO_NET_H
#define _UAPI_AMP_VIRTIO_NET_H

#include "types.h"

#define AMP_VIRTIO_ID_NET 1u

/* feature bits of device id 1 */
#define AMP_VIRTIO_NET_F_MAC 5
#define AMP_VIRTIO_NET_F_MRG_RXBUF 15

/* vrings, as the driver (the main) names them */
#define AMP_VIRTIO_NET_RECEIVEQ 0u
#define AMP_VIRTIO_NET_TRANSMITQ 1u

#define AMP_VIRTIO_NET_GSO_NONE 0u

struct amp_virtio_net_header {
	amp_u8 flags;
	amp_u8 gso_type;
	amp_u16 hdr_len;
	amp_u16 gso_size;
	amp_u16 csum_start;
	amp_u16 csum_offset;
	amp_u16 num_buffers; /* only with MRG_RXBUF; without it the frame begins here */
};

struct amp_virtio_net_config {
	amp_u8 mac[6]; /* of the driver's interface, with MAC */
};

#endif
