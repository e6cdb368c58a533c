/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/* An rpmsg without its payload, in our byte order: what crosses the C ABI of a Link. */
#ifndef AMP_RPMSG_FRAME_H
#define AMP_RPMSG_FRAME_H

#include <uapi/amp/types.h>

struct amp_frame {
	amp_u32 src;
	amp_u32 dst;
	amp_u16 len; /* bytes of payload */
	amp_u16 flags;
};

#endif
