/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_PLATFORM_DEVICE_H
#define COMPAT_LINUX_PLATFORM_DEVICE_H

#include_next <linux/platform_device.h>

/* The member of struct platform_driver whose function returns nothing. */
#ifdef AMP_HAVE_PLATFORM_REMOVE_VOID
#define remove_void remove
#else
#define remove_void remove_new
#endif

#endif
