// SPDX-License-Identifier: GPL-2.0-only
/*
 * A remote processor with vdev@N subnodes. The core tells us by a subdevice when it starts and stops; on the way up we
 * take, besides the vdevs that the core made devices of, those that it passes over: of type AMP_RSC_VDEV_LARGE, with
 * more vrings than it can handle. Firmware looks for AMP_RSC_VDEV, which we make of them before it runs.
 */
#include <linux/of.h>
#include <linux/slab.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_main.h"

static struct rproc_vdev_host *to_host(struct rproc_subdev *subdev)
{
	return container_of(subdev, struct rproc_vdev_host, subdev);
}

static struct rproc_vdev_claim *claim_at(struct rproc_vdev_host *host, u32 index)
{
	struct rproc_vdev_claim *claim;

	list_for_each_entry(claim, &host->claims, list)
		if (claim->entry.index == index)
			return claim;
	return NULL;
}

/* Without memory for it, the others work: the firmware sees no such vdev. */
static void claim_large(struct rproc_vdev_host *host, const struct amp_main_entry *entry)
{
	struct rproc *rproc = host->rproc;
	struct device_node *subnode = rproc_vdev_subnode(rproc->dev.parent->of_node, entry->index);
	struct rproc_vdev_claim *claim;
	struct platform_device *pdev;
	u32 id;

	if (!subnode) {
		dev_err(&rproc->dev, "vdev %u of the firmware has %u vrings and no subnode: nobody serves it\n",
			entry->index, entry->vrings);
		return;
	}
	if (of_property_read_u32(subnode, "virtio,id", &id) || id != entry->id) {
		dev_err(&rproc->dev, "%pOF: virtio,id is %u, the firmware's vdev %u has %u: nobody serves it\n",
			subnode, id, entry->index, entry->id);
		of_node_put(subnode);
		return;
	}
	pdev = platform_device_register_data(&rproc->dev, "rproc-vdev", PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(pdev)) {
		dev_err(&rproc->dev, "%pOF: cannot make a device of vdev %u: %ld\n", subnode, entry->index,
			PTR_ERR(pdev));
		of_node_put(subnode);
		return;
	}
	claim = rproc_vdev_claim_new(host, pdev, subnode, entry);
	if (!claim) {
		platform_device_unregister(pdev);
		return;
	}
	claim->large = true;
	rproc_vdev_claim_init_dma(claim);
	amp_main_retype(&claim->entry, rproc->table_ptr, AMP_RSC_VDEV);
}

/* And those whose device was never bound to us, as where somebody has switched probing off: the core forgets these. */
static void drop_large(struct rproc_vdev_host *host)
{
	struct rproc_vdev_claim *claim, *next;

	list_for_each_entry_safe(claim, next, &host->claims, list) {
		struct platform_device *pdev = claim->pdev;

		if (!claim->large && !list_empty(&claim->core.node))
			continue;
		if (claim->large && host->rproc->table_ptr)
			amp_main_retype(&claim->entry, host->rproc->table_ptr, AMP_RSC_VDEV_LARGE);
		rproc_vdev_claim_free(claim);
		platform_device_unregister(pdev);
	}
}

/* The vdevs that the core passed over, and subnodes that describe none. */
static int prepare(struct rproc_subdev *subdev)
{
	struct rproc_vdev_host *host = to_host(subdev);
	struct rproc *rproc = host->rproc;
	struct amp_complaint complaint;
	struct amp_main_entry entry;
	int count, i;

	if (!rproc->table_ptr)
		return 0;
	count = amp_main_count(rproc->table_ptr, rproc->table_sz, &complaint);
	if (count < 0) {
		dev_err(&rproc->dev, "resource table: %s %llu, got %llu: no subnode describes it\n", complaint.what,
			complaint.limit, complaint.value);
		return 0;
	}
	for (i = 0; i < count; i++) {
		if (claim_at(host, i) || amp_main_find(rproc->table_ptr, rproc->table_sz, i, &entry, &complaint) ||
		    entry.type != AMP_RSC_VDEV_LARGE)
			continue;
		claim_large(host, &entry);
	}
	rproc_vdev_complain_missing(rproc, count);
	return 0;
}

