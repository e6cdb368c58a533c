/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * A console device (virtio device id 3) with several ports: its control messages and its config space. Fields have the
 * byte order of the rings.
 *
 *   vring 0, 1    port 0, to and from the driver (the main)
 *   vring 2, 3    control messages, to and from it
 *   vring 4, 5    port 1, and so on
 */
#ifndef _UAPI_AMP_VIRTIO_CONSOLE_H
#define _UAPI_AMP_VIRTIO_CONSOLE_H

#include "types.h"

#define AMP_VIRTIO_ID_CONSOLE 3u

/* feature bits of device id 3 */
#define AMP_VIRTIO_CONSOLE_F_MULTIPORT 1 /* without it there are vrings 0 and 1 alone */

struct amp_virtio_console_config {
	amp_u16 cols;
	amp_u16 rows;
	amp_u32 max_nr_ports; /* with MULTIPORT */
};

/* amp_virtio_console_control.event; from the driver: DEVICE_READY, PORT_READY, PORT_OPEN */
#define AMP_VIRTIO_CONSOLE_DEVICE_READY 0u
#define AMP_VIRTIO_CONSOLE_PORT_ADD 1u
#define AMP_VIRTIO_CONSOLE_PORT_REMOVE 2u
#define AMP_VIRTIO_CONSOLE_PORT_READY 3u
#define AMP_VIRTIO_CONSOLE_CONSOLE_PORT 4u
#define AMP_VIRTIO_CONSOLE_RESIZE 5u
#define AMP_VIRTIO_CONSOLE_PORT_OPEN 6u
#define AMP_VIRTIO_CONSOLE_PORT_NAME 7u /* the name follows, to the end of the buffer */

struct amp_virtio_console_control {
	amp_u32 id; /* of the port */
	amp_u16 event;
	amp_u16 value; /* 0 no, failed, closed; 1 yes, well, open */
};

#endif
