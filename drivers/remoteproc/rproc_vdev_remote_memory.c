// SPDX-License-Identifier: GPL-2.0-only
/* Reserved memory of a link: found, checked and mapped once, by one policy. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>

#include "rproc_vdev_remote.h"

static void rproc_vdev_node_put(void *node)
{
	of_node_put(node);
}

static int rproc_vdev_region_find(struct device_node *node, struct rproc_vdev_region *region)
{
	struct reserved_mem *reserved;
	struct resource res;

	if (!of_address_to_resource(node, 0, &res)) {
		region->start = res.start;
		region->size = resource_size(&res);
		return 0;
	}
	/* No fixed place: the kernel chose one while booting. */
	reserved = of_reserved_mem_lookup(node);
	if (!reserved)
		return -EINVAL;
	region->start = reserved->base;
	region->size = reserved->size;
	return 0;
}

static int rproc_vdev_region_check(struct rproc_vdev_remote *remote, const struct rproc_vdev_region *region,
				   unsigned long flags)
{
	unsigned int i;

	for (i = 0; i < remote->num_regions; i++) {
		const struct rproc_vdev_region *other = &remote->regions[i];

		if (region->start < other->start + other->size && other->start < region->start + region->size)
			return dev_err_probe(remote->dev, -EINVAL,
					     "%pOF: overlaps %pOF: regions of a link have to be apart\n",
					     region->node, other->node);
	}
	if (flags != MEMREMAP_WB &&
	    region_intersects(region->start, region->size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) != REGION_DISJOINT)
		return dev_err_probe(remote->dev, -EINVAL,
				     "%pOF: is part of the kernel's own memory: its node needs \"no-map\"\n",
				     region->node);
	return 0;
}

/**
 * rproc_vdev_region_get() - memory that a node refers to, mapped
 * @remote:	the link; keeps the region until its device is unbound
 * @node:	has a memory-region property
 * @index:	which of them
 * @found:	the region; the same one for every reference to the same reserved memory
 *
 * Mapped write-combined, or write-back where the link is dma-coherent.
 *
 * Context: process, probing.
 * Return: 0 or an errno, which was reported.
 */
int rproc_vdev_region_get(struct rproc_vdev_remote *remote, struct device_node *node, int index,
			  struct rproc_vdev_region **found)
{
	bool coherent = of_property_read_bool(remote->dev->of_node, "dma-coherent");
	unsigned long flags = coherent ? MEMREMAP_WB : MEMREMAP_WC;
	struct rproc_vdev_region *region;
	struct device_node *target;
	unsigned int i;
	int ret;

	target = of_parse_phandle(node, "memory-region", index);
	if (!target)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: memory-region %d is missing\n", node, index);
	for (i = 0; i < remote->num_regions; i++) {
		if (remote->regions[i].node == target) {
			of_node_put(target);
			*found = &remote->regions[i];
			return 0;
		}
	}
	ret = devm_add_action_or_reset(remote->dev, rproc_vdev_node_put, target);
	if (ret)
		return ret;
	if (remote->num_regions == RPROC_VDEV_REGIONS_MAX)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: region %u of the link, expected at most %u\n",
				     target, remote->num_regions + 1, RPROC_VDEV_REGIONS_MAX);
	region = &remote->regions[remote->num_regions];
	region->node = target;
	if (rproc_vdev_region_find(target, region) || !region->size)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: memory-region %d, %pOF, has no address and size\n",
				     node, index, target);
	ret = rproc_vdev_region_check(remote, region, flags);
	if (ret)
		return ret;
	region->va = devm_memremap(remote->dev, region->start, region->size, flags);
	if (IS_ERR(region->va))
		return dev_err_probe(remote->dev, PTR_ERR(region->va), "%pOF: cannot be mapped\n", target);
	remote->num_regions++;
	*found = region;
	return 0;
}
