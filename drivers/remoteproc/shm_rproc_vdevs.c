// SPDX-License-Identifier: GPL-2.0-only
/*
 * What virtio devices of this remote, mainline's and those of vdev nodes, do without a word to us: their drivers bind
 * and unbind, and change status. We listen on the virtio bus, so that the remote learns of it at once and no interrupt
 * finds a virtqueue that is being freed.
 *
 * Our subdevice is added when mainline's own are there, so that it is started after and stopped before them.
 */
#include <linux/idr.h>
#include <linux/of.h>
#include <linux/virtio.h>

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

/*
 * The vring behind a virtqueue is what its priv points to and what the core knows by a notify id: so it is for
 * mainline's virtio devices, and for those of vdev nodes.
 */
static int notifyid_of(struct shm_rproc *shm, const struct virtqueue *vq)
{
	void *vring;
	int id;

	rcu_read_lock();
	idr_for_each_entry(&shm->rproc->notifyids, vring, id)
		if (vring == vq->priv)
			break;
	rcu_read_unlock();
	return vring ? id : -ENOENT;
}

static void notifyids_of(struct shm_rproc *shm, struct virtio_device *vdev, unsigned long *ids)
{
	struct virtqueue *vq;
	int id;

	bitmap_zero(ids, SHM_RPROC_VRINGS_MAX);
	spin_lock(&vdev->vqs_list_lock);
	list_for_each_entry(vq, &vdev->vqs, list) {
		id = notifyid_of(shm, vq);
		if (id >= 0 && id < SHM_RPROC_VRINGS_MAX)
			__set_bit(id, ids);
	}
	spin_unlock(&vdev->vqs_list_lock);
}

static void open_vdev(struct shm_rproc *shm, struct virtio_device *vdev)
{
	DECLARE_BITMAP(ids, SHM_RPROC_VRINGS_MAX);
	unsigned int id;

	notifyids_of(shm, vdev, ids);
	mutex_lock(&shm->gate);
	if (shm->started)
		for_each_set_bit(id, ids, SHM_RPROC_VRINGS_MAX)
			shm_rproc_open_vring(shm, id);
	mutex_unlock(&shm->gate);
}

static void close_vdev(struct shm_rproc *shm, struct virtio_device *vdev)
{
	DECLARE_BITMAP(ids, SHM_RPROC_VRINGS_MAX);
	unsigned int id;

	notifyids_of(shm, vdev, ids);
	for_each_set_bit(id, ids, SHM_RPROC_VRINGS_MAX)
		shm_rproc_close_vring(shm, id);
}

static int virtio_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct shm_rproc *shm = container_of(nb, struct shm_rproc, virtio_events);
	struct device *dev = data;

	if (rproc_get_by_child(dev) != shm->rproc)
		return NOTIFY_DONE;

	switch (event) {
	case BUS_NOTIFY_BOUND_DRIVER:
		if (shm_rproc_publish(shm))
			shm_rproc_ring_ctrl(shm);
		open_vdev(shm, dev_to_virtio(dev));
		break;
	case BUS_NOTIFY_UNBIND_DRIVER:
		close_vdev(shm, dev_to_virtio(dev));
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		/* The next driver makes the rings anew: the remote has to be off them, whoever told it. */
		shm_rproc_publish(shm);
		shm_rproc_ring_ctrl(shm);
		shm_rproc_await_answer(shm);
		break;
	}
	return NOTIFY_OK;
}

/* Virtio's core exports its bus to drivers only: this one takes no device. */
static const struct virtio_device_id no_device[] = { {} };

static int probe_no_device(struct virtio_device *vdev)
{
	return -ENODEV;
}

static struct virtio_driver watcher = {
	.driver.name = KBUILD_MODNAME,
	.id_table = no_device,
	.probe = probe_no_device,
};

static int open_if_bound(struct device *dev, void *data)
{
	if (dev->bus != watcher.driver.bus)
		return 0;
	device_lock(dev);
	if (amp_device_is_bound(dev))
		open_vdev(data, dev_to_virtio(dev));
	device_unlock(dev);
	return 0;
}

static int open_children(struct device *dev, void *data)
{
	return device_for_each_child(dev, data, open_if_bound);
}

static int start(struct rproc_subdev *subdev)
{
	struct shm_rproc *shm = container_of(subdev, struct shm_rproc, subdev);
	int ret = bus_register_notifier(watcher.driver.bus, &shm->virtio_events);

	if (ret)
		return ret;
	mutex_lock(&shm->gate);
	shm->started = true;
	mutex_unlock(&shm->gate);

	/* Mainline's are children of its devices, and those of vdev nodes of theirs: both are children of the rproc. */
	device_for_each_child(&shm->rproc->dev, shm, open_children);
	if (shm_rproc_publish(shm))
		shm_rproc_ring_ctrl(shm);
	return 0;
}

static void stop(struct rproc_subdev *subdev, bool crashed)
{
	struct shm_rproc *shm = container_of(subdev, struct shm_rproc, subdev);

	mutex_lock(&shm->gate);
	shm->started = false;
	mutex_unlock(&shm->gate);

	shm_rproc_close_vrings(shm);
	bus_unregister_notifier(watcher.driver.bus, &shm->virtio_events);
}

static void find_declared(struct shm_rproc *shm)
{
	struct device_node *node;
	u32 reg;

	for_each_available_child_of_node(shm->dev->of_node, node) {
		if (!of_device_is_compatible(node, "virtio,rproc") && !of_device_is_compatible(node, "rproc-virtio"))
			continue;
		if (!of_property_read_u32(node, "reg", &reg) && reg < SHM_RPROC_VDEVS_MAX)
			shm->declared |= BIT(reg);
	}
}

/**
 * shm_rproc_init_vdevs() - find the vdevs that devicetree declares, and be ready for all
 * @shm:	with dev set
 *
 * Context: process, at probe, before anything else reads our node.
 */
void shm_rproc_init_vdevs(struct shm_rproc *shm)
{
	find_declared(shm);
	mutex_init(&shm->gate);
	shm->subdev.start = start;
	shm->subdev.stop = stop;
	shm->virtio_events.notifier_call = virtio_event;
}

int shm_rproc_vdevs_init(void)
{
	return register_virtio_driver(&watcher);
}

void shm_rproc_vdevs_exit(void)
{
	unregister_virtio_driver(&watcher);
}
