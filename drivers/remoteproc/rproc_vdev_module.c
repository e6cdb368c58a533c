// SPDX-License-Identifier: GPL-2.0-only
/*
 * rproc_vdev: the virtio devices of a remoteproc link, described by vdev@N nodes that are the same on both processors.
 * The node above them says which end this Linux is: "virtio,rproc-remote" the remote end, a remoteproc the main end.
 */
#include <linux/module.h>
#include <linux/platform_device.h>

#include "rproc_vdev_main_init.h"
#include "rproc_vdev_remote.h"
#include "rvdev_bus.h"

static unsigned int poll_ms = 100;
module_param(poll_ms, uint, 0644);
MODULE_PARM_DESC(poll_ms, "how often status and vrings are looked at without a doorbell, where devicetree does not say (1 to 10000 ms)");

/* See the module's parameter. */
unsigned int rproc_vdev_poll_ms(void)
{
	return clamp(poll_ms, 1, 10000);
}

static int __init rproc_vdev_init(void)
{
	int ret;

	ret = rvdev_bus_init();
	if (ret)
		return ret;
	rproc_vdev_debugfs_init();
	ret = platform_driver_register(&rproc_vdev_remote_driver);
	if (ret)
		goto err_bus;
	ret = rproc_vdev_main_init();
	if (ret)
		goto err_remote;
	return 0;

err_remote:
	platform_driver_unregister(&rproc_vdev_remote_driver);
err_bus:
	rproc_vdev_debugfs_exit();
	rvdev_bus_exit();
	return ret;
}

static void __exit rproc_vdev_exit(void)
{
	rproc_vdev_main_exit();
	platform_driver_unregister(&rproc_vdev_remote_driver);
	rproc_vdev_debugfs_exit();
	rvdev_bus_exit();
	/* Links that firmware devlink made hold our devices, whose release is code of ours, until a worker lets go. */
	device_link_wait_removal();
}

/* Early, so that drivers of the bus may be built in too. */
subsys_initcall(rproc_vdev_init);
module_exit(rproc_vdev_exit);

MODULE_DESCRIPTION("Virtio devices of a remoteproc link, described in devicetree");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
