// SPDX-License-Identifier: GPL-2.0-only
/*
 * Main end of rproc_vdev: finds the remote processors that have vdev@N subnodes, makes a platform device of each
 * subnode, and keeps the remoteproc core's own driver off the vdevs that these describe.
 *
 * The core makes a device "rproc-virtio" of each vdev of a firmware, while it boots. Before a driver is looked for, we
 * have the choice: where a subnode describes the vdev, only our driver may have it. What has none stays the core's.
 */
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/slab.h>

#include "rproc_vdev_main.h"
#include "rproc_vdev_main_core.h"
#include "rproc_vdev_main_init.h"

struct workqueue_struct *rproc_vdev_workers;

/* A subnode that we made a platform device of. */
struct made {
	struct list_head list;
	struct device_node *of_node;
};

static LIST_HEAD(made_devices); /* of the scanning worker's */

static const char * const compatible[] = { "virtio,rproc", "rproc-virtio" };

/* Of a remoteproc node: does it describe a vdev? */
bool rproc_vdev_is_subnode(struct device_node *node)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(compatible); i++)
		if (of_device_is_compatible(node, compatible[i]))
			return true;
	return false;
}

/* Its class is not exported. */
bool rproc_vdev_is_rproc(struct device *dev)
{
	return dev->class && dev->class->name && !strcmp(dev->class->name, "remoteproc");
}

static int take_rproc(struct device *dev, void *found)
{
	if (!rproc_vdev_is_rproc(dev))
		return 0;
	*(struct rproc **)found = container_of(get_device(dev), struct rproc, dev);
	return 1;
}

/* The remote processor of a remoteproc node; put_device() its dev. */
static struct rproc *rproc_of(struct device_node *parent)
{
	struct platform_device *pdev = of_find_device_by_node(parent);
	struct rproc *rproc = NULL;

	if (!pdev)
		return NULL;
	device_for_each_child(&pdev->dev, &rproc, take_rproc);
	put_device(&pdev->dev);
	return rproc;
}

/**
 * rproc_vdev_subnode() - the subnode that describes a vdev
 * @parent:	the remoteproc node
 * @index:	of the vdev
 *
 * Of several with the same index the first by name, in whatever order devicetree has them.
 *
 * Return: the node, with a reference, or NULL.
 */
struct device_node *rproc_vdev_subnode(struct device_node *parent, u32 index)
{
	struct device_node *child, *found = NULL;
	u32 reg;

	for_each_available_child_of_node(parent, child) {
		if (!rproc_vdev_is_subnode(child) || of_property_read_u32(child, "reg", &reg) || reg != index ||
		    (found && strcmp(kbasename(found->full_name), kbasename(child->full_name)) < 0))
			continue;
		of_node_put(found);
		found = of_node_get(child);
	}
	return found;
}

/**
 * rproc_vdev_has_subnodes() - does devicetree describe vdevs of it?
 * @rproc:	the remote processor
 */
bool rproc_vdev_has_subnodes(struct rproc *rproc)
{
	struct device_node *child;

	for_each_available_child_of_node(rproc->dev.parent->of_node, child)
		if (rproc_vdev_is_subnode(child)) {
			of_node_put(child);
			return true;
		}
	return false;
}

/**
 * rproc_vdev_complain_missing() - say which subnodes describe no vdev of the firmware
 * @rproc:	the remote processor
 * @count:	how many vdevs its firmware has
 */
void rproc_vdev_complain_missing(struct rproc *rproc, u32 count)
{
	struct device_node *child;
	u32 reg;

	for_each_available_child_of_node(rproc->dev.parent->of_node, child)
		if (rproc_vdev_is_subnode(child) && !of_property_read_u32(child, "reg", &reg) && reg >= count)
			dev_err(&rproc->dev, "%pOF: the firmware has %u vdevs, expected more than %u\n", child, count,
				reg);
}

