// SPDX-License-Identifier: GPL-2.0-only
/*
 * A remoteproc driver for a processor that shares memory and doorbells with us and that somebody else started, or will
 * start, or that waits for us to load and start it (shm_rproc_boot.c): the main end of a link.
 *
 * Mainline's own rproc-virtio and virtio_rpmsg_bus run on it. They work on a private copy of the remote's resource
 * table (shm_rproc_mirror.hpp); rings and buffers they read and write in shared memory as they always do, so a remote
 * that lies there is stopped by their checks and not by ours.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "shm_rproc.h"

static void destroy_workers(void *data)
{
	destroy_workqueue(data);
}

static void free_bells(void *data)
{
	shm_rproc_free_bells(data);
}

static void close_down(void *data)
{
	struct shm_rproc *shm = data;

	WRITE_ONCE(shm->closing, true);
	mod_delayed_work(shm->workers, &shm->look, 0);
	flush_delayed_work(&shm->look);
}

static void add_counters(struct shm_rproc *shm)
{
	struct dentry *dir = shm->rproc->dbg_dir;

	if (!dir)
		return;
	debugfs_create_atomic_t("doorbells_received", 0444, dir, &shm->rings_in);
	debugfs_create_atomic_t("doorbells_sent", 0444, dir, &shm->rings_out);
	debugfs_create_atomic_t("remote_restarts", 0444, dir, &shm->restarts);
	debugfs_create_atomic_t("tables_refused", 0444, dir, &shm->tables_refused);
}

/* Mainline's rproc_add() gives up a reference that is not its own where device_add() fails; not where others do. */
static int add_rproc(struct device *dev, struct rproc *rproc)
{
	struct kref *refs = &get_device(&rproc->dev)->kobj.kref;
	const unsigned int before = kref_read(refs);
	int ret = devm_rproc_add(dev, rproc);

	if (!ret || kref_read(refs) == before)
		put_device(&rproc->dev);
	return ret;
}

static int shm_rproc_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	bool bootable = of_property_match_string(dev->of_node, "memory-region-names", SHM_RPROC_CONTROL) >= 0;
	const char *firmware = NULL;
	struct shm_rproc *shm;
	struct rproc *rproc;
	int ret;

	of_property_read_string(dev->of_node, "firmware-name", &firmware);
	if (firmware && !bootable)
		return dev_err_probe(dev, -EINVAL, "firmware-name, but memory-region-names lacks \"" SHM_RPROC_CONTROL "\"\n");
	rproc = devm_rproc_alloc(dev, dev_name(dev), bootable ? &shm_rproc_boot_ops : &shm_rproc_ops, firmware,
				 sizeof(*shm));
	if (!rproc)
		return -ENOMEM;
	shm = rproc->priv;
	shm->bootable = bootable;
	shm->dev = dev;
	shm->rproc = rproc;
	platform_set_drvdata(pdev, shm);
	ret = shm_rproc_init_life(shm);
	if (ret)
		return ret;
	/* Descriptors have 64 bits; vdevs inherit this. */
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (ret)
		return dev_err_probe(dev, ret, "no DMA mask of 64 bits\n");

	ret = shm_rproc_read_regions(shm);
	if (ret)
		return ret;

	/* Frozen while the system is suspended: drivers above us are, too. */
	shm->workers = alloc_workqueue("%s", WQ_HIGHPRI | WQ_PERCPU | WQ_FREEZABLE, 0, dev_name(dev));
	if (!shm->workers)
		return -ENOMEM;
	ret = devm_add_action_or_reset(dev, destroy_workers, shm->workers);
	if (ret)
		return ret;

	ret = shm_rproc_request_bells(shm);
	if (ret) {
		shm_rproc_free_bells(shm);
		return ret;
	}
	ret = devm_add_action_or_reset(dev, free_bells, shm);
	if (ret)
		return ret;

	ret = shm_rproc_init_table(shm);
	if (ret)
		return ret;

	/* Our worker attaches or boots, when there is somebody to do it with. */
	rproc->auto_boot = false;
	if (bootable) {
		ret = shm_rproc_init_boot(shm);
		if (ret)
			return ret;
	} else {
		rproc->state = RPROC_DETACHED;
		set_bit(RPROC_FEAT_ATTACH_ON_RECOVERY, rproc->features);
	}
	ret = add_rproc(dev, rproc);
	if (ret)
		return dev_err_probe(dev, ret, "cannot register with remoteproc\n");
	add_counters(shm);

	WRITE_ONCE(shm->ready, true);
	ret = devm_add_action_or_reset(dev, close_down, shm);
	if (ret)
		return ret;
	shm_rproc_look_soon(shm);
	return 0;
}

/* The remote must be off our rings before this kernel ends; what else is attached ends with it. */
static void shm_rproc_shutdown(struct platform_device *pdev)
{
	struct shm_rproc *shm = platform_get_drvdata(pdev);

	WRITE_ONCE(shm->closing, true);
	cancel_delayed_work_sync(&shm->look);
	shm_rproc_withdraw(shm);
	if (shm->boot)
		shm_rproc_end_boot(shm);
}

static const struct of_device_id shm_rproc_match[] = {
	{ .compatible = "linux-remote,shm-rproc" },
	{}
};
MODULE_DEVICE_TABLE(of, shm_rproc_match);

static struct platform_driver shm_rproc_driver = {
	.driver = {
		.name = "shm_rproc",
		.of_match_table = shm_rproc_match,
	},
	.probe = shm_rproc_probe,
	.shutdown = shm_rproc_shutdown,
};

static int __init shm_rproc_init(void)
{
	int ret = shm_rproc_vdevs_init();

	if (ret)
		return ret;
	ret = platform_driver_register(&shm_rproc_driver);
	if (ret)
		shm_rproc_vdevs_exit();
	return ret;
}
module_init(shm_rproc_init);

static void __exit shm_rproc_exit(void)
{
	platform_driver_unregister(&shm_rproc_driver);
	shm_rproc_vdevs_exit();
}
module_exit(shm_rproc_exit);

MODULE_DESCRIPTION("Remote processor that shares memory and doorbells with us");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
/* What it attaches to may have vdev subnodes, which are to be ours before it does. */
MODULE_SOFTDEP("pre: rproc_vdev");
