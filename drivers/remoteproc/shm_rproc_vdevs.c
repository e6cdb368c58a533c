// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mainline's virtio devices of this remote do without a word to us: their drivers bind and unbind, and change
 * status. We listen on the virtio bus, so that the remote learns of it at once and no interrupt finds a virtqueue that
 * is being freed.
 *
 * Our subdevice is added when mainline's own are there, so that it is started after and stopped before them.
 */
#include <linux/platform_device.h>

#include "shm_rproc.h"

/**
 * shm_rproc_publish() - show the remote what mainline wrote into its copy of the table
 * @shm:	us
 *
 * Context: any. Return: whether there was something to show.
 */
bool shm_rproc_publish(struct shm_rproc *shm)
{
	unsigned long flags;
	bool changed;

	spin_lock_irqsave(&shm->table_lock, flags);
	changed = amp_shm_table_publish(shm->table);
	spin_unlock_irqrestore(&shm->table_lock, flags);
	return changed;
}

static void open_vdev(struct shm_rproc *shm, struct rproc_vdev *rvdev)
{
	int i;

	mutex_lock(&shm->gate);
	for (i = 0; shm->started && i < RVDEV_NUM_VRINGS; i++)
		if (rvdev->vring[i].num)
			shm_rproc_open_vring(shm, rvdev->vring[i].notifyid);
	mutex_unlock(&shm->gate);
}

static void close_vdev(struct shm_rproc *shm, struct rproc_vdev *rvdev)
{
	int i;

	for (i = 0; i < RVDEV_NUM_VRINGS; i++)
		if (rvdev->vring[i].num)
			shm_rproc_close_vring(shm, rvdev->vring[i].notifyid);
}

static int virtio_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct shm_rproc *shm = container_of(nb, struct shm_rproc, virtio_events);
	struct device *vdev = data;
	struct rproc_vdev *rvdev;

	if (rproc_get_by_child(vdev) != shm->rproc)
		return NOTIFY_DONE;
	rvdev = platform_get_drvdata(to_platform_device(vdev->parent));

	switch (event) {
	case BUS_NOTIFY_BOUND_DRIVER:
		if (shm_rproc_publish(shm))
			shm_rproc_ring_ctrl(shm);
		open_vdev(shm, rvdev);
		break;
	case BUS_NOTIFY_UNBIND_DRIVER:
		close_vdev(shm, rvdev);
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		/* The next driver makes the rings anew: the remote has to be off them. */
		if (shm_rproc_publish(shm)) {
			shm_rproc_ring_ctrl(shm);
			shm_rproc_await_answer(shm);
		}
		break;
	}
	return NOTIFY_OK;
}

static int start(struct rproc_subdev *subdev)
{
	struct shm_rproc *shm = container_of(subdev, struct shm_rproc, subdev);
	struct rproc_vdev *rvdev;

	mutex_lock(&shm->gate);
	shm->started = true;
	mutex_unlock(&shm->gate);

	list_for_each_entry(rvdev, &shm->rproc->rvdevs, node) {
		struct device *vdev = device_find_any_child(&rvdev->pdev->dev);

		if (!vdev)
			continue;
		if (!shm->virtio_bus && !bus_register_notifier(vdev->bus, &shm->virtio_events))
			shm->virtio_bus = vdev->bus;
		device_lock(vdev);
		if (device_is_bound(vdev))
			open_vdev(shm, rvdev);
		device_unlock(vdev);
		put_device(vdev);
	}
	if (shm_rproc_publish(shm))
		shm_rproc_ring_ctrl(shm);
	return 0;
}

static void stop(struct rproc_subdev *subdev, bool crashed)
{
	struct shm_rproc *shm = container_of(subdev, struct shm_rproc, subdev);
	int i;

	mutex_lock(&shm->gate);
	shm->started = false;
	mutex_unlock(&shm->gate);

	for (i = 0; i < ARRAY_SIZE(shm->vrings); i++)
		shm_rproc_close_vring(shm, i);
	if (shm->virtio_bus)
		bus_unregister_notifier(shm->virtio_bus, &shm->virtio_events);
	shm->virtio_bus = NULL;
}

void shm_rproc_init_vdevs(struct shm_rproc *shm)
{
	mutex_init(&shm->gate);
	shm->subdev.start = start;
	shm->subdev.stop = stop;
	shm->virtio_events.notifier_call = virtio_event;
}