static int start(struct rproc_subdev *subdev)
{
	struct rproc_vdev_host *host = to_host(subdev);
	struct rproc_vdev_claim *claim;

	host->started = true;
	list_for_each_entry(claim, &host->claims, list)
		rproc_vdev_claim_up(claim);
	return 0;
}

static void stop(struct rproc_subdev *subdev, bool crashed)
{
	struct rproc_vdev_host *host = to_host(subdev);
	struct rproc_vdev_claim *claim;

	/* Nobody answers a driver any more that asks while it is removed. */
	list_for_each_entry(claim, &host->claims, list)
		if (crashed && claim->virtio)
			rproc_vdev_virtio_break(claim);
	list_for_each_entry_reverse(claim, &host->claims, list)
		rproc_vdev_claim_down(claim);
	host->started = false;
}

static void unprepare(struct rproc_subdev *subdev)
{
	drop_large(to_host(subdev));
}

void rproc_vdev_host_init(struct rproc_vdev_host *host)
{
	INIT_LIST_HEAD(&host->claims);
	host->subdev.prepare = prepare;
	host->subdev.start = start;
	host->subdev.stop = stop;
	host->subdev.unprepare = unprepare;
	rproc_add_subdev(host->rproc, &host->subdev);
}

/* What the core has, or had, before we came. */
static void complain_late(struct rproc_vdev_host *host)
{
	struct rproc *rproc = host->rproc;
	struct amp_complaint complaint;
	struct amp_main_entry entry;
	struct device_node *subnode;
	u32 i;

	for (i = 0; !amp_main_find(rproc->table_ptr, rproc->table_sz, i, &entry, &complaint); i++) {
		subnode = claim_at(host, i) ? NULL : rproc_vdev_subnode(rproc->dev.parent->of_node, i);
		if (subnode)
			dev_warn(&rproc->dev, "%pOF: %s runs already, without it: stop and start %s\n", subnode,
				 rproc->name, dev_name(&rproc->dev));
		of_node_put(subnode);
	}
}

/**
 * rproc_vdev_host_catch_up() - a remote processor that may be running already
 * @host:	new
 *
 * The vdevs that the core passed over can still be taken where nobody has told the remote that there are none.
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_host_catch_up(struct rproc_vdev_host *host)
{
	const unsigned int state = host->rproc->state;

	if ((state != RPROC_RUNNING && state != RPROC_ATTACHED) || !host->rproc->table_ptr)
		return;
	if (!prepare(&host->subdev))
		start(&host->subdev);
	complain_late(host);
}

/**
 * rproc_vdev_host_drop() - we leave, or the remote processor does
 * @host:	in the registry; freed
 *
 * Vdevs that the remote processor still has are nobody's until it starts again. Context: process.
 */
void rproc_vdev_host_drop(struct rproc_vdev_host *host)
{
	struct rproc *rproc = host->rproc;
	struct rproc_vdev_claim *claim;
	struct platform_device *pdev;

	mutex_lock(&rproc->lock);
	rproc_vdev_host_forget(host);
	stop(&host->subdev, false);
	rproc_remove_subdev(rproc, &host->subdev);
	drop_large(host);
	while (!list_empty(&host->claims)) {
		claim = list_last_entry(&host->claims, struct rproc_vdev_claim, list);
		pdev = claim->pdev;
		list_del_init(&claim->core.node);
		rproc_vdev_claim_free(claim);
		platform_device_unregister(pdev);
	}
	mutex_unlock(&rproc->lock);
	put_device(&rproc->dev);
	of_node_put(host->of_node);
	kfree(host);
}
