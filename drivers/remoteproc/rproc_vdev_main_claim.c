// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vdev of the firmware that is ours: vrings with notify ids of the core's, and a virtio device while the remote
 * processor runs and the subnode is bound.
 */
#include <linux/bottom_half.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_main.h"
#include "rproc_vdev_main_core.h"

#define CLAIM_DRIVER "rproc_vdev_claim"

static void look_into_ring(struct work_struct *work)
{
	struct rproc_vdev_ring *ring = container_of(work, struct rproc_vdev_ring, work);
	struct virtqueue *vq = READ_ONCE(ring->vq);
	u32 used;

	if (!vq)
		return;
	vring_interrupt(0, vq);
	rproc_vdev_ring_count(ring, &used);
	/* What it left to a softirq, as network drivers do, would else wait for the next interrupt. */
	local_bh_disable();
	local_bh_enable();
}

static void look_into_rings(struct work_struct *work)
{
	struct rproc_vdev_claim *claim = container_of(to_delayed_work(work), struct rproc_vdev_claim, poll);
	unsigned int i;

	for (i = 0; i < claim->entry.vrings; i++)
		queue_work(rproc_vdev_workers, &claim->rings[i].work);
	for (i = 0; i < claim->node->num_bells; i++)
		rproc_vdev_doorbell_watch(&claim->node->bells[i]);
	queue_delayed_work(rproc_vdev_workers, &claim->poll, claim->interval);
}

static void free_ids(struct rproc_vdev_claim *claim)
{
	struct rproc *rproc = claim->host->rproc;
	unsigned int i;

	for (i = 0; i < claim->entry.vrings; i++) {
		if (claim->rings[i].core.notifyid < 0)
			continue;
		idr_remove(&rproc->notifyids, claim->rings[i].core.notifyid);
		if (rproc->table_ptr)
			amp_main_put_vring(&claim->entry, rproc->table_ptr, i, claim->entry.vring[i].da, -1);
	}
}

static int alloc_ids(struct rproc_vdev_claim *claim)
{
	struct rproc *rproc = claim->host->rproc;
	unsigned int i;
	int id;

	for (i = 0; i < claim->entry.vrings; i++)
		claim->rings[i].core.notifyid = -1;
	for (i = 0; i < claim->entry.vrings; i++) {
		id = idr_alloc(&rproc->notifyids, &claim->rings[i].core, 0, 0, GFP_KERNEL);
		if (id < 0)
			return id;
		claim->rings[i].core.notifyid = id;
		rproc->max_notifyid = max(rproc->max_notifyid, id);
		amp_main_put_vring(&claim->entry, rproc->table_ptr, i, claim->entry.vring[i].da, id);
		if (i < RVDEV_NUM_VRINGS) {
			claim->core.vring[i].num = claim->entry.vring[i].num;
			claim->core.vring[i].align = claim->entry.vring[i].align;
			claim->core.vring[i].notifyid = id;
			claim->core.vring[i].rvdev = &claim->core;
		}
	}
	return 0;
}

/**
 * rproc_vdev_claim_new() - a vdev of the firmware becomes ours
 * @host:	its remote processor
 * @pdev:	under it; not yet bound
 * @of_node:	the subnode; a reference goes over to the claim, or is put
 * @entry:	in the resource table
 *
 * Context: process, rproc->lock held. Return: NULL after a message.
 */
struct rproc_vdev_claim *rproc_vdev_claim_new(struct rproc_vdev_host *host, struct platform_device *pdev,
					      struct device_node *of_node, const struct amp_main_entry *entry)
{
	struct rproc_vdev_claim *claim = kzalloc(sizeof(*claim), GFP_KERNEL);
	unsigned int i;
	int ret = -ENOMEM;

