// SPDX-License-Identifier: GPL-2.0-only
/* debugfs: rproc_vdev/<link>/table and rproc_vdev/<link>/vdevN, for a person who asks why a link is not up. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_debugfs.h"
#include "rproc_vdev_remote.h"

static struct dentry *rproc_vdev_debugfs;

static const char *rproc_vdev_state_name(enum amp_vdev_state state)
{
	switch (state) {
	case AMP_VDEV_DOWN:
		return "down";
	case AMP_VDEV_UP:
		return "up";
	case AMP_VDEV_BROKEN:
		return "broken, waits for a reset by the main";
	}
	return "?";
}

/* By name, as virtio 1.2, 2.1 has them. */
void rproc_vdev_show_status(struct seq_file *file, u8 status)
{
	seq_printf(file, "status: 0x%02x%s%s%s%s%s\n", status,
		   status & AMP_VIRTIO_STATUS_ACKNOWLEDGE ? " ACKNOWLEDGE" : "",
		   status & AMP_VIRTIO_STATUS_DRIVER ? " DRIVER" : "",
		   status & AMP_VIRTIO_STATUS_FEATURES_OK ? " FEATURES_OK" : "",
		   status & AMP_VIRTIO_STATUS_DRIVER_OK ? " DRIVER_OK" : "",
		   status & AMP_VIRTIO_STATUS_FAILED ? " FAILED" : "");
}

static int rproc_vdev_device_show(struct seq_file *file, void *unused)
{
	struct rproc_vdev_device *vdev = file->private;
	struct amp_vdev_view *view;
	u8 config[64]; /* as much as a line of %ph shows */
	unsigned int i, len;

	view = kzalloc(sizeof(*view), GFP_KERNEL);
	if (!view)
		return -ENOMEM;
	mutex_lock(&vdev->remote->lock);
	amp_vdevs_view(vdev->remote->vdevs, vdev->rvdev.index, view);
	len = min_t(unsigned int, view->config_len, sizeof(config));
	if (!view->table || amp_vdevs_read_config(vdev->remote->vdevs, vdev->rvdev.index, 0, config, len))
		len = 0;
	mutex_unlock(&vdev->remote->lock);

	seq_printf(file, "state: %s\n", rproc_vdev_state_name(view->state));
	seq_printf(file, "virtio id: %u\n", vdev->rvdev.id.device);
	seq_printf(file, "features offered: 0x%08x\n", view->offered);
	if (view->table) {
		seq_printf(file, "features taken: 0x%08x\n", view->taken);
		rproc_vdev_show_status(file, view->status);
		seq_printf(file, "config bytes: %u\n", view->config_len);
		if (len)
			seq_printf(file, "config: %*ph\n", len, config);
		for (i = 0; i < view->vrings; i++)
			seq_printf(file, "vring%u: da 0x%08x num %u align %u notifyid %d\n", i, view->vring[i].da,
				   view->vring[i].num, view->vring[i].align, (int)view->vring[i].notifyid);
	} else {
		seq_puts(file, "no resource table\n");
	}
	seq_printf(file, "kicks in: %ld\n", atomic_long_read(&vdev->count.kicks_in));
	seq_printf(file, "kicks out: %ld\n", atomic_long_read(&vdev->count.kicks_out));
	seq_printf(file, "ups: %lu\n", vdev->count.ups);
	seq_printf(file, "downs: %lu\n", vdev->count.downs);
	seq_printf(file, "resets: %lu\n", vdev->count.resets);
	seq_printf(file, "refused: %lu\n", vdev->count.refused);
	seq_printf(file, "faults: %lu\n", vdev->count.faults);
	kfree(view);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rproc_vdev_device);

static int rproc_vdev_table_show(struct seq_file *file, void *unused)
{
	struct rproc_vdev_remote *remote = file->private;

	seq_printf(file, "made by: %s\n", remote->plan.build ? "this end" : "whoever started us");
	seq_printf(file, "bytes of its region: %zu\n", (size_t)remote->plan.table_size);
	seq_printf(file, "found or built: %lu\n", remote->tables);
	seq_printf(file, "malformed: %lu\n", remote->bad_tables);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rproc_vdev_table);

struct dentry *rproc_vdev_debugfs_dir(void)
{
	return rproc_vdev_debugfs;
}

void rproc_vdev_debugfs_init(void)
{
	rproc_vdev_debugfs = debugfs_create_dir("rproc_vdev", NULL);
}

void rproc_vdev_debugfs_exit(void)
{
	debugfs_remove_recursive(rproc_vdev_debugfs);
}

void rproc_vdev_debugfs_add(struct rproc_vdev_remote *remote)
{
	unsigned int i;
	char name[16];

	remote->debugfs = debugfs_create_dir(dev_name(remote->dev), rproc_vdev_debugfs);
	debugfs_create_file("table", 0444, remote->debugfs, remote, &rproc_vdev_table_fops);
	for (i = 0; i < remote->plan.vdevs; i++) {
		snprintf(name, sizeof(name), "vdev%u", i);
		debugfs_create_file(name, 0444, remote->debugfs, remote->vdev[i], &rproc_vdev_device_fops);
	}
}

void rproc_vdev_debugfs_remove(struct rproc_vdev_remote *remote)
{
	debugfs_remove_recursive(remote->debugfs);
}
