// SPDX-License-Identifier: GPL-2.0-only
/* debugfs: rproc_vdev/<device>, for a person who asks why a vdev is not up, or who does not ring whom. */
#include <linux/debugfs.h>
#include <linux/mailbox_controller.h>
#include <linux/of_reserved_mem.h>
#include <linux/seq_file.h>
#include <linux/virtio_ring.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_debugfs.h"
#include "rproc_vdev_main.h"

/* As in devicetree, and, for /proc/interrupts, by the controller's device. */
static void rproc_vdev_show_mailbox(struct seq_file *file, const struct rproc_vdev_doorbell *bell)
{
	const struct mbox_controller *mbox = bell->chan->mbox;

	seq_printf(file, "mailbox %s: through %lu stuck %lu, %pOF channel %td, interrupts of %s\n", bell->name,
		   READ_ONCE(bell->through), READ_ONCE(bell->stuck), mbox->dev->of_node, bell->chan - mbox->chans,
		   dev_name(mbox->dev));
}

static int rproc_vdev_claim_show(struct seq_file *file, void *unused)
{
	struct rproc_vdev_claim *claim = file->private;
	void *table = claim->host->rproc->table_ptr;
	unsigned int i;
	u8 status = amp_main_status(&claim->entry, table);

	seq_printf(file, "subnode: %pOF\n", claim->of_node);
	seq_printf(file, "virtio id: %u\n", claim->entry.id);
	seq_printf(file, "features offered: 0x%08x\n", amp_main_offered(&claim->entry, table));
	seq_printf(file, "features taken: 0x%08x\n", amp_main_taken(&claim->entry, table));
	rproc_vdev_show_status(file, status);
	seq_printf(file, "config bytes: %u\n", claim->entry.config_len);
	if (claim->pool)
		seq_printf(file, "buffers: %s %pa %pa%s\n", claim->pool->name, &claim->pool->base, &claim->pool->size,
			   claim->restricted ? ", bounced" : "");
	else
		seq_puts(file, "buffers: system memory\n");
	seq_printf(file, "mailboxes: %u%s\n", claim->node->num_bells,
		   claim->node->num_bells ? "" : ", those of the remoteproc driver");
	for (i = 0; i < claim->node->num_bells; i++)
		rproc_vdev_show_mailbox(file, &claim->node->bells[i]);
	for (i = 0; i < claim->entry.vrings; i++) {
		struct rproc_vdev_ring *ring = &claim->rings[i];
		long kicks = atomic_long_read(&ring->kicks_out);
		bool there;
		u32 used;

		seq_printf(file, "vring%u: num %u align %u notifyid %d", i, ring->core.num, ring->core.align,
			   ring->core.notifyid);
		there = rproc_vdev_ring_count(ring, &used);
		if (there)
			seq_printf(file, " da 0x%08x avail %u used %u", ring->da, ring->avail, used);
		seq_printf(file, " kicks in %ld out %ld", atomic_long_read(&ring->kicks_in), kicks);
		if (there)
			seq_printf(file, " saved %ld", max((long)ring->offered - kicks, 0L));
		seq_putc(file, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rproc_vdev_claim);

void rproc_vdev_main_debugfs_add(struct rproc_vdev_claim *claim)
{
	claim->debugfs = debugfs_create_file(dev_name(claim->node->dev), 0444, rproc_vdev_debugfs_dir(), claim,
					     &rproc_vdev_claim_fops);
}

/* Waits for who reads it. */
void rproc_vdev_main_debugfs_remove(struct rproc_vdev_claim *claim)
{
	debugfs_remove(claim->debugfs);
	claim->debugfs = NULL;
}
