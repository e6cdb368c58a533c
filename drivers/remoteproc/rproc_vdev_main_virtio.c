// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio device of a claim: virtio 1.2, 2.1 to 2.5, by way of the resource table, with as many vrings as the
 * firmware has. Mainline's transport for the same is drivers/remoteproc/remoteproc_virtio.c.
 */
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_main.h"
#define CREATE_TRACE_POINTS
#include "rproc_vdev_trace.h"

struct rproc_vdev_virtio {
	struct virtio_device vdev;
	struct rproc_vdev_claim *claim;
};

static struct rproc_vdev_claim *claim_of(struct virtio_device *vdev)
{
	return container_of(vdev, struct rproc_vdev_virtio, vdev)->claim;
}

static struct rproc_vdev_ring *ring_of(struct virtqueue *vq)
{
	return container_of(vq->priv, struct rproc_vdev_ring, core);
}

/*
 * The table moves while nobody runs, and is there as long as a claim is: whoever gets here without rproc->lock, as a
 * late probe and who reads debugfs do, is waited for before the core's stop goes on.
 */
static void *table_of(struct rproc_vdev_claim *claim)
{
	return claim->host->rproc->table_ptr;
}

static u64 rproc_vdev_get_features(struct virtio_device *vdev)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);
	u64 features = amp_main_offered(&claim->entry, table_of(claim));

	/* The table has 32 bits; how we reach memory is our business. */
	if (claim->restricted)
		features |= BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	return features;
}

static int rproc_vdev_finalize_features(struct virtio_device *vdev)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);

	vring_transport_features(vdev);
	if (vdev->features & ~(u64)U32_MAX & ~BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)) {
		dev_err(&vdev->dev, "features 0x%llx: a resource table has 32 bits\n", vdev->features);
		return -EINVAL;
	}
	amp_main_put_taken(&claim->entry, table_of(claim), lower_32_bits(vdev->features));
	return 0;
}

static void rproc_vdev_get(struct virtio_device *vdev, unsigned int offset, void *to, unsigned int len)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);

	if (amp_main_read_config(&claim->entry, table_of(claim), offset, to, len)) {
		memset(to, 0, len);
		dev_err_ratelimited(&vdev->dev, "config space has %u bytes, asked for %u at %u\n",
				    claim->entry.config_len, len, offset);
	}
}

/*
 * The remote has to look. Where the core works on a copy of the table, which is so with shm_rproc alone, its driver
 * has to show it first; other drivers may know no notify ids but those of their own mailboxes.
 */
static void rproc_vdev_show_table(struct rproc_vdev_claim *claim)
{
	struct rproc *rproc = claim->host->rproc;

	if (!claim->entry.vrings)
		return;
	if (!claim->node->num_bells || of_device_is_compatible(claim->host->of_node, "linux-remote,shm-rproc"))
		rproc->ops->kick(rproc, claim->rings[0].core.notifyid);
	else
		rproc_vdev_doorbell_ring(&claim->node->bells[0]);
}

static void rproc_vdev_set(struct virtio_device *vdev, unsigned int offset, const void *from, unsigned int len)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);

	if (amp_main_write_config(&claim->entry, table_of(claim), offset, from, len)) {
		dev_err_ratelimited(&vdev->dev, "config space has %u bytes, wrote %u at %u\n",
				    claim->entry.config_len, len, offset);
		return;
	}
	rproc_vdev_show_table(claim);
}

static u32 rproc_vdev_generation(struct virtio_device *vdev)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);

	return amp_main_generation_of(&claim->entry, table_of(claim), &claim->generation);
}

static u8 rproc_vdev_get_status(struct virtio_device *vdev)
{
	return claim_of(vdev)->status;
}

static void rproc_vdev_set_status(struct virtio_device *vdev, u8 status)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);

	trace_rproc_vdev_status(claim, status);
	claim->status = status;
	amp_main_put_status(&claim->entry, table_of(claim), status);
	/* As after a write of the config space: a driver may wait for its first answer before it lets go of a lock. */
	if (status & VIRTIO_CONFIG_S_DRIVER_OK) {
		rproc_vdev_watch_start(claim, RPROC_VDEV_WATCH_STARTS);
		rproc_vdev_show_table(claim);
	}
	if (status & VIRTIO_CONFIG_S_FAILED && !claim->complained)
		rproc_vdev_claim_tell_pool(claim);
	claim->complained = status & VIRTIO_CONFIG_S_FAILED;
}

static void rproc_vdev_reset(struct virtio_device *vdev)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);
	/* By a main before us, too. */
	const bool in_use = amp_main_status(&claim->entry, table_of(claim));

	rproc_vdev_set_status(vdev, 0);
	/* The remote shall be off the vrings before they go, and see 0 before the next status. */
	if (in_use)
		rproc_vdev_show_table(claim);
}

/**
 * rproc_vdev_ring_count() - bring the count of offered buffers up to date
 * @ring:	its node is bound
 * @used:	where the used ring stands
 *
 * The ring's index has 16 bits: who has no mailbox of ours, whose interrupts and poll count, counts when he kicks.
 *
 * Context: any. Return: whether it has memory.
 */
