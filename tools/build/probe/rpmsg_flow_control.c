// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rpmsg.h>

/* Does an endpoint have a flow control operation? */
int (*probe)(struct rpmsg_endpoint *ept, bool pause, u32 dst) = rpmsg_set_flow_control;
