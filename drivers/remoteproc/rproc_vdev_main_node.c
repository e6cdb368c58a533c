// SPDX-License-Identifier: GPL-2.0-only
/* A vdev@N subnode of a remoteproc node: its memory and its mailboxes, which a claim of the same vdev uses. */
#include <linux/dma-direct.h>
#include <linux/io.h>
#include <linux/mailbox_controller.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>

#include "rproc_vdev_main.h"
#include "rproc_vdev_trace.h"

/* Entry @index of its memory-region, in /reserved-memory. */
static struct reserved_mem *rproc_vdev_reserved(struct device_node *of_node, int index)
{
	struct device_node *target = of_parse_phandle(of_node, "memory-region", index);
	struct reserved_mem *memory = target ? of_reserved_mem_lookup(target) : NULL;

	of_node_put(target);
	return memory && memory->size ? memory : NULL;
}

static int rproc_vdev_node_map(struct rproc_vdev_node *node, unsigned int vring, int index)
{
	struct rproc_vdev_main_region *region = &node->region[vring];
	bool coherent = of_dma_is_coherent(node->dev->of_node);
	struct reserved_mem *memory = rproc_vdev_reserved(node->dev->of_node, index);
	unsigned int i;

	if (!memory)
		return dev_err_probe(node->dev, -EINVAL,
				     "%pOF: memory-region \"vring%u\" is not in /reserved-memory\n",
				     node->dev->of_node, vring);
	region->start = memory->base;
	region->size = memory->size;
	if (region_intersects(region->start, region->size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) != REGION_DISJOINT)
		return dev_err_probe(node->dev, -EINVAL,
				     "%pOF: memory-region \"vring%u\" is part of the kernel's own memory: it needs \"no-map\"\n",
				     node->dev->of_node, vring);
	for (i = 0; i < vring; i++) {
		struct rproc_vdev_main_region *other = &node->region[i];

		if (other->start == region->start) {
			*region = *other;
			return 0;
		}
		if (region->start < other->start + other->size && other->start < region->start + region->size)
			return dev_err_probe(node->dev, -EINVAL,
					     "%pOF: memory-region \"vring%u\" overlaps \"vring%u\"\n",
					     node->dev->of_node, vring, i);
	}
	region->va = devm_memremap(node->dev, region->start, region->size, coherent ? MEMREMAP_WB : MEMREMAP_WC);
	if (IS_ERR_OR_NULL(region->va))
		return dev_err_probe(node->dev, region->va ? PTR_ERR(region->va) : -ENOMEM,
				     "%pOF: memory-region \"vring%u\" cannot be mapped\n", node->dev->of_node, vring);
	return 0;
}

static int rproc_vdev_node_memory(struct rproc_vdev_node *node)
{
	struct property *property;
	unsigned int vring;
	const char *each;
	char name[16];
	int index, ret;

	for (; node->num_regions < AMP_MAIN_VRINGS_MAX; node->num_regions++) {
		snprintf(name, sizeof(name), "vring%u", node->num_regions);
		index = of_property_match_string(node->dev->of_node, "memory-region-names", name);
		if (index < 0)
			break;
		ret = rproc_vdev_node_map(node, node->num_regions, index);
		if (ret)
			return ret;
	}
	of_property_for_each_string(node->dev->of_node, "memory-region-names", property, each)
		if (sscanf(each, "vring%u", &vring) == 1 && vring >= node->num_regions)
			return dev_err_probe(node->dev, -EINVAL,
					     "%pOF: memory-region \"vring%u\" is missing, but there is \"%s\"\n",
					     node->dev->of_node, node->num_regions, each);
	return 0;
}

static bool overlap(const struct rproc_vdev_main_region *region, const struct reserved_mem *memory)
{
	return region->start < memory->base + memory->size && memory->base < region->start + region->size;
}

/* Of its regions, which may not share a byte with @memory: @whose. A pool may be that of several. */
static int rproc_vdev_node_clear_of(struct rproc_vdev_node *node, const struct reserved_mem *memory, const char *name,
				    struct device_node *whose)
{
	const int buffer = of_property_match_string(node->dev->of_node, "memory-region-names", "buffer");
	const struct reserved_mem *pool = buffer < 0 ? NULL : rproc_vdev_reserved(node->dev->of_node, buffer);
	struct rproc_vdev_main_region region;
	unsigned int i;

