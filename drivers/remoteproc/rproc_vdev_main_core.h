/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the remoteproc core hands its own driver of a vdev: a mirror of drivers/remoteproc/remoteproc_internal.h.
 * rproc_vdev_main_mirror.c holds it against the kernel's own where the source is at hand; elsewhere the main end is
 * there only on the kernels named here.
 */
#ifndef RPROC_VDEV_MAIN_CORE_H
#define RPROC_VDEV_MAIN_CORE_H

#include <linux/remoteproc.h>
#include <linux/version.h>

/* The mirror was held against these releases: 6.1 up to, not including, 7.3. */
#ifdef AMP_HAVE_RPROC_INTERNAL
#define AMP_RPROC_ABI_CHECKED 1
#else
#define AMP_RPROC_ABI_CHECKED							\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0))
#endif

/* platform_data of a device named "rproc-virtio" */
struct amp_rproc_vdev_data {
	u32 rsc_offset;
	unsigned int id;
	u32 index;
	struct fw_rsc_vdev *rsc;
};

#endif
