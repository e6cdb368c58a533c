// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which remote processors with vdev subnodes there are, and which subnodes are bound. A subnode is used by one claim at
 * a time, from rproc_vdev_node_take() on: who takes it and who unbinds it meet at the registry's lock.
 */
#include <linux/of.h>
#include <linux/slab.h>

#include "rproc_vdev_main.h"

static DEFINE_MUTEX(registry);
static LIST_HEAD(nodes);
static LIST_HEAD(hosts);
static LIST_HEAD(gone_hosts); /* whose remote processor's driver went */

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
			host->of_node = of_node_get(rproc->dev.parent->of_node);
			rproc_vdev_host_init(host);
			list_add_tail(&host->list, &hosts);
		}
	}
	mutex_unlock(&registry);
	return host;
}

/**
 * rproc_vdev_host_meet() - a remote processor with subnodes is there
 * @rproc:	it may be running already
 *
 * Context: process.
 */
void rproc_vdev_host_meet(struct rproc *rproc)
{
	struct rproc_vdev_host *host;

	mutex_lock(&rproc->lock);
	mutex_lock(&registry);
	host = find_host(rproc);
	mutex_unlock(&registry);
	if (!host) {
		host = rproc_vdev_host_get(rproc);
		if (host)
			rproc_vdev_host_catch_up(host);
	}
	mutex_unlock(&rproc->lock);
}

/**
 * rproc_vdev_host_forget() - nobody finds it any more
 * @host:	about to be freed
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_host_forget(struct rproc_vdev_host *host)
{
	mutex_lock(&registry);
	list_del(&host->list);
	mutex_unlock(&registry);
}

/**
 * rproc_vdev_hosts_are_gone() - a device has lost its driver
 * @dev:	the device
 *
 * Context: process. Return: remote processors went with it: rproc_vdev_drop_gone_hosts().
 */
bool rproc_vdev_hosts_are_gone(struct device *dev)
{
	struct rproc_vdev_host *host, *next;
	struct device *above;
	bool gone = false;

	mutex_lock(&registry);
	list_for_each_entry_safe(host, next, &hosts, list)
		for (above = host->rproc->dev.parent; above; above = above->parent)
			if (above == dev) {
				list_move(&host->list, &gone_hosts);
				gone = true;
				break;
			}
	mutex_unlock(&registry);
	return gone;
}

/* Claims that wait for subnodes of a remoteproc node. */
static void raise_claims(struct device_node *of_node)
{
	struct rproc_vdev_claim *claim;
	struct rproc_vdev_host *host;
	struct rproc *rproc = NULL;

	mutex_lock(&registry);
	list_for_each_entry(host, &hosts, list)
		if (host->of_node == of_node) {
			rproc = host->rproc;
			get_device(&rproc->dev);
			break;
		}
	mutex_unlock(&registry);
	if (!rproc)
		return;
	mutex_lock(&rproc->lock);
	mutex_lock(&registry);
	host = find_host(rproc);
	mutex_unlock(&registry);
	if (host)
		list_for_each_entry(claim, &host->claims, list)
			rproc_vdev_claim_up(claim);
	mutex_unlock(&rproc->lock);
	put_device(&rproc->dev);
}

/* One at a time: a host is freed by nobody else. It stays on its list until rproc->lock is held. */
static struct rproc_vdev_host *first_of(struct list_head *list)
{
	struct rproc_vdev_host *host;

	mutex_lock(&registry);
	host = list_first_entry_or_null(list, struct rproc_vdev_host, list);
	mutex_unlock(&registry);
	return host;
}

/**
 * rproc_vdev_drop_gone_hosts() - those of rproc_vdev_hosts_are_gone()
 *
 * Context: process, without locks; one caller of this and of rproc_vdev_drop_all_hosts() at a time.
 */
void rproc_vdev_drop_gone_hosts(void)
{
	struct rproc_vdev_host *host;

	while ((host = first_of(&gone_hosts))) {
		struct device_node *of_node = of_node_get(host->of_node);

		rproc_vdev_host_drop(host);
		/* The remote processor may have come back, and its claims found their subnodes in use. */
		raise_claims(of_node);
		of_node_put(of_node);
	}
}

/**
 * rproc_vdev_drop_all_hosts() - we leave
 *
 * Context: as of rproc_vdev_drop_gone_hosts(); no host appears any more.
 */
void rproc_vdev_drop_all_hosts(void)
{
	struct rproc_vdev_host *host;

	while ((host = first_of(&gone_hosts)) || (host = first_of(&hosts)))
		rproc_vdev_host_drop(host);
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
	raise_claims(node->dev->of_node->parent);
}

/**
 * rproc_vdev_node_take() - a claim begins to use its subnode
 * @claim:	not up
 *
 * Context: process, rproc->lock held. Return: NULL while it is not bound, or another claim uses it.
 */
struct rproc_vdev_node *rproc_vdev_node_take(struct rproc_vdev_claim *claim)
{
	struct rproc_vdev_node *node, *taken = NULL;

	mutex_lock(&registry);
	list_for_each_entry(node, &nodes, list) {
		if (node->dev->of_node != claim->of_node)
			continue;
		spin_lock_irq(&node->lock);
		if (!node->claim)
			taken = node;
		if (taken)
			taken->claim = claim;
		spin_unlock_irq(&node->lock);
		break;
	}
	mutex_unlock(&registry);
	return taken;
}

/**
 * rproc_vdev_node_release() - a claim does not use its subnode any more
 * @node:	from rproc_vdev_node_take(); may be gone after this
 *
 * Interrupts of its mailboxes are nobody's. Context: process, rproc->lock held.
 */
void rproc_vdev_node_release(struct rproc_vdev_node *node)
{
	spin_lock_irq(&node->lock);
	node->claim = NULL;
	spin_unlock_irq(&node->lock);
}

/* The remote processor whose claim uses it, with a reference. */
static struct rproc *user_of(struct rproc_vdev_node *node)
{
	struct rproc *rproc = NULL;

	spin_lock_irq(&node->lock);
	if (node->claim) {
		rproc = node->claim->host->rproc;
		get_device(&rproc->dev);
	}
	spin_unlock_irq(&node->lock);
	return rproc;
}

/**
 * rproc_vdev_node_remove() - a subnode is about to be unbound
 * @node:	nobody uses it afterwards
 *
 * Context: process.
 */
void rproc_vdev_node_remove(struct rproc_vdev_node *node)
{
	struct rproc *rproc;

	mutex_lock(&registry);
	list_del(&node->list);
	mutex_unlock(&registry);
	while ((rproc = user_of(node))) {
		mutex_lock(&rproc->lock);
		if (node->claim && node->claim->host->rproc == rproc)
			rproc_vdev_claim_down(node->claim);
		mutex_unlock(&rproc->lock);
		put_device(&rproc->dev);
	}
}
