// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rpmsg.h>

/* Can a message still be sent from any address to any address? */
void *probe = rpmsg_send_offchannel;
