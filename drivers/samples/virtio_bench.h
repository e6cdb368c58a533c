/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of virtio_bench share: when a mailbox was last used, in ns of CLOCK_MONOTONIC. */
#ifndef VIRTIO_BENCH_H
#define VIRTIO_BENCH_H

#include <linux/platform_device.h>
#include <linux/types.h>

#define VIRTIO_BENCH_WIRES_MAX 8

struct virtio_bench_stamps {
	u64 rung; /* by the other end: before its client is told */
	u64 rang; /* by us: when the client's words have reached the controller */
};

/* By channel of the one mailbox-stamps device. */
extern struct virtio_bench_stamps virtio_bench_stamps[VIRTIO_BENCH_WIRES_MAX];

extern struct platform_driver virtio_bench_mailbox_driver;

#endif
