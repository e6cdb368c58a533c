/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RPROC_VDEV_MAIN_INIT_H
#define RPROC_VDEV_MAIN_INIT_H

#include <linux/kconfig.h>

/* The main end takes remoteproc and virtio, without which this kernel can still be a remote. */
#if IS_ENABLED(CONFIG_REMOTEPROC) && IS_ENABLED(CONFIG_VIRTIO)
int rproc_vdev_main_init(void);
void rproc_vdev_main_exit(void);
#else
static inline int rproc_vdev_main_init(void)
{
	return 0;
}

static inline void rproc_vdev_main_exit(void)
{
}
#endif

#endif