	if (!claim)
		goto err_put;
	claim->generation.seen = kzalloc(entry->config_len, GFP_KERNEL);
	if (!claim->generation.seen)
		goto err_free;
	claim->host = host;
	claim->pdev = pdev;
	claim->of_node = of_node;
	claim->entry = *entry;
	claim->core.pdev = pdev;
	claim->core.id = entry->id;
	claim->core.rproc = host->rproc;
	claim->core.rsc_offset = entry->offset + sizeof(struct fw_rsc_hdr);
	claim->core.index = entry->index; /* of all vdevs: the core's own counts those only that it can serve */
	INIT_LIST_HEAD(&claim->core.node);
	claim->interval = msecs_to_jiffies(rproc_vdev_poll_ms());
	INIT_DELAYED_WORK(&claim->poll, look_into_rings);
	rproc_vdev_watch_init(claim);
	for (i = 0; i < entry->vrings; i++) {
		struct rproc_vdev_ring *ring = &claim->rings[i];

		INIT_WORK(&ring->work, look_into_ring);
		ring->claim = claim;
		ring->index = i;
		ring->core.num = entry->vring[i].num;
		ring->core.align = entry->vring[i].align;
		ring->core.rvdev = &claim->core;
	}
	ret = alloc_ids(claim);
	if (ret)
		goto err_ids;
	platform_set_drvdata(pdev, &claim->core);
	list_add_tail(&claim->list, &host->claims);
	return claim;

err_ids:
	free_ids(claim);
	kfree(claim->generation.seen);
err_free:
	kfree(claim);
err_put:
	dev_err(&host->rproc->dev, "%pOF: no memory to claim the vdev: %d\n", of_node, ret);
	of_node_put(of_node);
	return NULL;
}

/**
 * rproc_vdev_claim_free() - the vdev is nobody's
 * @claim:	down
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_claim_free(struct rproc_vdev_claim *claim)
{
	rproc_vdev_claim_down(claim);
	platform_set_drvdata(claim->pdev, NULL);
	of_reserved_mem_device_release(&claim->pdev->dev);
	free_ids(claim);
	list_del(&claim->list);
	of_node_put(claim->of_node);
	kfree(claim->generation.seen);
	kfree(claim);
}

static bool can_ring(struct rproc_vdev_claim *claim)
{
	struct rproc_vdev_node *node = claim->node;
	struct rproc *rproc = claim->host->rproc;

	if (!node->num_bells && !rproc->ops->kick) {
		dev_err(&rproc->dev, "%pOF: no mailboxes, and the remoteproc driver cannot kick either\n",
			claim->of_node);
		return false;
	}
	if (node->num_bells && !node->one_bell && node->num_bells < claim->entry.vrings) {
		dev_err(&rproc->dev,
			"%pOF: %u mailboxes vq0.. for the %u vrings of the firmware's vdev: expected one each, or one named \"vq\"\n",
			claim->of_node, node->num_bells, claim->entry.vrings);
		return false;
	}
	return true;
}

static void release_node(struct rproc_vdev_claim *claim)
{
	struct rproc_vdev_node *node = claim->node;

	claim->node = NULL;
	rproc_vdev_node_release(node);
}

/* A driver that comes or goes may wait for a lock that the driver of another vdev holds, while that waits. */
static void watch_others(struct rproc_vdev_claim *claim,
			 void (*change)(struct rproc_vdev_claim *claim, enum rproc_vdev_watch_cause cause))
{
	struct rproc_vdev_claim *other;

	list_for_each_entry(other, &claim->host->claims, list)
		if (other != claim && other->virtio)
			change(other, RPROC_VDEV_WATCH_BESIDE);
}

/**
 * rproc_vdev_claim_up() - give it a virtio device, if all that this takes is there
 * @claim:	the claim
 *
 * Context: process, rproc->lock held. Whatever prevents it was reported, but for a subnode that is not bound yet, or
 * still in use by the same remote processor before its driver went.
 */
void rproc_vdev_claim_up(struct rproc_vdev_claim *claim)
{
	if (!claim->host->started || !claim->usable || claim->virtio)
		return;
	claim->node = rproc_vdev_node_take(claim);
	if (!claim->node)
		return;
	watch_others(claim, rproc_vdev_watch_start);
	if (!can_ring(claim) || rproc_vdev_virtio_register(claim))
		release_node(claim);
	watch_others(claim, rproc_vdev_watch_stop);
}

