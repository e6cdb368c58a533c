// SPDX-License-Identifier: GPL-2.0-only
/*
 * Some virtio drivers wait for an answer of their device without sleeping, virtio_console for one in its probe and
 * virtio_net with a control queue whenever it is set up. They do so on vrings without a callback. A remote that is
 * silent keeps them, and what they hold: the processor, the device, and where the device was made or is taken away at
 * that moment rproc->lock. Then nobody can stop the remote or even notice that it restarted. What ends such a wait is
 * that the virtqueues are broken.
 *
 * It is a timer since nothing else is sure to run beside a driver that does not let go of its processor.
 */
#include "rproc_vdev_main.h"

/* The remote has given nothing back for so long, or has kept the driver busy for so long. */
#define SILENT_SECONDS 10
#define BUSY_SECONDS 30

/* Where all used rings stand together: whether that moves is all that counts. @polled: of them is waited for so. */
static u32 sum_of_used(struct rproc_vdev_claim *claim, unsigned int *rings, unsigned int *polled)
{
	u32 avail, used, sum = 0;
	unsigned int i;

	*rings = *polled = 0;
	for (i = 0; i < claim->entry.vrings; i++) {
		struct rproc_vdev_ring *ring = &claim->rings[i];

		if (!ring->watched)
			continue;
		amp_main_indices(ring->va, ring->core.num, ring->core.align, &avail, &used);
		sum += used;
		(*rings)++;
		*polled += !ring->callback && avail != used && !virtqueue_is_broken(ring->watched);
	}
	return sum;
}

/* True: there is still something to wait for. With the watch's lock. */
static bool look(struct rproc_vdev_claim *claim)
{
	struct rproc_vdev_watch *watch = &claim->watch;
	unsigned int rings, polled, i;
	u32 used = sum_of_used(claim, &rings, &polled);
	const char *as = "another vdev comes or goes";
	bool beside;

	if (rproc_vdev_virtio_is_bound(claim))
		watch->causes &= ~RPROC_VDEV_WATCH_STARTS;
	if (!rings || !watch->causes)
		return false;
	if (watch->causes & RPROC_VDEV_WATCH_LEAVES)
		as = "it leaves";
	else if (watch->causes & RPROC_VDEV_WATCH_STARTS)
		as = "it starts";
	beside = watch->causes == RPROC_VDEV_WATCH_BESIDE;
	/* One that is idle is as silent. */
	watch->silent = used == watch->used && (polled || !beside) ? watch->silent + 1 : 0;
	watch->used = used;
	watch->busy++;
	if (watch->silent < SILENT_SECONDS && (watch->busy < BUSY_SECONDS || beside))
		return true;
	for (i = 0; i < claim->entry.vrings; i++)
		if (claim->rings[i].watched)
			__virtqueue_break(claim->rings[i].watched);
	dev_err(&claim->pdev->dev,
		"%pOF: the remote keeps its driver waiting as %s, %u s now: virtqueues broken until it is bound again\n",
		claim->of_node, as, watch->busy);
	return false;
}

static void tick(struct timer_list *timer)
{
	struct rproc_vdev_claim *claim = container_of(timer, struct rproc_vdev_claim, watch.timer);
	bool again;

	spin_lock(&claim->watch.lock);
	again = look(claim);
	spin_unlock(&claim->watch.lock);
	if (again)
		mod_timer(timer, jiffies + HZ);
}

/**
 * rproc_vdev_watch_init() - before its virtio device is there
 * @claim:	new
 */
void rproc_vdev_watch_init(struct rproc_vdev_claim *claim)
{
	spin_lock_init(&claim->watch.lock);
	timer_setup(&claim->watch.timer, tick, 0);
}

/**
 * rproc_vdev_watch_start() - from now on its driver may wait for the remote
 * @claim:	with a virtio device
 * @cause:	until the driver is bound, or the virtqueues are gone, or rproc_vdev_watch_stop()
 *
 * Context: process.
 */
void rproc_vdev_watch_start(struct rproc_vdev_claim *claim, enum rproc_vdev_watch_cause cause)
{
	spin_lock_bh(&claim->watch.lock);
	claim->watch.causes |= cause;
	claim->watch.silent = 0;
	claim->watch.busy = 0;
	spin_unlock_bh(&claim->watch.lock);
	mod_timer(&claim->watch.timer, jiffies + HZ);
}

/**
 * rproc_vdev_watch_stop() - no longer for that reason
 * @claim:	watched or not
 * @cause:	of rproc_vdev_watch_start()
 *
 * Context: process.
 */
void rproc_vdev_watch_stop(struct rproc_vdev_claim *claim, enum rproc_vdev_watch_cause cause)
{
	spin_lock_bh(&claim->watch.lock);
	claim->watch.causes &= ~cause;
	spin_unlock_bh(&claim->watch.lock);
}

/**
 * rproc_vdev_watch_ring() - a virtqueue came or is about to go
 * @ring:	with memory
 * @vq:		its virtqueue, or NULL
 *
 * Context: process.
 */
void rproc_vdev_watch_ring(struct rproc_vdev_ring *ring, struct virtqueue *vq)
{
	spin_lock_bh(&ring->claim->watch.lock);
	ring->watched = vq;
	spin_unlock_bh(&ring->claim->watch.lock);
}

/**
 * rproc_vdev_watch_end() - its virtio device is gone
 * @claim:	nobody starts a watch of it
 *
 * Context: process.
 */
void rproc_vdev_watch_end(struct rproc_vdev_claim *claim)
{
	timer_delete_sync(&claim->watch.timer);
	claim->watch.causes = 0;
}
