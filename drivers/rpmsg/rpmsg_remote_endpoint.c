// SPDX-License-Identifier: GPL-2.0-only
/* Local addresses and who listens on them. */
#include <linux/slab.h>

#include "rpmsg_remote.h"

/* In sysfs addresses show as int. */
#define RPMSG_REMOTE_DYNAMIC_ADDRESSES	XA_LIMIT(AMP_RPMSG_ADDR_DYNAMIC, INT_MAX)

/* The name service's callback destroys other endpoints: its lock nests outside of theirs. */
static struct lock_class_key rpmsg_remote_ns_cb_lock;

/*
 * The core makes a driver's endpoint before it calls the driver's probe, and a driver's callback trusts what its probe
 * set up. Whoever knows the address could call it too early.
 */
static bool rpmsg_remote_in_probe(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb)
{
	struct device *dev = &rpdev->dev;

	return dev->driver && !amp_device_is_bound(dev) &&
	       cb == container_of(dev->driver, struct rpmsg_driver, drv)->callback;
}

struct rpmsg_endpoint *rpmsg_remote_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb, void *priv,
					       struct rpmsg_channel_info chinfo)
{
	struct rpmsg_remote *remote = to_remote_channel(rpdev)->remote;
	struct rpmsg_remote_endpoint *endpoint;
	u32 addr = chinfo.src;
	int err;

	endpoint = kzalloc(sizeof(*endpoint), GFP_KERNEL);
	if (!endpoint)
		return NULL;
	kref_init(&endpoint->ept.refcount);
	mutex_init(&endpoint->ept.cb_lock);
	if (addr == RPMSG_NS_ADDR)
		lockdep_set_class(&endpoint->ept.cb_lock, &rpmsg_remote_ns_cb_lock);
	INIT_LIST_HEAD(&endpoint->parked);
	INIT_LIST_HEAD(&endpoint->resumed);
	endpoint->learnt = RPMSG_ADDR_ANY;
	endpoint->quiet = rpmsg_remote_in_probe(rpdev, cb);
	endpoint->ept.rpdev = rpdev;
	endpoint->ept.cb = cb;
	endpoint->ept.priv = priv;
	endpoint->ept.ops = (const struct rpmsg_endpoint_ops *)&rpmsg_remote_endpoint_ops;
	endpoint->remote = rpmsg_remote_get(remote);

	/* It may be called from here on, so it has its address before. */
	if (addr == RPMSG_ADDR_ANY) {
		err = xa_alloc_cyclic(&remote->endpoints, &addr, NULL, RPMSG_REMOTE_DYNAMIC_ADDRESSES,
				      &remote->next_address, GFP_KERNEL);
		endpoint->ept.addr = addr;
		if (err >= 0)
			err = xa_err(xa_store(&remote->endpoints, addr, endpoint, GFP_KERNEL));
	} else {
		endpoint->ept.addr = addr;
		err = xa_insert(&remote->endpoints, addr, endpoint, GFP_KERNEL);
	}
	if (err < 0) {
		dev_err(&remote->rvdev->dev, "no endpoint at address 0x%x for %s: %s (%d)\n", addr, chinfo.name,
			err == -EBUSY ? "the address is taken" : "no memory", err);
		rpmsg_remote_put_endpoint(endpoint);
		return NULL;
	}
	return &endpoint->ept;
}

static void rpmsg_remote_endpoint_release(struct kref *ref)
{
	struct rpmsg_remote_endpoint *endpoint = container_of(ref, struct rpmsg_remote_endpoint, ept.refcount);

	rpmsg_remote_put(endpoint->remote);
	kfree_rcu(endpoint, rcu);
}

void rpmsg_remote_put_endpoint(struct rpmsg_remote_endpoint *endpoint)
{
	kref_put(&endpoint->ept.refcount, rpmsg_remote_endpoint_release);
}

struct rpmsg_remote_endpoint *rpmsg_remote_find_endpoint(struct rpmsg_remote *remote, u32 addr)
{
	struct rpmsg_remote_endpoint *endpoint;

	guard(rcu)();
	endpoint = xa_load(&remote->endpoints, addr);
	return endpoint && kref_get_unless_zero(&endpoint->ept.refcount) ? endpoint : NULL;
}

void rpmsg_remote_close_ept(struct rpmsg_endpoint *ept)
{
	/* Whoever is in the callback just now leaves it first. */
	scoped_guard(mutex, &ept->cb_lock)
		ept->cb = NULL;
	rpmsg_remote_receive_forget(to_remote_endpoint(ept));
}

void rpmsg_remote_destroy_ept(struct rpmsg_endpoint *ept)
{
	struct rpmsg_remote_endpoint *endpoint = to_remote_endpoint(ept);

	xa_erase(&endpoint->remote->endpoints, ept->addr);
	rpmsg_remote_close_ept(ept);
	rpmsg_remote_put_endpoint(endpoint);
}

u32 rpmsg_remote_destination(struct rpmsg_endpoint *ept, u32 dst)
{
	const struct rpmsg_remote_endpoint *endpoint = to_remote_endpoint(ept);

	if (dst == RPMSG_ADDR_ANY)
		dst = READ_ONCE(ept->rpdev->dst);
	if (dst == RPMSG_ADDR_ANY && READ_ONCE(endpoint->learnt_in) == READ_ONCE(endpoint->remote->incarnation))
		dst = READ_ONCE(endpoint->learnt);
	return dst;
}

void rpmsg_remote_learn(struct rpmsg_remote_endpoint *endpoint, u32 src, u32 incarnation)
{
	struct rpmsg_device *rpdev = endpoint->ept.rpdev;

	if (incarnation != READ_ONCE(endpoint->remote->incarnation) || endpoint->learnt_in == incarnation)
		return;
	WRITE_ONCE(endpoint->learnt, src);
	WRITE_ONCE(endpoint->learnt_in, incarnation);
	/* Drivers read it there. */
	if (rpdev->ept == &endpoint->ept && rpdev->dst == RPMSG_ADDR_ANY)
		WRITE_ONCE(rpdev->dst, src);
}
