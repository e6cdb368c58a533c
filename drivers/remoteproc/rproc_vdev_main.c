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
static DEFINE_MUTEX(registry);
static LIST_HEAD(nodes);
static LIST_HEAD(hosts);
static LIST_HEAD(gone_hosts); /* whose remote processor's driver went */

/* A subnode that we made a platform device of. */
struct made {
	struct list_head list;
	struct device_node *of_node;
};

static LIST_HEAD(made_devices); /* of the scanning worker's */

static const char * const compatible[] = { "virtio,rproc", "rproc-virtio" };

static bool is_subnode(struct device_node *node)
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
		if (!is_subnode(child) || of_property_read_u32(child, "reg", &reg) || reg != index ||
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
		if (is_subnode(child)) {
			of_node_put(child);
			return true;
		}
	return false;
}

/* With the registry locked. */
static struct rproc_vdev_node *find_node(struct device_node *of_node)
{
	struct rproc_vdev_node *node;

	list_for_each_entry(node, &nodes, list)
		if (node->dev->of_node == of_node)
			return node;
	return NULL;
}

/**
 * rproc_vdev_node_of() - the driver's side of a subnode
 * @of_node:	the subnode
 *
 * Context: rproc->lock held, which rproc_vdev_node_remove() takes. Return: NULL while it is not bound.
 */
struct rproc_vdev_node *rproc_vdev_node_of(struct device_node *of_node)
{
	struct rproc_vdev_node *node;

	mutex_lock(&registry);
	node = find_node(of_node);
	mutex_unlock(&registry);
	return node;
}

/* With the registry locked. */
static struct rproc_vdev_host *find_host(struct rproc *rproc)
{
	struct rproc_vdev_host *host;

	list_for_each_entry(host, &hosts, list)
		if (host->rproc == rproc)
			return host;
	return NULL;
}

/**
 * rproc_vdev_host_get() - what we know of a remote processor, made if need be
 * @rproc:	the remote processor
 *
 * Context: process, rproc->lock held. Return: NULL without memory.
 */
struct rproc_vdev_host *rproc_vdev_host_get(struct rproc *rproc)
{
	struct rproc_vdev_host *host;

	mutex_lock(&registry);
	host = find_host(rproc);
	if (!host) {
		host = kzalloc(sizeof(*host), GFP_KERNEL);
		if (host) {
			get_device(&rproc->dev);
			host->rproc = rproc;
			rproc_vdev_host_init(host);
			list_add_tail(&host->list, &hosts);
		}
	}
	mutex_unlock(&registry);
	return host;
}

/* What a claim that waits for its subnode gains, or one that has it loses. */
static void connect_node(struct rproc_vdev_node *node, bool bound)
{
	struct rproc *rproc = rproc_of(node->dev->of_node->parent);
	struct rproc_vdev_claim *claim;
	struct rproc_vdev_host *host;

	if (!rproc) {
		if (!bound)
			goto forget;
		return;
	}
	mutex_lock(&rproc->lock);
	mutex_lock(&registry);
	host = find_host(rproc);
	if (!bound)
		list_del(&node->list);
	mutex_unlock(&registry);
	if (host)
		list_for_each_entry(claim, &host->claims, list)
			if (claim->of_node == node->dev->of_node) {
				if (bound)
					rproc_vdev_claim_up(claim);
				else
					rproc_vdev_claim_down(claim);
			}
	mutex_unlock(&rproc->lock);
	put_device(&rproc->dev);
	return;

forget:
	mutex_lock(&registry);
	list_del(&node->list);
	mutex_unlock(&registry);
}

/**
 * rproc_vdev_node_add() - a subnode is bound
 * @node:	ready to be used
 *
 * Context: process.
 */
void rproc_vdev_node_add(struct rproc_vdev_node *node)
{
	mutex_lock(&registry);
	list_add_tail(&node->list, &nodes);
	mutex_unlock(&registry);
	connect_node(node, true);
}

/**
 * rproc_vdev_node_remove() - a subnode is about to be unbound
 * @node:	nobody uses it afterwards
 *
 * Context: process.
 */
void rproc_vdev_node_remove(struct rproc_vdev_node *node)
{
	connect_node(node, false);
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
		if (is_subnode(child) && !of_property_read_u32(child, "reg", &reg) && reg >= count)
			dev_err(&rproc->dev, "%pOF: the firmware has %u vdevs, expected more than %u\n", child, count,
				reg);
}

/* A remote processor with subnodes appeared. */
static void meet_host(struct rproc *rproc)
{
	struct rproc_vdev_host *host;

	mutex_lock(&rproc->lock);
	mutex_lock(&registry);
	host = find_host(rproc);
	mutex_unlock(&registry);
	if (!host) {
		host = rproc_vdev_host_get(rproc);
		if (host)
			rproc_vdev_host_meet(host);
	}
	mutex_unlock(&rproc->lock);
}

static void make_devices(struct rproc *rproc)
{
	struct device *parent = rproc->dev.parent;
	struct device_node *child;
	struct made *made;

	for_each_available_child_of_node(parent->of_node, child) {
		/* The remoteproc driver may have made devices of its subnodes. */
		if (!is_subnode(child) || of_node_check_flag(child, OF_POPULATED))
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

/* But those that went meanwhile, with their node or their parent. */
static void unmake_devices(void)
{
	struct made *made, *next;

	list_for_each_entry_safe(made, next, &made_devices, list) {
		struct platform_device *pdev = of_find_device_by_node(made->of_node);

		if (pdev) {
			of_platform_device_destroy(&pdev->dev, NULL);
			put_device(&pdev->dev);
		}
		of_node_put(made->of_node);
		kfree(made);
	}
	INIT_LIST_HEAD(&made_devices);
}

static void scan_node(struct device_node *of_node)
{
	struct device_node *parent = of_get_parent(of_node);
	struct rproc *rproc = rproc_of(parent);

	if (rproc) {
		meet_host(rproc);
		make_devices(rproc);
		put_device(&rproc->dev);
	}
	of_node_put(parent);
}

static void drop_hosts(struct list_head *list)
{
	struct rproc_vdev_host *host;

	for (;;) {
		mutex_lock(&registry);
		host = list_first_entry_or_null(list, struct rproc_vdev_host, list);
		if (host)
			list_del(&host->list);
		mutex_unlock(&registry);
		if (!host)
			return;
		rproc_vdev_host_drop(host);
	}
}

/* Not in the notifiers themselves, which the core calls with rproc->lock held. */
static void scan(struct work_struct *work)
{
	struct device_node *of_node;
	unsigned int i;

	drop_hosts(&gone_hosts);
	for (i = 0; i < ARRAY_SIZE(compatible); i++)
		for_each_compatible_node(of_node, NULL, compatible[i])
			scan_node(of_node);
}

static DECLARE_WORK(scan_work, scan);

/* Its driver is gone, and with it the remote processor. */
static void leave_hosts(struct device *dev)
{
	struct rproc_vdev_host *host, *next;
	struct device *above;

	mutex_lock(&registry);
	list_for_each_entry_safe(host, next, &hosts, list)
		for (above = host->rproc->dev.parent; above; above = above->parent)
			if (above == dev) {
				list_move(&host->list, &gone_hosts);
				schedule_work(&scan_work);
				break;
			}
	mutex_unlock(&registry);
}

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
		leave_hosts(dev);
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
	drop_hosts(&gone_hosts);
	drop_hosts(&hosts);
	unmake_devices();
	platform_driver_unregister(&rproc_vdev_node_driver);
	platform_driver_unregister(&rproc_vdev_claim_driver);
	destroy_workqueue(rproc_vdev_workers);
}
