// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a vdev's vrings and buffers lie: where its subnode says, or the remoteproc driver, or its node, or in system
 * memory.
 */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/of_reserved_mem.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_main.h"

/* An entry of a memory-region property. */
struct rproc_vdev_pool {
	const char *what;
	struct device_node *owner;
	int index;
	struct device_node *node;
};

/* What the remoteproc driver registered for a vdev: its "buffer" or "vringM". */
static struct rproc_mem_entry *rproc_vdev_claim_carveout(struct rproc_vdev_claim *claim, const char *part)
{
	struct rproc_mem_entry *entry;
	char name[24];

	snprintf(name, sizeof(name), "vdev%u%s", claim->core.index, part);
	list_for_each_entry(entry, &claim->host->rproc->carveouts, node)
		if (!strcmp(entry->name, name))
			return entry;
	return NULL;
}

static int rproc_vdev_pool_find(struct rproc_vdev_claim *claim, struct rproc_vdev_pool *pool)
{
	struct rproc *rproc = claim->host->rproc;
	struct rproc_mem_entry *carveout = NULL;

	pool->what = "memory-region \"buffer\"";
	pool->owner = claim->of_node;
	pool->index = of_property_match_string(pool->owner, "memory-region-names", "buffer");
	if (pool->index < 0) {
		pool->owner = rproc->dev.parent->of_node;
		pool->index = 0;
		pool->what = "memory-region 0 of the remoteproc node";
		carveout = rproc_vdev_claim_carveout(claim, "buffer");
	}
	if (carveout) {
		pool->what = "the remoteproc driver's region for buffers";
		pool->index = (int)carveout->of_resm_idx;
		if (pool->index < 0) {
			dev_err(&rproc->dev, "%pOF: the remoteproc driver maps %s itself: a subnode needs a \"buffer\"\n",
				claim->of_node, carveout->name);
			return -EOPNOTSUPP;
		}
	}
	pool->node = of_parse_phandle(pool->owner, "memory-region", pool->index);
	/* The first region of many a remoteproc node is for something else. */
	if (pool->node && pool->owner != claim->of_node && !carveout &&
	    !of_device_is_compatible(pool->node, "shared-dma-pool") &&
	    !of_device_is_compatible(pool->node, "restricted-dma-pool")) {
		of_node_put(pool->node);
		pool->node = NULL;
	}
	return 0;
}

/* The core would use what is out of reach nonetheless. */
static bool rproc_vdev_pool_reachable(struct device *dev, const struct reserved_mem *memory, u64 limit)
{
	const dma_addr_t start = phys_to_dma(dev, memory->base);

	return start <= limit && memory->size - 1 <= limit - start;
}

static int rproc_vdev_pool_take(struct rproc_vdev_claim *claim, const struct rproc_vdev_pool *pool)
{
	const bool restricted = of_device_is_compatible(pool->node, "restricted-dma-pool");
	const struct reserved_mem *memory = of_reserved_mem_lookup(pool->node);
	struct device *rproc = &claim->host->rproc->dev, *dev = &claim->pdev->dev;
	const u64 limit = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	int ret = 0;

	if (!memory || !memory->size || (!restricted && !of_device_is_compatible(pool->node, "shared-dma-pool"))) {
		dev_err(rproc, "%pOF: %s, %pOF, is no shared-dma-pool or restricted-dma-pool\n", claim->of_node,
			pool->what, pool->node);
		return -EINVAL;
	}
	if (restricted && !IS_ENABLED(CONFIG_DMA_RESTRICTED_POOL)) {
		dev_err(rproc, "%pOF: %s is a restricted-dma-pool, which this kernel lacks (CONFIG_DMA_RESTRICTED_POOL)\n",
			claim->of_node, pool->what);
		return -EOPNOTSUPP;
	}
	if (!rproc_vdev_pool_reachable(dev, memory, limit)) {
		dev_err(rproc, "%pOF: %s, %pOF, is out of reach of %s, whose DMA addresses end at 0x%llx\n",
			claim->of_node, pool->what, pool->node, dev_name(rproc->parent), limit);
		return -ERANGE;
	}
	/* of_dma_configure() attached that of the subnode, or warned. */
	if (!restricted || pool->owner != claim->of_node)
		ret = of_reserved_mem_device_init_by_idx(dev, pool->owner, pool->index);
	if (!ret && restricted && !is_swiotlb_force_bounce(dev))
		ret = -ENOMEM;
	if (ret) {
		dev_err(rproc, "%pOF: %s, %pOF, cannot be used: %d\n", claim->of_node, pool->what, pool->node, ret);
		return ret;
	}
	claim->restricted = restricted;
	claim->pool = memory;
	return 0;
}

/* What the bus of the remote processor translates, and how far, unless the subnode has dma-ranges of its own. */
static int rproc_vdev_claim_inherit(struct device *dev, const struct device *parent)
{
	const struct bus_dma_region *map = parent->dma_range_map, *end = map;

	if (!map || dev->dma_range_map)
		return 0;
	while (end->size)
		end++;
	dev->dma_range_map = kmemdup(map, (end - map + 1) * sizeof(*map), GFP_KERNEL);
	dev->bus_dma_limit = parent->bus_dma_limit;
	return dev->dma_range_map ? 0 : -ENOMEM;
}

static int rproc_vdev_claim_init_pool(struct rproc_vdev_claim *claim)
{
	struct device *dev = &claim->pdev->dev;
	struct rproc_vdev_pool pool;
	int ret = rproc_vdev_pool_find(claim, &pool);

	if (ret)
		return ret;
	if (!pool.node)
		/* Rings may come from system memory, too, and a resource table names but 32 bits. */
		return dma_set_coherent_mask(dev, min_t(u64, dma_get_mask(dev), DMA_BIT_MASK(32)));
	ret = rproc_vdev_pool_take(claim, &pool);
	of_node_put(pool.node);
	return ret;
}

