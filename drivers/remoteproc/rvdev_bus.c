// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rvdev bus: matches drivers with virtio devices whose device end is this Linux, and sees to it that their calls
 * come in order: probe, up, notify ..., down, remove.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rvdev.h>

#include "rvdev_bus.h"

static int rvdev_match(struct device *dev, amp_match_driver *driver)
{
	const struct rvdev_device *rvdev = to_rvdev(dev);
	const struct rvdev_id *id;

	for (id = to_rvdev_driver(driver)->id_table; id && id->device; id++)
		if (id->device == rvdev->id.device)
			return 1;
	return 0;
}

static int rvdev_uevent(amp_uevent_device *dev, struct kobj_uevent_env *env)
{
	return add_uevent_var(env, "MODALIAS=rvdev:d%u", to_rvdev(dev)->id.device);
}

/* Ring @index of @driver, if it is up. */
static void rvdev_ring(struct rvdev_device *rvdev, unsigned int index)
{
	struct rvdev_driver *driver;

	rcu_read_lock();
	driver = rcu_dereference(rvdev->active);
	if (driver && driver->notify)
		driver->notify(rvdev, index);
	rcu_read_unlock();
}

static int rvdev_start(struct rvdev_device *rvdev)
{
	struct rvdev_driver *driver = rvdev->bound;
	unsigned int i;
	int ret;

	lockdep_assert_held(&rvdev->lock);
	if (!driver || !rvdev->offered || rvdev->up)
		return 0;
	ret = driver->up ? driver->up(rvdev) : 0;
	if (ret)
		return ret;
	rvdev->up = true;
	rcu_assign_pointer(rvdev->active, driver);
	/* Whatever was rung while up() ran. */
	for (i = 0; i < rvdev->num_vrings; i++)
		rvdev_ring(rvdev, i);
	return 0;
}

static void rvdev_stop(struct rvdev_device *rvdev)
{
	struct rvdev_driver *driver = rvdev->bound;

	lockdep_assert_held(&rvdev->lock);
	if (!rvdev->up)
		return;
	RCU_INIT_POINTER(rvdev->active, NULL);
	synchronize_rcu();
	if (driver->down)
		driver->down(rvdev);
	rvdev->up = false;
}

static int rvdev_probe(struct device *dev)
{
	struct rvdev_driver *driver = to_rvdev_driver(dev->driver);
	struct rvdev_device *rvdev = to_rvdev(dev);
	int ret;

	mutex_lock(&rvdev->lock);
	ret = driver->probe ? driver->probe(rvdev) : 0;
	if (!ret) {
		rvdev->bound = driver;
		/* Bound, if not up: the link may recover. */
		if (rvdev_start(rvdev))
			rvdev->ops->fault(rvdev);
	}
	mutex_unlock(&rvdev->lock);
	return ret;
}

static void rvdev_remove(struct device *dev)
{
	struct rvdev_driver *driver = to_rvdev_driver(dev->driver);
	struct rvdev_device *rvdev = to_rvdev(dev);

	mutex_lock(&rvdev->lock);
	if (driver->leave)
		driver->leave(rvdev);
	rvdev_stop(rvdev);
	rvdev->bound = NULL;
	if (driver->remove)
		driver->remove(rvdev);
	mutex_unlock(&rvdev->lock);
}

static ssize_t device_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_rvdev(dev)->id.device);
}
static DEVICE_ATTR_RO(device);

static ssize_t index_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_rvdev(dev)->index);
}
static DEVICE_ATTR_RO(index);

static ssize_t vrings_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_rvdev(dev)->num_vrings);
}
static DEVICE_ATTR_RO(vrings);

static ssize_t link_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(to_rvdev(dev)->up) ? "up" : "down");
}
static DEVICE_ATTR_RO(link);

static ssize_t features_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rvdev_device *rvdev = to_rvdev(dev);
	u64 features = READ_ONCE(rvdev->up) ? rvdev->ops->features(rvdev) : 0;

	return sysfs_emit(buf, "0x%llx\n", features);
}
static DEVICE_ATTR_RO(features);

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "rvdev:d%u\n", to_rvdev(dev)->id.device);
}
static DEVICE_ATTR_RO(modalias);

static struct attribute *rvdev_attrs[] = {
	&dev_attr_device.attr,
	&dev_attr_index.attr,
	&dev_attr_vrings.attr,
	&dev_attr_link.attr,
	&dev_attr_features.attr,
	&dev_attr_modalias.attr,
	NULL,
};
ATTRIBUTE_GROUPS(rvdev);

/* const where buses are. */
static typeof(platform_bus_type) rvdev_bus = {
	.name = "rvdev",
	.match = rvdev_match,
	.uevent = rvdev_uevent,
	.probe = rvdev_probe,
	.remove = rvdev_remove,
	.dev_groups = rvdev_groups,
};

