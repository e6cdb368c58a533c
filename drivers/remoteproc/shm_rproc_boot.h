/* SPDX-License-Identifier: GPL-2.0-only */
/* A remote that we load and start: what shm_rproc_boot.c and shm_rproc_firmware.c share. */
#ifndef SHM_RPROC_BOOT_H
#define SHM_RPROC_BOOT_H

#include "shm_rproc.h"
#include "shm_rproc_image.h"

struct shm_rproc_boot {
	struct amp_shm_control *control;
	spinlock_t lock; /* calls on control */
	struct rproc_ops mainline; /* what it does with an ELF file */
	struct amp_region areas[1 + SHM_RPROC_LOADS_MAX];
	unsigned int area_count;
	struct amp_shm_image image; /* that was loaded last */
	u32 timeout_ms;
	bool auto_boot; /* until it was started once */
	bool tried; /* to, since the remote is there */
	bool reported; /* a crash, since the last start */
	unsigned long started_at;
};

/* shm_rproc_boot.c */
int shm_rproc_make_quiet(struct shm_rproc *shm);
u32 shm_rproc_machine(struct shm_rproc *shm);

/* shm_rproc_firmware.c */
int shm_rproc_init_firmware(struct shm_rproc *shm);
int shm_rproc_lay_table(struct shm_rproc *shm, u64 *da);
void *shm_rproc_da_to_va(struct rproc *rproc, u64 da, size_t size, bool *is_iomem);

#endif
