/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own ends of a split ring, as C functions without any of the kernel's types: virtio_ring.c drives, and
 * vringh.c is the device. Addresses in descriptors are those of this process.
 */
#ifndef ORACLE_KERNEL_ENDS_H
#define ORACLE_KERNEL_ENDS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kernel_driver;
struct kernel_device;

struct oracle_part {
	void *at;
	unsigned int size;
};

/* A ring of @num in zeroed memory at @ring; ends the program where there is no memory. */
struct kernel_driver *kernel_driver_new(void *ring, unsigned int num, unsigned int align, bool event_idx);
void kernel_driver_free(struct kernel_driver *driver);
/* Offers one buffer of @count parts, which the device may read or write. False: no room. @token is not null. */
bool kernel_driver_add(struct kernel_driver *driver, const struct oracle_part *parts, unsigned int count, bool to_device,
		       void *token);
/* The token of the next buffer that came back and its used length; null: none. */
void *kernel_driver_get(struct kernel_driver *driver, unsigned int *len);
/* Whether the device wants to be notified of what was added. */
bool kernel_driver_kick(struct kernel_driver *driver);
/* Asks for a notification. True: there is something already. */
bool kernel_driver_listen(struct kernel_driver *driver);
void kernel_driver_hush(struct kernel_driver *driver);

struct kernel_device *kernel_device_new(void *ring, unsigned int num, unsigned int align, bool event_idx);
void kernel_device_free(struct kernel_device *device);
/* Next buffer: 1, none: 0, an error: negative. Copied from or to by the two below, given back by give. */
int kernel_device_take(struct kernel_device *device);
size_t kernel_device_read(struct kernel_device *device, void *to, size_t size);
size_t kernel_device_write(struct kernel_device *device, const void *from, size_t size);
/* All of it for one message of @size bytes, as a driver in the kernel calls it; false: no buffer. For the bench. */
bool kernel_device_receive(struct kernel_device *device, void *to, size_t size);
bool kernel_device_send(struct kernel_device *device, const void *from, size_t size);
bool kernel_device_give(struct kernel_device *device, unsigned int written);
bool kernel_device_kick(struct kernel_device *device);
bool kernel_device_listen(struct kernel_device *device);
void kernel_device_hush(struct kernel_device *device);

#ifdef __cplusplus
}
#endif

#endif
