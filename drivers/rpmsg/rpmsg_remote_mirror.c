// SPDX-License-Identifier: GPL-2.0-only
/* Holds our mirror of the rpmsg core's private tables against the kernel's own. No code. */
#include <linux/build_bug.h>

#include "rpmsg_abi.h"
#include "rpmsg_internal.h"

#define SAME(type, member)								\
	static_assert(offsetof(struct type, member) == offsetof(struct amp_##type, member) &&	\
		      __same_type(((struct type *)0)->member, ((struct amp_##type *)0)->member))

static_assert(sizeof(struct rpmsg_device_ops) == sizeof(struct amp_rpmsg_device_ops));
SAME(rpmsg_device_ops, create_channel);
SAME(rpmsg_device_ops, release_channel);
SAME(rpmsg_device_ops, create_ept);
SAME(rpmsg_device_ops, announce_create);
SAME(rpmsg_device_ops, announce_destroy);

static_assert(sizeof(struct rpmsg_endpoint_ops) == sizeof(struct amp_rpmsg_endpoint_ops));
SAME(rpmsg_endpoint_ops, destroy_ept);
SAME(rpmsg_endpoint_ops, send);
SAME(rpmsg_endpoint_ops, sendto);
SAME(rpmsg_endpoint_ops, trysend);
SAME(rpmsg_endpoint_ops, trysendto);
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
SAME(rpmsg_endpoint_ops, send_offchannel);
SAME(rpmsg_endpoint_ops, trysend_offchannel);
#endif
SAME(rpmsg_endpoint_ops, poll);
#ifdef AMP_HAVE_RPMSG_FLOW_CONTROL
SAME(rpmsg_endpoint_ops, set_flow_control);
#endif
SAME(rpmsg_endpoint_ops, get_mtu);
