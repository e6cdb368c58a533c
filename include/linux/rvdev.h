/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rvdev bus: virtio devices whose *device* end is this Linux. The mirror of the virtio bus: here a driver takes
 * buffers from the avail ring and gives them back through the used ring.
 */
#ifndef _LINUX_RVDEV_H
#define _LINUX_RVDEV_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <amp/region.h>

struct rvdev_device;

/**
 * struct rvdev_id - what a driver of the rvdev bus matches
 * @device:	virtio device id (7 rpmsg, 1 net, ...; virtio 1.2, 5); 0 ends a table
 */
struct rvdev_id {
	u32 device;
};

/* MODULE_ALIAS(RVDEV_ALIAS(7)) makes a driver load when such a device appears. */
#define RVDEV_ALIAS(device) "rvdev:d" #device

/**
 * struct rvdev_ops - what the transport below a device does for its driver
 * @vring:	memory of vring @index into @out; valid between up() and down(). 0 or -EINVAL. Process context.
 * @regions:	the memory in which this device's buffers may lie, for the life of the device. Any context.
 * @features:	what was negotiated; valid between up() and down(). Any context.
 * @kick:	ring the doorbell of vring @index at the main. 0 or an error of the mailbox. Any context.
 * @fault:	the peer broke the bookkeeping of a ring: call down() soon and stay down until the main makes its rings
 *		anew. Any context.
 * @get_config:	copy @len bytes at @offset of the config space. 0 or -EINVAL. Process context.
 * @set_config:	the same to the config space.
 */
struct rvdev_ops {
	int (*vring)(struct rvdev_device *rvdev, unsigned int index, struct amp_vring_memory *out);
	const struct amp_region *(*regions)(struct rvdev_device *rvdev, unsigned int *count);
	u64 (*features)(struct rvdev_device *rvdev);
	int (*kick)(struct rvdev_device *rvdev, unsigned int index);
	void (*fault)(struct rvdev_device *rvdev);
	int (*get_config)(struct rvdev_device *rvdev, unsigned int offset, void *to, unsigned int len);
	int (*set_config)(struct rvdev_device *rvdev, unsigned int offset, const void *from, unsigned int len);
};

/**
 * struct rvdev_device - a virtio device whose device end is this Linux
 * @dev:	parent is the link's platform device, of_node the vdev@N subnode
 * @id:		virtio device id
 * @index:	of the vdev on its link (reg of the subnode)
 * @num_vrings:	how many vrings it has
 * @ops:	the transport
 *
 * The rest is private to the bus:
 * @lock:	serializes probe, remove, up and down; the transport's locks nest inside
 * @bound:	the driver whose probe() succeeded
 * @active:	the same while it is up, for notify()
 * @up:		between the calls of up() and down()
 * @offered:	between the calls of rvdev_up() and rvdev_down(), with or without a driver
 */
struct rvdev_device {
	struct device dev;
	struct rvdev_id id;
	u32 index;
	unsigned int num_vrings;
	const struct rvdev_ops *ops;
	struct mutex lock; /* of what follows */
	struct rvdev_driver *bound;
	struct rvdev_driver __rcu *active;
	bool up;
	bool offered;
};

#define to_rvdev(d) container_of_const(d, struct rvdev_device, dev)

/**
 * struct rvdev_driver - a driver of such devices
 * @driver:	name and owner
 * @id_table:	what it drives, ended by device 0
 * @probe:	the device is there; the link may be down. 0 or an errno; -EPROBE_DEFER works.
 * @leave:	optional: the driver is about to be removed; the link may still be up, so the main can be told. Followed
 *		by down() where it is up, and by remove(). Process context, may sleep for a bounded time.
 * @remove:	undo probe; down() was called before where needed
 * @up:		the main has set DRIVER_OK: rings, features and config are valid. An errno keeps the device down until
 *		the next reset of the main. Process context, may sleep, but not for the main: notify() comes only when
 *		this has returned.
 * @down:	the rings are no longer the main's (reset, re-made, fault, remove): forget them before returning.
 *		Process context, may sleep.
 * @notify:	the main rang the doorbell of vring @index. Atomic context; called between up() and down(), for every
 *		vring once right after up(), never while down() runs.
 * @intact:	are the rings still those that up() was given? Polled, since the main resets and re-makes rings without
 *		a doorbell. Process context.
 */
struct rvdev_driver {
	struct device_driver driver;
	const struct rvdev_id *id_table;
	int (*probe)(struct rvdev_device *rvdev);
	void (*leave)(struct rvdev_device *rvdev);
	void (*remove)(struct rvdev_device *rvdev);
	int (*up)(struct rvdev_device *rvdev);
	void (*down)(struct rvdev_device *rvdev);
	void (*notify)(struct rvdev_device *rvdev, unsigned int index);
	bool (*intact)(struct rvdev_device *rvdev);
};

#define to_rvdev_driver(d) container_of_const(d, struct rvdev_driver, driver)

int rvdev_register_driver(struct rvdev_driver *driver, struct module *owner);
void rvdev_unregister_driver(struct rvdev_driver *driver);

#define module_rvdev_driver(d)							\
	static int __init d##_init(void)					\
	{									\
		return rvdev_register_driver(&(d), THIS_MODULE);		\
	}									\
	module_init(d##_init);							\
	static void __exit d##_exit(void)					\
	{									\
		rvdev_unregister_driver(&(d));					\
	}									\
	module_exit(d##_exit)

/* For transports. */
void rvdev_init(struct rvdev_device *rvdev);
int rvdev_register(struct rvdev_device *rvdev);
void rvdev_unregister(struct rvdev_device *rvdev);
int rvdev_up(struct rvdev_device *rvdev);
void rvdev_down(struct rvdev_device *rvdev);
void rvdev_notify(struct rvdev_device *rvdev, unsigned int index);
bool rvdev_intact(struct rvdev_device *rvdev);

static inline void rvdev_set_drvdata(struct rvdev_device *rvdev, void *data)
{
	dev_set_drvdata(&rvdev->dev, data);
}

static inline void *rvdev_get_drvdata(struct rvdev_device *rvdev)
{
	return dev_get_drvdata(&rvdev->dev);
}

#endif
