// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>

/* Does a driver override belong to the device? */
int (*probe)(struct device *dev, const char *driver) = device_set_driver_override;
