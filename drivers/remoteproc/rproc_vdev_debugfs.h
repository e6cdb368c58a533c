/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RPROC_VDEV_DEBUGFS_H
#define RPROC_VDEV_DEBUGFS_H

#include <linux/types.h>

struct dentry;
struct seq_file;

struct dentry *rproc_vdev_debugfs_dir(void);
void rproc_vdev_show_status(struct seq_file *file, u8 status);

#endif