static void make_devices(struct rproc *rproc)
{
	struct device *parent = rproc->dev.parent;
	struct device_node *child;
	struct made *made;

	for_each_available_child_of_node(parent->of_node, child) {
		/* The remoteproc driver may have made devices of its subnodes. */
		if (!rproc_vdev_is_subnode(child) || of_node_check_flag(child, OF_POPULATED))
			continue;
		made = kzalloc(sizeof(*made), GFP_KERNEL);
		if (!made || !of_platform_device_create(child, NULL, parent)) {
			dev_err(parent, "%pOF: cannot make a platform device of it\n", child);
			kfree(made);
			continue;
		}
		made->of_node = of_node_get(child);
		list_add(&made->list, &made_devices);
	}
}

/*
 * All of them, or those whose parent went: a driver of several remote processors that makes their devices itself takes
 * these away without looking below them. Those that went with their node are no more.
 */
static void unmake_devices(bool all)
{
	struct made *made, *next;

	list_for_each_entry_safe(made, next, &made_devices, list) {
		struct platform_device *pdev = of_find_device_by_node(made->of_node);
		bool orphan = !pdev || !device_is_registered(pdev->dev.parent);

		if (pdev && (all || orphan))
			of_platform_device_destroy(&pdev->dev, NULL);
		if (pdev)
			put_device(&pdev->dev);
		if (!all && !orphan)
			continue;
		list_del(&made->list);
		of_node_put(made->of_node);
		kfree(made);
	}
}

static void scan_node(struct device_node *of_node)
{
	struct device_node *parent = of_get_parent(of_node);
	struct rproc *rproc = rproc_of(parent);

	if (rproc) {
		rproc_vdev_host_meet(rproc);
		make_devices(rproc);
		put_device(&rproc->dev);
	}
	of_node_put(parent);
}

/* Not in the notifiers themselves, which the core calls with rproc->lock held. */
static void scan(struct work_struct *work)
{
	struct device_node *of_node;
	unsigned int i;

	rproc_vdev_drop_gone_hosts();
	unmake_devices(false);
	for (i = 0; i < ARRAY_SIZE(compatible); i++)
		for_each_compatible_node(of_node, NULL, compatible[i])
			scan_node(of_node);
}

static DECLARE_WORK(scan_work, scan);

static int platform_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct device *dev = data;

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		if (rproc_vdev_is_core_device(dev))
			rproc_vdev_claim_decide(to_platform_device(dev));
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		if (dev->of_node)
			schedule_work(&scan_work);
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		/* Its driver is gone, and with it the remote processor. */
		if (rproc_vdev_hosts_are_gone(dev))
			schedule_work(&scan_work);
		break;
	}
	return NOTIFY_OK;
}

static bool listening;
static struct notifier_block platform_events = { .notifier_call = platform_event };

int rproc_vdev_main_init(void)
{
	int ret;

	if (!AMP_RPROC_ABI_CHECKED) {
		pr_warn("rproc_vdev: not checked against remoteproc of this kernel: no main end\n");
		return 0;
	}
	rproc_vdev_workers = alloc_workqueue("rproc_vdev", WQ_HIGHPRI | WQ_PERCPU | WQ_FREEZABLE, 0);
	if (!rproc_vdev_workers)
		return -ENOMEM;
	ret = platform_driver_register(&rproc_vdev_claim_driver);
	if (ret)
		goto err_workers;
	ret = platform_driver_register(&rproc_vdev_node_driver);
	if (ret)
		goto err_claim;
	ret = bus_register_notifier(&platform_bus_type, &platform_events);
	if (ret)
		goto err_node;
	listening = true;
	schedule_work(&scan_work);
	return 0;

err_node:
	platform_driver_unregister(&rproc_vdev_node_driver);
err_claim:
	platform_driver_unregister(&rproc_vdev_claim_driver);
err_workers:
	destroy_workqueue(rproc_vdev_workers);
	return ret;
}

void rproc_vdev_main_exit(void)
{
	if (!listening)
		return;
	bus_unregister_notifier(&platform_bus_type, &platform_events);
	cancel_work_sync(&scan_work);
	rproc_vdev_drop_all_hosts();
	unmake_devices(true);
	platform_driver_unregister(&rproc_vdev_node_driver);
	platform_driver_unregister(&rproc_vdev_claim_driver);
	destroy_workqueue(rproc_vdev_workers);
}
