// SPDX-License-Identifier: GPL-2.0-only
/* The driver's end: virtio_ring.c. */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "kernel_ends.h"

#define PARTS_MAX 8

/* What virtio_ring.c wants to know of allocation in its tests. */
void *__kmalloc_fake, *__kfree_ignore_start, *__kfree_ignore_end;

struct kernel_driver {
	struct virtio_device vdev;
	struct virtqueue *vq;
	bool notified;
};

static bool notify(struct virtqueue *vq)
{
	container_of(vq->vdev, struct kernel_driver, vdev)->notified = true;
	return true;
}

static void callback(struct virtqueue *vq)
{
}

struct kernel_driver *kernel_driver_new(void *ring, unsigned int num, unsigned int align, bool event_idx)
{
	struct kernel_driver *driver = calloc(1, sizeof(*driver));

	if (!driver)
		abort();
	INIT_LIST_HEAD(&driver->vdev.vqs);
	spin_lock_init(&driver->vdev.vqs_list_lock);
	if (event_idx)
		driver->vdev.features |= 1ULL << VIRTIO_RING_F_EVENT_IDX;
	driver->vq = vring_new_virtqueue(0, num, align, &driver->vdev, true, false, ring, notify, callback, "oracle");
	if (!driver->vq)
		abort();
	return driver;
}

void kernel_driver_free(struct kernel_driver *driver)
{
	while (virtqueue_detach_unused_buf(driver->vq))
		;
	vring_del_virtqueue(driver->vq);
	free(driver);
}

bool kernel_driver_add(struct kernel_driver *driver, const struct oracle_part *parts, unsigned int count, bool to_device,
		       void *token)
{
	struct scatterlist list[PARTS_MAX];
	unsigned int i;
	int err;

	sg_init_table(list, count);
	for (i = 0; i < count; i++)
		sg_set_buf(&list[i], parts[i].at, parts[i].size);
	err = to_device ? virtqueue_add_outbuf(driver->vq, list, count, token, GFP_ATOMIC) :
			  virtqueue_add_inbuf(driver->vq, list, count, token, GFP_ATOMIC);
	return !err;
}

void *kernel_driver_get(struct kernel_driver *driver, unsigned int *len)
{
	return virtqueue_get_buf(driver->vq, len);
}

bool kernel_driver_kick(struct kernel_driver *driver)
{
	driver->notified = false;
	virtqueue_kick(driver->vq);
	return driver->notified;
}

bool kernel_driver_listen(struct kernel_driver *driver)
{
	return !virtqueue_enable_cb(driver->vq);
}

void kernel_driver_hush(struct kernel_driver *driver)
{
	virtqueue_disable_cb(driver->vq);
}
