// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rpmsg.h>

/* Does the send family promise not to write to the message? */
int (*probe)(struct rpmsg_endpoint *ept, const void *data, int len) = rpmsg_send;
