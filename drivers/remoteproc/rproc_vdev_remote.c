// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote end of rproc_vdev: a "virtio,rproc-remote" node is a link, its vdev@N subnodes are devices on the rvdev bus.
 */
#include <linux/module.h>
#include <linux/of.h>

#include "rproc_vdev_remote.h"

static int rproc_vdev_vring(struct rvdev_device *rvdev, unsigned int index, struct amp_vring_memory *out)
{
	if (index >= rvdev->num_vrings)
		return -EINVAL;
	*out = to_rproc_vdev_device(rvdev)->vring[index];
	return 0;
}

static const struct amp_region *rproc_vdev_regions(struct rvdev_device *rvdev, unsigned int *count)
{
	const struct amp_vdev_plan *plan = to_rproc_vdev_device(rvdev)->plan;

	*count = plan->num_regions;
	return plan->regions;
}

static u64 rproc_vdev_features(struct rvdev_device *rvdev)
{
	return to_rproc_vdev_device(rvdev)->features;
}

static int rproc_vdev_kick(struct rvdev_device *rvdev, unsigned int index)
{
	struct rproc_vdev_device *vdev = to_rproc_vdev_device(rvdev);
	struct rproc_vdev_doorbell *bell;

	if (index >= rvdev->num_vrings)
		return -EINVAL;
	if (!vdev->num_bells)
		bell = &vdev->remote->all;
	else
		bell = &vdev->bells[vdev->num_bells == 1 ? 0 : index];
	atomic_long_inc(&vdev->count.kicks_out);
	return rproc_vdev_doorbell_ring(bell);
}

static void rproc_vdev_fault(struct rvdev_device *rvdev)
{
	struct rproc_vdev_device *vdev = to_rproc_vdev_device(rvdev);

	atomic_set(&vdev->fault, 1);
	rproc_vdev_look_soon(vdev->remote);
}

static int rproc_vdev_get_config(struct rvdev_device *rvdev, unsigned int offset, void *to, unsigned int len)
{
	struct rproc_vdev_remote *remote = to_rproc_vdev_device(rvdev)->remote;
	int ret;

	mutex_lock(&remote->lock);
	ret = amp_vdevs_read_config(remote->vdevs, rvdev->index, offset, to, len);
	mutex_unlock(&remote->lock);
	return ret;
}

static int rproc_vdev_set_config(struct rvdev_device *rvdev, unsigned int offset, const void *from, unsigned int len)
{
	struct rproc_vdev_remote *remote = to_rproc_vdev_device(rvdev)->remote;
	int ret;

	mutex_lock(&remote->lock);
	ret = amp_vdevs_write_config(remote->vdevs, rvdev->index, offset, from, len);
	mutex_unlock(&remote->lock);
	return ret;
}

const struct rvdev_ops rproc_vdev_rvdev_ops = {
	.vring = rproc_vdev_vring,
	.regions = rproc_vdev_regions,
	.features = rproc_vdev_features,
	.kick = rproc_vdev_kick,
	.fault = rproc_vdev_fault,
	.get_config = rproc_vdev_get_config,
	.set_config = rproc_vdev_set_config,
};

static void rproc_vdev_remote_unregister(struct rproc_vdev_remote *remote)
{
	unsigned int i = remote->plan.vdevs;

	while (i--) {
		struct rproc_vdev_device *vdev = remote->vdev[i];

		if (!vdev->registered)
			continue;
		vdev->registered = false;
		device_init_wakeup(&vdev->rvdev.dev, false);
		/* Its doorbells outlive its driver. */
		get_device(&vdev->rvdev.dev);
		rvdev_unregister(&vdev->rvdev);
	}
}