bool rproc_vdev_ring_count(struct rproc_vdev_ring *ring, u32 *used)
{
	struct rproc_vdev_node *node = ring->claim->node;
	unsigned long flags;
	bool there;
	u32 avail;

	spin_lock_irqsave(&node->lock, flags);
	there = ring->va;
	if (there) {
		amp_main_indices(ring->va, ring->core.num, ring->core.align, &avail, used);
		ring->offered += (u16)(avail - ring->avail);
		ring->avail = avail;
	}
	spin_unlock_irqrestore(&node->lock, flags);
	return there;
}

static bool rproc_vdev_notify(struct virtqueue *vq)
{
	struct rproc_vdev_ring *ring = ring_of(vq);
	struct rproc_vdev_claim *claim = ring->claim;
	struct rproc *rproc = claim->host->rproc;
	u32 used;

	trace_rproc_vdev_kick(ring);
	atomic_long_inc(&ring->kicks_out);
	if (!claim->node->num_bells) {
		rproc_vdev_ring_count(ring, &used);
		rproc->ops->kick(rproc, ring->core.notifyid);
	} else {
		rproc_vdev_doorbell_ring(&claim->node->bells[claim->node->one_bell ? 0 : ring->index]);
	}
	return true;
}

/* Where the remoteproc driver has the interrupt, this is the first that we see of it. */
static void rproc_vdev_called(struct virtqueue *vq)
{
	struct rproc_vdev_ring *ring = ring_of(vq);

	trace_rproc_vdev_interrupt(ring);
	atomic_long_inc(&ring->kicks_in);
	ring->callback(vq);
}

/* After this no callback of its driver runs, and none will, by a mailbox of ours. */
static void rproc_vdev_quiet(struct rproc_vdev_ring *ring)
{
	WRITE_ONCE(ring->vq, NULL);
	ring->core.vq = NULL;
	cancel_work_sync(&ring->work);
}

static void rproc_vdev_synchronize(struct virtio_device *vdev)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);
	unsigned int i;

	for (i = 0; i < claim->entry.vrings; i++)
		flush_work(&claim->rings[i].work);
}

static struct virtqueue *rproc_vdev_find_vq(struct virtio_device *vdev, unsigned int index,
					    void (*callback)(struct virtqueue *vq), const char *name, bool ctx)
{
	struct rproc_vdev_claim *claim = claim_of(vdev);
	struct rproc_vdev_ring *ring = &claim->rings[index];
	struct virtqueue *vq;
	int ret;

	if (index >= claim->entry.vrings) {
		dev_err(&vdev->dev, "wants a vring %u (%s), the firmware's vdev has %u\n", index, name,
			claim->entry.vrings);
		return ERR_PTR(-ENOENT);
	}
	ret = rproc_vdev_ring_memory(ring);
	if (ret) {
		claim->complained = true;
		goto err_forget;
	}
	ret = -ENOMEM;
	ring->callback = callback;
	/* Without a callback the remote is told so. */
	if (callback && !claim->node->num_bells)
		callback = rproc_vdev_called;
	/* Full barriers: the other end is no processor of ours. */
	vq = vring_new_virtqueue(index, ring->core.num, ring->core.align, vdev, false, ctx, ring->va,
				 rproc_vdev_notify, callback, name);
	if (!vq)
		goto err_forget;
	vq->num_max = ring->core.num;
	/* As in mainline: what the core finds by notify id. */
	vq->priv = &ring->core;
	amp_main_put_vring(&claim->entry, table_of(claim), index, ring->da, ring->core.notifyid);
	/* One of both looks into it: virtqueues have no lock. */
	if (claim->node->num_bells)
		WRITE_ONCE(ring->vq, vq);
	else
		ring->core.vq = vq;
	rproc_vdev_watch_ring(ring, vq);
	return vq;

err_forget:
	rproc_vdev_ring_forget(ring);
	return ERR_PTR(ret);
}

static void rproc_vdev_del_vqs(struct virtio_device *vdev)
{
	struct virtqueue *vq, *next;

	list_for_each_entry_safe(vq, next, &vdev->vqs, list) {
		struct rproc_vdev_ring *ring = ring_of(vq);

		rproc_vdev_watch_ring(ring, NULL);
		rproc_vdev_quiet(ring);
		vring_del_virtqueue(vq);
		rproc_vdev_ring_forget(ring);
	}
}

#ifdef AMP_HAVE_VIRTQUEUE_INFO
static int rproc_vdev_find_vqs(struct virtio_device *vdev, unsigned int nvqs, struct virtqueue *vqs[],
			       struct virtqueue_info info[], struct irq_affinity *affinity)
{
#define QUEUE_NAME(i) info[i].name
#define QUEUE_CALLBACK(i) info[i].callback
#define QUEUE_CTX(i) info[i].ctx
#else
static int rproc_vdev_find_vqs(struct virtio_device *vdev, unsigned int nvqs, struct virtqueue *vqs[],
			       vq_callback_t *callbacks[], const char * const names[], const bool *ctx,
			       struct irq_affinity *affinity)
{
#define QUEUE_NAME(i) names[i]
#define QUEUE_CALLBACK(i) callbacks[i]
#define QUEUE_CTX(i) (ctx && ctx[i])
#endif
	unsigned int i, index = 0;