/**
 * rproc_vdev_claim_down() - take its virtio device away
 * @claim:	up or not
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_claim_down(struct rproc_vdev_claim *claim)
{
	if (!claim->virtio)
		return;
	watch_others(claim, rproc_vdev_watch_start);
	rproc_vdev_virtio_unregister(claim);
	release_node(claim);
	watch_others(claim, rproc_vdev_watch_stop);
}

bool rproc_vdev_is_core_device(struct device *dev)
{
	return dev->parent && rproc_vdev_is_rproc(dev->parent) &&
	       !strcmp(to_platform_device(dev)->name, "rproc-virtio");
}

static int set_override(struct platform_device *pdev, const char *driver)
{
#ifdef AMP_HAVE_DEVICE_SET_DRIVER_OVERRIDE
	return device_set_driver_override(&pdev->dev, driver);
#else
	return driver_set_override(&pdev->dev, &pdev->driver_override, driver, strlen(driver));
#endif
}

/**
 * rproc_vdev_claim_decide() - the core made a device of a vdev: ours or its own?
 * @pdev:	no driver was looked for yet
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_claim_decide(struct platform_device *pdev)
{
	const struct amp_rproc_vdev_data *data = dev_get_platdata(&pdev->dev);
	struct rproc *rproc = container_of(pdev->dev.parent, struct rproc, dev);
	struct rproc_vdev_host *host;
	struct rproc_vdev_claim *claim;
	struct amp_complaint complaint;
	struct device_node *subnode;
	struct amp_main_entry entry;
	int ret;
	u32 id;

	if (!rproc_vdev_has_subnodes(rproc))
		return;
	ret = amp_main_find_at(rproc->table_ptr, rproc->table_sz, data->rsc_offset - sizeof(struct fw_rsc_hdr), &entry,
			       &complaint);
	if (ret) {
		if (ret == -EINVAL)
			dev_err(&rproc->dev, "resource table: %s %llu, got %llu: %s is left to the remoteproc core\n",
				complaint.what, complaint.limit, complaint.value, dev_name(&pdev->dev));
		return;
	}
	subnode = rproc_vdev_subnode(rproc->dev.parent->of_node, entry.index);
	if (!subnode)
		return;
	if (of_property_read_u32(subnode, "virtio,id", &id) || id != entry.id) {
		dev_err(&rproc->dev, "%pOF: virtio,id is %u, the firmware's vdev %u has %u: left to the remoteproc core\n",
			subnode, id, entry.index, entry.id);
		goto put;
	}
	host = rproc_vdev_host_get(rproc);
	if (!host)
		goto put;
	claim = rproc_vdev_claim_new(host, pdev, subnode, &entry);
	if (!claim)
		return;
	ret = set_override(pdev, CLAIM_DRIVER);
	if (ret) {
		dev_err(&rproc->dev, "%pOF: vdev %u cannot be kept from the remoteproc core: %d\n", subnode,
			entry.index, ret);
		rproc_vdev_claim_free(claim);
	}
	return;
put:
	of_node_put(subnode);
}

/* With rproc->lock held by the core, which is booting: within its device_add(), and before start() of the host. */
static int rproc_vdev_claim_probe(struct platform_device *pdev)
{
	struct rproc_vdev *core = platform_get_drvdata(pdev);

	if (!core)
		return -ENODEV;
	rproc_vdev_claim_init_dma(container_of(core, struct rproc_vdev_claim, core));
	list_add_tail(&core->node, &core->rproc->rvdevs);
	return 0;
}

/* By the core, with rproc->lock held; or by us, who took it from the core before. */
static void rproc_vdev_claim_remove(struct platform_device *pdev)
{
	struct rproc_vdev *core = platform_get_drvdata(pdev);

	if (!core)
		return;
	list_del_init(&core->node);
	rproc_vdev_claim_free(container_of(core, struct rproc_vdev_claim, core));
}

struct platform_driver rproc_vdev_claim_driver = {
	.probe = rproc_vdev_claim_probe,
	.remove_void = rproc_vdev_claim_remove,
	.driver = {
		.name = CLAIM_DRIVER,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
		.suppress_bind_attrs = true,
	},
};
