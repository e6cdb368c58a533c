// SPDX-License-Identifier: GPL-2.0-only
/* The device's end: vringh.c. */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/vringh.h>
#include <linux/virtio_ring.h>

#include "kernel_ends.h"

#define PARTS_MAX 8

struct kernel_device {
	struct vringh vrh;
	struct vringh_kiov readable, writable;
	struct kvec parts[2][PARTS_MAX];
	u16 head;
};

struct kernel_device *kernel_device_new(void *ring, unsigned int num, unsigned int align, bool event_idx)
{
	struct kernel_device *device = calloc(1, sizeof(*device));
	struct vring vring;

	if (!device)
		abort();
	vring_init(&vring, num, ring, align);
	if (vringh_init_kern(&device->vrh, event_idx ? 1ULL << VIRTIO_RING_F_EVENT_IDX : 0, num, true, vring.desc,
			     vring.avail, vring.used))
		abort();
	vringh_kiov_init(&device->readable, device->parts[0], PARTS_MAX);
	vringh_kiov_init(&device->writable, device->parts[1], PARTS_MAX);
	return device;
}

void kernel_device_free(struct kernel_device *device)
{
	vringh_kiov_cleanup(&device->readable);
	vringh_kiov_cleanup(&device->writable);
	free(device);
}

int kernel_device_take(struct kernel_device *device)
{
	return vringh_getdesc_kern(&device->vrh, &device->readable, &device->writable, &device->head, GFP_ATOMIC);
}

size_t kernel_device_read(struct kernel_device *device, void *to, size_t size)
{
	ssize_t copied = vringh_iov_pull_kern(&device->readable, to, size);

	return copied < 0 ? 0 : copied;
}

size_t kernel_device_write(struct kernel_device *device, const void *from, size_t size)
{
	ssize_t copied = vringh_iov_push_kern(&device->writable, from, size);

	return copied < 0 ? 0 : copied;
}

bool kernel_device_receive(struct kernel_device *device, void *to, size_t size)
{
	struct vringh *vrh = &device->vrh;

	if (vringh_getdesc_kern(vrh, &device->readable, &device->writable, &device->head, GFP_ATOMIC) != 1)
		return false;
	return vringh_iov_pull_kern(&device->readable, to, size) == size && !vringh_complete_kern(vrh, device->head, 0) &&
	       vringh_need_notify_kern(vrh) >= 0;
}

bool kernel_device_send(struct kernel_device *device, const void *from, size_t size)
{
	struct vringh *vrh = &device->vrh;

	if (vringh_getdesc_kern(vrh, &device->readable, &device->writable, &device->head, GFP_ATOMIC) != 1)
		return false;
	return vringh_iov_push_kern(&device->writable, from, size) == size &&
	       !vringh_complete_kern(vrh, device->head, size) && vringh_need_notify_kern(vrh) >= 0;
}

bool kernel_device_give(struct kernel_device *device, unsigned int written)
{
	return !vringh_complete_kern(&device->vrh, device->head, written);
}

bool kernel_device_kick(struct kernel_device *device)
{
	return vringh_need_notify_kern(&device->vrh) > 0;
}

bool kernel_device_listen(struct kernel_device *device)
{
	return !vringh_notify_enable_kern(&device->vrh);
}

void kernel_device_hush(struct kernel_device *device)
{
	vringh_notify_disable_kern(&device->vrh);
}