	for (i = 0; i < node->num_regions; i++)
		if (overlap(&node->region[i], memory))
			return dev_err_probe(node->dev, -EINVAL,
					     "%pOF: memory-region \"vring%u\" overlaps \"%s\" of %pOF\n",
					     node->dev->of_node, i, name, whose);
	if (!pool || !strcmp(name, "buffer"))
		return 0;
	region.start = pool->base;
	region.size = pool->size;
	if (overlap(&region, memory))
		return dev_err_probe(node->dev, -EINVAL, "%pOF: memory-region \"buffer\" overlaps \"%s\" of %pOF\n",
				     node->dev->of_node, name, whose);
	return 0;
}

/* Of two vdevs of a remote processor that are given the same memory, the one with the higher number is told. */
static int rproc_vdev_node_apart(struct rproc_vdev_node *node)
{
	struct device_node *other;
	int ret = 0;
	u32 reg;

	for_each_available_child_of_node(node->dev->of_node->parent, other) {
		struct property *property;
		const char *name;
		int index = 0;

		if (!rproc_vdev_is_subnode(other) || of_property_read_u32(other, "reg", &reg) || reg > node->index)
			continue;
		of_property_for_each_string(other, "memory-region-names", property, name) {
			const struct reserved_mem *memory = rproc_vdev_reserved(other, index++);

			/* Of its own, the rings were held against each other. */
			if (!memory || (other == node->dev->of_node && strcmp(name, "buffer")))
				continue;
			ret = rproc_vdev_node_clear_of(node, memory, name, other);
			if (ret) {
				of_node_put(other);
				return ret;
			}
		}
	}
	return 0;
}

/**
 * rproc_vdev_node_vring() - the memory that a subnode gives a vring
 * @node:	the subnode
 * @entry:	the vdev, whose vrings' sizes decide where in a common region each is
 * @vring:	which
 * @where:	filled in
 *
 * Return: how many bytes there are from there to the end of the region; 0: the subnode has none for it.
 */
u32 rproc_vdev_node_vring(struct rproc_vdev_node *node, const struct amp_main_entry *entry, unsigned int vring,
			  struct rproc_vdev_main_region *where)
{
	size_t skip = 0;
	unsigned int i;

	if (vring >= node->num_regions)
		return 0;
	*where = node->region[vring];
	for (i = 0; i < vring; i++)
		if (node->region[i].va == where->va)
			skip += PAGE_ALIGN(amp_main_vring_bytes(entry, i));
	if (skip >= where->size)
		return 1; /* too few for any vring, whose message says the rest */
	where->start += skip;
	where->va += skip;
	where->size -= skip;
	return min_t(size_t, where->size, U32_MAX);
}

static void rproc_vdev_node_ring(struct rproc_vdev_node *node, unsigned int first, unsigned int last)
{
	struct rproc_vdev_claim *claim;
	unsigned long flags;

	if (device_may_wakeup(node->dev))
		pm_wakeup_dev_event(node->dev, 0, true);
	spin_lock_irqsave(&node->lock, flags);
	claim = node->claim;
	for (; claim && claim->listening && first <= last && first < claim->entry.vrings; first++) {
		trace_rproc_vdev_interrupt(&claim->rings[first]);
		atomic_long_inc(&claim->rings[first].kicks_in);
		queue_work(rproc_vdev_workers, &claim->rings[first].work);
	}
	spin_unlock_irqrestore(&node->lock, flags);
}

static void rproc_vdev_node_rung_one(struct rproc_vdev_doorbell *bell)
{
	struct rproc_vdev_node *node = container_of(bell - bell->message, struct rproc_vdev_node, bells[0]);

	rproc_vdev_node_ring(node, bell->message, bell->message);
}

static void rproc_vdev_node_rung_all(struct rproc_vdev_doorbell *bell)
{
	rproc_vdev_node_ring(container_of(bell, struct rproc_vdev_node, bells[0]), 0, AMP_MAIN_VRINGS_MAX - 1);
}