	for (i = 0; i < nvqs; i++) {
		vqs[i] = NULL;
		if (!QUEUE_NAME(i))
			continue;
		vqs[i] = rproc_vdev_find_vq(vdev, index++, QUEUE_CALLBACK(i), QUEUE_NAME(i), QUEUE_CTX(i));
		if (IS_ERR(vqs[i])) {
			int ret = PTR_ERR(vqs[i]);

			rproc_vdev_del_vqs(vdev);
			return ret;
		}
	}
	return 0;
}

static const char *rproc_vdev_bus_name(struct virtio_device *vdev)
{
	return dev_name(&claim_of(vdev)->pdev->dev);
}

static const struct virtio_config_ops rproc_vdev_config_ops = {
	.get_features = rproc_vdev_get_features,
	.finalize_features = rproc_vdev_finalize_features,
	.find_vqs = rproc_vdev_find_vqs,
	.del_vqs = rproc_vdev_del_vqs,
	.synchronize_cbs = rproc_vdev_synchronize,
	.reset = rproc_vdev_reset,
	.set_status = rproc_vdev_set_status,
	.get_status = rproc_vdev_get_status,
	.get = rproc_vdev_get,
	.set = rproc_vdev_set,
	.generation = rproc_vdev_generation,
	.bus_name = rproc_vdev_bus_name,
};

static void rproc_vdev_virtio_release(struct device *dev)
{
	struct rproc_vdev_virtio *virtio = container_of(dev_to_virtio(dev), struct rproc_vdev_virtio, vdev);

	put_device(dev->parent);
	kfree(virtio);
}

static void rproc_vdev_listen(struct rproc_vdev_claim *claim, bool listening)
{
	spin_lock_irq(&claim->node->lock);
	claim->listening = listening;
	spin_unlock_irq(&claim->node->lock);
}

/* Nothing of it runs any more. */
static void rproc_vdev_virtio_forget(struct rproc_vdev_claim *claim)
{
	unsigned int i;

	rproc_vdev_listen(claim, false);
	rproc_vdev_watch_end(claim);
	cancel_delayed_work_sync(&claim->poll);
	for (i = 0; i < claim->entry.vrings; i++)
		cancel_work_sync(&claim->rings[i].work);
	claim->virtio = NULL;
}

/**
 * rproc_vdev_virtio_register() - make the virtio device of a claim
 * @claim:	with a node
 *
 * Context: process, rproc->lock held. Return: 0 or an errno, which was reported.
 */
int rproc_vdev_virtio_register(struct rproc_vdev_claim *claim)
{
	struct device *dev = &claim->pdev->dev;
	struct rproc_vdev_virtio *virtio;
	int ret;

	virtio = kzalloc(sizeof(*virtio), GFP_KERNEL);
	if (!virtio)
		return -ENOMEM;
	virtio->claim = claim;
	virtio->vdev.id.device = claim->entry.id;
	virtio->vdev.config = &rproc_vdev_config_ops;
	virtio->vdev.dev.parent = get_device(dev);
	virtio->vdev.dev.release = rproc_vdev_virtio_release;

	rproc_vdev_listen(claim, true);
	claim->virtio = virtio;
	ret = register_virtio_device(&virtio->vdev);
	if (ret) {
		dev_err(dev, "%pOF: the virtio device cannot be registered: %d\n", claim->of_node, ret);
		rproc_vdev_virtio_forget(claim);
		put_device(&virtio->vdev.dev);
		return ret;
	}
	dev_info(dev, "registered %s (type %u) of %pOF\n", dev_name(&virtio->vdev.dev), claim->entry.id,
		 claim->of_node);
	if (claim->node->num_bells)
		queue_delayed_work(rproc_vdev_workers, &claim->poll, claim->interval);
	rproc_vdev_main_debugfs_add(claim);
	return 0;
}

/**
 * rproc_vdev_virtio_unregister() - take it away
 * @claim:	with a virtio device
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_virtio_unregister(struct rproc_vdev_claim *claim)
{
	struct virtio_device *vdev = &claim->virtio->vdev;

	rproc_vdev_main_debugfs_remove(claim);
	rproc_vdev_watch_start(claim, RPROC_VDEV_WATCH_LEAVES);
	unregister_virtio_device(vdev);
	rproc_vdev_virtio_forget(claim);
}

/**
 * rproc_vdev_virtio_is_bound() - has its virtio device a driver whose probe is over?
 * @claim:	with a virtio device
 *
 * Context: any.
 */
bool rproc_vdev_virtio_is_bound(struct rproc_vdev_claim *claim)
{
	return amp_device_is_bound(&claim->virtio->vdev.dev);
}

/**
 * rproc_vdev_virtio_break() - the remote is dead: its vrings take and give nothing any more
 * @claim:	with a virtio device
 *
 * Context: process, rproc->lock held.
 */
void rproc_vdev_virtio_break(struct rproc_vdev_claim *claim)
{
	virtio_break_device(&claim->virtio->vdev);
}