static int rproc_vdev_remote_register(struct rproc_vdev_remote *remote)
{
	unsigned int i;
	int ret;

	for (i = 0; i < remote->plan.vdevs; i++) {
		struct rvdev_device *rvdev = &remote->vdev[i]->rvdev;

		ret = rvdev_register(rvdev);
		if (ret)
			return dev_err_probe(remote->dev, ret, "vdev@%u: cannot be registered\n", i);
		remote->vdev[i]->registered = true;
		device_init_wakeup(&rvdev->dev, of_property_read_bool(rvdev->dev.of_node, "wakeup-source"));
	}
	return 0;
}

static int rproc_vdev_remote_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct amp_vdev_complaint complaint;
	struct rproc_vdev_remote *remote;
	u32 interval = rproc_vdev_poll_ms();
	int ret;

	remote = devm_kzalloc(dev, sizeof(*remote), GFP_KERNEL);
	if (!remote)
		return -ENOMEM;
	remote->vdevs = devm_kzalloc(dev, amp_vdevs_size(), GFP_KERNEL);
	if (!remote->vdevs)
		return -ENOMEM;
	remote->dev = dev;
	ret = devm_mutex_init(dev, &remote->lock);
	if (ret)
		return ret;
	of_property_read_u32(dev->of_node, "virtio,poll-interval-ms", &interval);
	if (!interval || interval > 10000)
		return dev_err_probe(dev, -EINVAL, "%pOF: virtio,poll-interval-ms is %u, expected 1 to 10000\n",
				     dev->of_node, interval);
	remote->interval = msecs_to_jiffies(interval);
	rproc_vdev_look_init(remote);

	ret = rproc_vdev_remote_describe(remote);
	if (ret)
		goto err_forget;
	amp_vdevs_init(remote->vdevs, &remote->plan);
	if (amp_vdevs_check(remote->vdevs, &complaint)) {
		rproc_vdev_complain(remote, &complaint);
		ret = -EINVAL;
		goto err_forget;
	}
	ret = rproc_vdev_remote_doorbells(remote);
	if (ret)
		goto err_forget;
	ret = rproc_vdev_remote_register(remote);
	if (ret)
		goto err_unregister;
	platform_set_drvdata(pdev, remote);
	rproc_vdev_debugfs_add(remote);
	rproc_vdev_look_start(remote);
	return 0;

err_unregister:
	rproc_vdev_remote_unregister(remote);
err_forget:
	rproc_vdev_remote_forget(remote);
	return ret;
}

static void rproc_vdev_remote_remove(struct platform_device *pdev)
{
	struct rproc_vdev_remote *remote = platform_get_drvdata(pdev);

	/* While the link is up: its drivers tell the main what ends, and give every buffer back. */
	rproc_vdev_remote_unregister(remote);
	rproc_vdev_look_stop(remote);
	rproc_vdev_debugfs_remove(remote);
	rproc_vdev_remote_forget(remote);
}

static void rproc_vdev_remote_shutdown(struct platform_device *pdev)
{
	rproc_vdev_look_stop(platform_get_drvdata(pdev));
}

/* Whatever the main did meanwhile: we learn of it before anybody who was frozen goes on with the rings. */
static int rproc_vdev_remote_resume(struct device *dev)
{
	struct rproc_vdev_remote *remote = dev_get_drvdata(dev);

	rproc_vdev_look_soon(remote);
	flush_delayed_work(&remote->look);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(rproc_vdev_remote_pm_ops, NULL, rproc_vdev_remote_resume);

static const struct of_device_id rproc_vdev_remote_match[] = {
	{ .compatible = "virtio,rproc-remote" },
	{ }
};
MODULE_DEVICE_TABLE(of, rproc_vdev_remote_match);

struct platform_driver rproc_vdev_remote_driver = {
	.probe = rproc_vdev_remote_probe,
	.remove_void = rproc_vdev_remote_remove,
	.shutdown = rproc_vdev_remote_shutdown,
	.driver = {
		.name = "rproc_vdev_remote",
		.of_match_table = rproc_vdev_remote_match,
		.pm = pm_sleep_ptr(&rproc_vdev_remote_pm_ops),
	},
};