/**
 * rproc_vdev_claim_init_dma() - give its platform device the DMA configuration of the subnode
 * @claim:	new
 *
 * Context: process, once for each life of the platform device. What fails is reported, and keeps the claim down.
 */
void rproc_vdev_claim_init_dma(struct rproc_vdev_claim *claim)
{
	struct device *dev = &claim->pdev->dev;
	struct rproc *rproc = claim->host->rproc;
	int ret;

	ret = of_dma_configure(dev, claim->of_node, true);
	if (!ret)
		ret = rproc_vdev_claim_inherit(dev, rproc->dev.parent);
	if (ret) {
		dev_err(&rproc->dev, "%pOF: DMA cannot be configured: %d\n", claim->of_node, ret);
		return;
	}
	ret = dma_coerce_mask_and_coherent(dev, dma_get_mask(rproc->dev.parent));
	if (ret) {
		dev_err(&rproc->dev, "%pOF: the DMA mask of %s, %llx, cannot be had: %d\n", claim->of_node,
			dev_name(rproc->dev.parent), dma_get_mask(rproc->dev.parent), ret);
		return;
	}
	claim->usable = !rproc_vdev_claim_init_pool(claim);
}

/**
 * rproc_vdev_claim_tell_pool() - its virtio driver failed
 * @claim:	with a virtio device
 *
 * It asks for buffers behind our back, and few say so when there are none. Context: process.
 */
void rproc_vdev_claim_tell_pool(struct rproc_vdev_claim *claim)
{
	const struct reserved_mem *pool = claim->pool;

	if (pool)
		dev_err(&claim->pdev->dev, "%pOF: the virtio driver gave up; for buffers it had the %zu KiB of %s\n",
			claim->of_node, (size_t)pool->size / SZ_1K, pool->name);
	else
		dev_err(&claim->pdev->dev, "%pOF: the virtio driver gave up; its buffers come from system memory\n",
			claim->of_node);
}

/**
 * rproc_vdev_ring_memory() - what a vring lies in, zeroed
 * @ring:	of a claim with a node
 *
 * The subnode's, or what the remoteproc driver has for it, or from where the buffers are.
 *
 * Context: process. Return: 0 or an errno after a message; rproc_vdev_ring_forget() undoes it either way.
 */
int rproc_vdev_ring_memory(struct rproc_vdev_ring *ring)
{
	struct rproc_vdev_claim *claim = ring->claim;
	struct device *dev = &claim->pdev->dev;
	size_t need = amp_main_vring_bytes(&claim->entry, ring->index);
	const u32 wish = claim->entry.vring[ring->index].da;
	struct rproc_vdev_main_region region;
	struct rproc_mem_entry *carveout;
	size_t have = rproc_vdev_node_vring(claim->node, &claim->entry, ring->index, &region);
	char name[12];
	u64 da;

	snprintf(name, sizeof(name), "vring%u", ring->index);
	carveout = have ? NULL : rproc_vdev_claim_carveout(claim, name);
	if (have) {
		da = phys_to_dma(dev, region.start);
		ring->va = region.va;
	} else if (carveout && carveout->va) {
		have = carveout->len;
		da = carveout->da;
		ring->va = carveout->va;
	} else {
		have = PAGE_ALIGN(need);
		ring->va = dma_alloc_coherent(dev, have, &ring->dma, GFP_KERNEL);
		if (!ring->va) {
			dev_err(dev, "%pOF: no memory for the %zu bytes of vring %u\n", claim->of_node, have,
				ring->index);
			return -ENOMEM;
		}
		ring->dma_size = have;
		da = ring->dma;
	}
	if (have < need) {
		dev_err(dev, "%pOF: vring %u takes %zu bytes, its memory has %zu\n", claim->of_node, ring->index,
			need, have);
		return -ENOSPC;
	}
	if (da == DMA_MAPPING_ERROR) {
		dev_err(dev, "%pOF: vring %u at %pa is outside of the dma-ranges\n", claim->of_node, ring->index,
			&region.start);
		return -ERANGE;
	}
	if (da + need - 1 > U32_MAX) {
		dev_err(dev, "%pOF: vring %u at 0x%llx: a resource table cannot name memory above 4 GiB\n",
			claim->of_node, ring->index, da);
		return -ERANGE;
	}
	if (wish != AMP_RSC_ADDR_ANY && wish != da) {
		dev_err(dev, "%pOF: the firmware wants vring %u at 0x%x, devicetree has it at 0x%llx\n", claim->of_node,
			ring->index, wish, da);
		return -EINVAL;
	}
	ring->da = da;
	ring->avail = 0;
	amp_main_clear(ring->va, need);
	return 0;
}

/**
 * rproc_vdev_ring_forget() - undo rproc_vdev_ring_memory()
 * @ring:	with no virtqueue
 *
 * Context: process.
 */
void rproc_vdev_ring_forget(struct rproc_vdev_ring *ring)
{
	struct rproc_vdev_node *node = ring->claim->node;
	void *va = ring->va;
	unsigned long flags;

	/* Who reads debugfs may be looking. */
	spin_lock_irqsave(&node->lock, flags);
	ring->va = NULL;
	spin_unlock_irqrestore(&node->lock, flags);
	if (ring->dma_size)
		dma_free_coherent(&ring->claim->pdev->dev, ring->dma_size, va, ring->dma);
	ring->dma_size = 0;
}
