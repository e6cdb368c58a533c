/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_DEVICE_H
#define COMPAT_LINUX_DEVICE_H

#include_next <linux/device.h>

/* What a bus promises not to write, in one release or the other: the driver in match(), the device in uevent(). */
#ifdef AMP_HAVE_BUS_MATCH_CONST
typedef const struct device_driver amp_match_driver;
#else
typedef struct device_driver amp_match_driver;
#endif

#ifdef AMP_HAVE_BUS_UEVENT_CONST
typedef const struct device amp_uevent_device;
#else
typedef struct device amp_uevent_device;
#endif

/* device_is_bound() is declared everywhere and exported lately. */
static inline bool amp_device_is_bound(struct device *dev)
{
	const enum dl_dev_state state = READ_ONCE(dev->links.status);

	return state == DL_DEV_DRIVER_BOUND || state == DL_DEV_UNBINDING;
}

#endif