/* -ENOENT, silently: the node names no such mailbox. */
static int rproc_vdev_node_open(struct rproc_vdev_node *node, unsigned int i, const char *name,
				void (*rung)(struct rproc_vdev_doorbell *bell))
{
	struct rproc_vdev_doorbell *bell = &node->bells[i];
	int ret;

	bell->message = i;
	bell->rung = rung;
	ret = rproc_vdev_doorbell_open(bell, node->dev, name);
	if (ret == -ENOENT)
		return ret;
	if (ret)
		return dev_err_probe(node->dev, ret, "%pOF: mailbox \"%s\" is %s\n", node->dev->of_node, name,
				     ret == -EPROBE_DEFER ? "not there yet" :
				     ret == -EBUSY ? "in use by somebody else" : "not one of its controller's");
	/* The controller goes away after us only. */
	if (!device_link_add(node->dev, bell->chan->mbox->dev, DL_FLAG_AUTOPROBE_CONSUMER))
		return dev_err_probe(node->dev, -ENODEV, "%pOF: mailbox \"%s\": no device link to its controller\n",
				     node->dev->of_node, name);
	node->num_bells++;
	return 0;
}

static int rproc_vdev_node_mailboxes(struct rproc_vdev_node *node)
{
	char name[8];
	int ret;

	ret = rproc_vdev_node_open(node, 0, "vq", rproc_vdev_node_rung_all);
	node->one_bell = !ret;
	if (ret != -ENOENT)
		return ret;
	while (node->num_bells < AMP_MAIN_VRINGS_MAX) {
		snprintf(name, sizeof(name), "vq%u", node->num_bells);
		ret = rproc_vdev_node_open(node, node->num_bells, name, rproc_vdev_node_rung_one);
		if (ret == -ENOENT)
			break;
		if (ret)
			return ret;
	}
	if (!node->num_bells && of_property_present(node->dev->of_node, "mboxes"))
		return dev_err_probe(node->dev, -EINVAL, "%pOF: mbox-names lacks \"vq\" or \"vq0\"\n",
				     node->dev->of_node);
	return 0;
}

static void rproc_vdev_node_close(struct rproc_vdev_node *node)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(node->bells); i++)
		rproc_vdev_doorbell_close(&node->bells[i]);
}

static int rproc_vdev_node_alone(struct rproc_vdev_node *node)
{
	struct device_node *first = rproc_vdev_subnode(node->dev->of_node->parent, node->index);
	int ret = 0;

	if (first != node->dev->of_node)
		ret = dev_err_probe(node->dev, -EEXIST, "%pOF: reg %u is that of %pOF already\n", node->dev->of_node,
				    node->index, first);
	of_node_put(first);
	return ret;
}

static int rproc_vdev_node_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct rproc_vdev_node *node;
	int ret;

	/* The remote end's driver looks after its subnodes itself. */
	if (of_device_is_compatible(dev->of_node->parent, "virtio,rproc-remote"))
		return -ENODEV;
	node = devm_kzalloc(dev, sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;
	node->dev = dev;
	spin_lock_init(&node->lock);
	if (of_property_read_u32(dev->of_node, "reg", &node->index))
		return dev_err_probe(dev, -EINVAL, "%pOF: reg is missing, expected which vdev of the firmware this is\n",
				     dev->of_node);
	if (of_property_read_u32(dev->of_node, "virtio,id", &node->id) || !node->id)
		return dev_err_probe(dev, -EINVAL,
				     "%pOF: virtio,id is missing or 0, expected a virtio device id such as 7, rpmsg\n",
				     dev->of_node);
	ret = rproc_vdev_node_alone(node);
	if (ret)
		return ret;
	ret = rproc_vdev_node_memory(node);
	if (ret)
		return ret;
	ret = rproc_vdev_node_apart(node);
	if (ret)
		return ret;
	ret = rproc_vdev_node_mailboxes(node);
	if (ret)
		goto err_close;
	platform_set_drvdata(pdev, node);
	rproc_vdev_node_add(node);
	device_init_wakeup(dev, of_property_read_bool(dev->of_node, "wakeup-source"));
	return 0;

err_close:
	rproc_vdev_node_close(node);
	return ret;
}

static void rproc_vdev_node_removed(struct platform_device *pdev)
{
	struct rproc_vdev_node *node = platform_get_drvdata(pdev);

	rproc_vdev_node_remove(node);
	rproc_vdev_node_close(node);
	device_init_wakeup(&pdev->dev, false);
}

static const struct of_device_id rproc_vdev_node_match[] = {
	{ .compatible = "virtio,rproc" },
	{ .compatible = "rproc-virtio" },
	{ }
};
MODULE_DEVICE_TABLE(of, rproc_vdev_node_match);

struct platform_driver rproc_vdev_node_driver = {
	.probe = rproc_vdev_node_probe,
	.remove_void = rproc_vdev_node_removed,
	.driver = {
		.name = "rproc_vdev",
		.of_match_table = rproc_vdev_node_match,
	},
};