/**
 * rvdev_register_driver() - add a driver to the rvdev bus
 * @driver:	the driver; its name and id_table are filled in
 * @owner:	its module
 *
 * Context: process; probe() and up() may be called before this returns.
 * Return: 0 or an errno of driver_register().
 */
int rvdev_register_driver(struct rvdev_driver *driver, struct module *owner)
{
	driver->driver.bus = &rvdev_bus;
	driver->driver.owner = owner;
	return driver_register(&driver->driver);
}
EXPORT_SYMBOL_GPL(rvdev_register_driver);

/**
 * rvdev_unregister_driver() - take a driver away
 * @driver:	the driver
 *
 * Context: process; its devices have gone through down() and remove() when this returns.
 */
void rvdev_unregister_driver(struct rvdev_driver *driver)
{
	driver_unregister(&driver->driver);
}
EXPORT_SYMBOL_GPL(rvdev_unregister_driver);

/**
 * rvdev_init() - make a device of zeroed memory, still unknown to the bus
 * @rvdev:	the device
 *
 * From here on it is reference counted: give it up with put_device(), which calls @rvdev->dev.release. rvdev_up(),
 * rvdev_down() and rvdev_notify() are allowed, and do nothing before a driver is bound.
 */
void rvdev_init(struct rvdev_device *rvdev)
{
	mutex_init(&rvdev->lock);
	rvdev->dev.bus = &rvdev_bus;
	device_initialize(&rvdev->dev);
}
EXPORT_SYMBOL_GPL(rvdev_init);

/**
 * rvdev_register() - show a device to the bus
 * @rvdev:	from rvdev_init(), with id, index, num_vrings, ops and a name
 *
 * Context: process. probe() of a driver may run before this returns.
 * Return: 0 or an errno of device_add(); the caller still holds its reference.
 */
int rvdev_register(struct rvdev_device *rvdev)
{
	return device_add(&rvdev->dev);
}
EXPORT_SYMBOL_GPL(rvdev_register);

/**
 * rvdev_unregister() - take a device off the bus and give it up
 * @rvdev:	the device
 *
 * Context: process, without locks that its driver's down() or remove() needs. The driver is gone when this returns.
 */
void rvdev_unregister(struct rvdev_device *rvdev)
{
	device_unregister(&rvdev->dev);
}
EXPORT_SYMBOL_GPL(rvdev_unregister);

/**
 * rvdev_up() - the main has made the rings of a device
 * @rvdev:	the device; @rvdev->ops->vring() and features() are valid from before this until after rvdev_down()
 *
 * Context: process, may sleep; not under a lock that the device's ops take.
 * Return: 0, also where no driver is bound: one that comes later finds the device up. Or an errno of the driver's up().
 */
int rvdev_up(struct rvdev_device *rvdev)
{
	int ret;

	mutex_lock(&rvdev->lock);
	rvdev->offered = true;
	ret = rvdev_start(rvdev);
	if (ret)
		rvdev->offered = false;
	mutex_unlock(&rvdev->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(rvdev_up);

/**
 * rvdev_down() - the rings of a device are not to be touched any more
 * @rvdev:	the device
 *
 * Context: process, may sleep; not under a lock that the device's ops take. The driver has let go of the rings, and
 * none of its notify() runs, when this returns.
 */
void rvdev_down(struct rvdev_device *rvdev)
{
	mutex_lock(&rvdev->lock);
	rvdev->offered = false;
	rvdev_stop(rvdev);
	mutex_unlock(&rvdev->lock);
}
EXPORT_SYMBOL_GPL(rvdev_down);

/**
 * rvdev_notify() - the main rang the doorbell of a vring
 * @rvdev:	the device
 * @index:	of the vring
 *
 * Context: any.
 */
void rvdev_notify(struct rvdev_device *rvdev, unsigned int index)
{
	if (index < rvdev->num_vrings)
		rvdev_ring(rvdev, index);
}
EXPORT_SYMBOL_GPL(rvdev_notify);

/**
 * rvdev_intact() - are the rings still those that the driver was given?
 * @rvdev:	the device
 *
 * Context: process. Does not wait for a driver that is just being bound, unbound, started or stopped.
 * Return: false if the main made them anew; true also where no driver is up.
 */
bool rvdev_intact(struct rvdev_device *rvdev)
{
	bool intact = true;

	if (!mutex_trylock(&rvdev->lock))
		return true;
	if (rvdev->up && rvdev->bound->intact)
		intact = rvdev->bound->intact(rvdev);
	mutex_unlock(&rvdev->lock);
	return intact;
}
EXPORT_SYMBOL_GPL(rvdev_intact);

int rvdev_bus_init(void)
{
	return bus_register(&rvdev_bus);
}

void rvdev_bus_exit(void)
{
	bus_unregister(&rvdev_bus);
}
