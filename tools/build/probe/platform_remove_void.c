// SPDX-License-Identifier: GPL-2.0-only
#include <linux/platform_device.h>

/* Does remove() return nothing? */
static void probe_remove(struct platform_device *pdev)
{
}

struct platform_driver probe = { .remove = probe_remove };
