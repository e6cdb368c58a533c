/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of Linux's rpmsg core that a bus implements and that no public header declares: a mirror of
 * drivers/rpmsg/rpmsg_internal.h. rpmsg_remote_mirror.c holds it against the kernel's own where the source is at hand;
 * elsewhere rpmsg_remote loads only on the kernels named here.
 */
#ifndef RPMSG_ABI_H
#define RPMSG_ABI_H

#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/version.h>

/* The mirror was held against these releases: 6.1 up to, not including, 7.3. A test says otherwise. */
#ifndef AMP_RPMSG_ABI_CHECKED
#define AMP_RPMSG_ABI_CHECKED							\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0))
#endif

#ifdef AMP_HAVE_RPMSG_CONST_DATA
typedef const void *amp_rpmsg_data;
#else
typedef void *amp_rpmsg_data;
#endif

struct amp_rpmsg_device_ops {
	struct rpmsg_device *(*create_channel)(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);
	int (*release_channel)(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);
	struct rpmsg_endpoint *(*create_ept)(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb, void *priv,
					     struct rpmsg_channel_info chinfo);
	int (*announce_create)(struct rpmsg_device *rpdev);
	int (*announce_destroy)(struct rpmsg_device *rpdev);
};

struct amp_rpmsg_endpoint_ops {
	void (*destroy_ept)(struct rpmsg_endpoint *ept);
	int (*send)(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len);
	int (*sendto)(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len, u32 dst);
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	int (*send_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst, amp_rpmsg_data data, int len);
#endif
	int (*trysend)(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len);
	int (*trysendto)(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len, u32 dst);
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	int (*trysend_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst, amp_rpmsg_data data, int len);
#endif
	__poll_t (*poll)(struct rpmsg_endpoint *ept, struct file *filp, struct poll_table_struct *wait);
#ifdef AMP_HAVE_RPMSG_FLOW_CONTROL
	int (*set_flow_control)(struct rpmsg_endpoint *ept, bool pause, u32 dst);
#endif
	ssize_t (*get_mtu)(struct rpmsg_endpoint *ept);
};

#endif
