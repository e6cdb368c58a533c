// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device behind the main's virtio_console: ports that say back what is written to them. With MULTIPORT there are as
 * many as the vrings make, announced by control messages; without it there is one.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rvdev.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <uapi/amp/virtio_console.h>
#include <uapi/amp/virtio_ring.h>

#include "rvdev_console_ports.h"

#define RVDEV_CONSOLE_FEATURES	(BIT_ULL(AMP_VIRTIO_CONSOLE_F_MULTIPORT) | BIT_ULL(AMP_VIRTIO_RING_F_EVENT_IDX))

/**
 * struct rvdev_console - one console device
 * @rvdev:	the vdev below it
 * @work:	looks at all rings; Linux's driver waits for some of its answers without sleeping
 * @lock:	one caller of @ports at a time
 * @ports:	the rings and what is held of them, between up() and down()
 */
struct rvdev_console {
	struct rvdev_device *rvdev;
	struct work_struct work;
	struct mutex lock; /* of ports */
	struct amp_console_ports *ports;
};

static void rvdev_console_work(struct work_struct *work)
{
	struct rvdev_console *console = container_of(work, struct rvdev_console, work);
	struct rvdev_device *rvdev = console->rvdev;
	struct amp_console_news news;
	unsigned int i;

	scoped_guard(mutex, &console->lock)
		amp_console_ports_work(console->ports, &news);
	for (i = 0; i < rvdev->num_vrings; i++)
		if (news.kick & BIT(i))
			rvdev->ops->kick(rvdev, i);
	if (news.err)
		amp_rvdev_complain(rvdev, &news.complaint);
	if (news.err == -EPROTO)
		rvdev->ops->fault(rvdev);
	else if (news.again)
		queue_work(system_highpri_wq, work);
}

static void rvdev_console_notify(struct rvdev_device *rvdev, unsigned int index)
{
	struct rvdev_console *console = rvdev_get_drvdata(rvdev);

	queue_work(system_highpri_wq, &console->work);
}

/* What the main reads in the config space is what devicetree says there: it has to fit the vrings. */
static int rvdev_console_check(struct rvdev_device *rvdev, u64 features)
{
	const unsigned int ports = amp_console_ports_count(rvdev->num_vrings, features);
	struct amp_virtio_console_config config;
	int err;

	if (features & ~RVDEV_CONSOLE_FEATURES) {
		dev_err(&rvdev->dev, "main chose features 0x%llx, expected none but 0x%llx\n", features,
			RVDEV_CONSOLE_FEATURES);
		return -EOPNOTSUPP;
	}
	if (!ports) {
		dev_err(&rvdev->dev, "%u vrings, expected 2, or with MULTIPORT 2 more than twice the ports, up to %d\n",
			rvdev->num_vrings, AMP_RVDEV_RINGS_MAX);
		return -EINVAL;
	}
	if (!(features & BIT_ULL(AMP_VIRTIO_CONSOLE_F_MULTIPORT)))
		return 0;
	err = rvdev->ops->get_config(rvdev, 0, &config, sizeof(config));
	if (err) {
		dev_err(&rvdev->dev, "no %zu bytes of config space: virtio,config has to say max_nr_ports\n",
			sizeof(config));
		return err;
	}
	if (config.max_nr_ports != ports) {
		dev_err(&rvdev->dev, "max_nr_ports in the config space is %u, expected %u for %u vrings\n",
			config.max_nr_ports, ports, rvdev->num_vrings);
		return -EINVAL;
	}
	return 0;
}

static int rvdev_console_up(struct rvdev_device *rvdev)
{
	struct rvdev_console *console = rvdev_get_drvdata(rvdev);
	const u64 features = rvdev->ops->features(rvdev);
	struct amp_rvdev_complaint complaint;
	struct amp_rvdev_rings *rings;
	int err;

	err = rvdev_console_check(rvdev, features);
	if (err)
		return err;
	rings = kzalloc(sizeof(*rings), GFP_KERNEL);
	if (!rings)
		return -ENOMEM;
	err = amp_rvdev_rings_get(rvdev, rings);
	if (!err) {
		err = amp_console_ports_start(console->ports, rings, &complaint);
		if (err)
			amp_rvdev_complain(rvdev, &complaint);
	}
	kfree(rings);
	if (err)
		return err;
	dev_info(&rvdev->dev, "connected to the main's virtio_console, ports: %u\n",
		 amp_console_ports_count(rvdev->num_vrings, features));
	return 0;
}

static void rvdev_console_down(struct rvdev_device *rvdev)
{
	struct rvdev_console *console = rvdev_get_drvdata(rvdev);

	cancel_work_sync(&console->work);
	dev_info(&rvdev->dev, "disconnected\n");
}

static bool rvdev_console_intact(struct rvdev_device *rvdev)
{
	struct rvdev_console *console = rvdev_get_drvdata(rvdev);

	guard(mutex)(&console->lock);
	return amp_console_ports_intact(console->ports);
}

static int rvdev_console_probe(struct rvdev_device *rvdev)
{
	struct rvdev_console *console = kzalloc(sizeof(*console), GFP_KERNEL);

	if (!console)
		return -ENOMEM;
	console->ports = kvzalloc(amp_console_ports_size(), GFP_KERNEL);
	if (!console->ports) {
		kfree(console);
		return -ENOMEM;
	}
	console->rvdev = rvdev;
	mutex_init(&console->lock);
	INIT_WORK(&console->work, rvdev_console_work);
	rvdev_set_drvdata(rvdev, console);
	return 0;
}

static void rvdev_console_remove(struct rvdev_device *rvdev)
{
	struct rvdev_console *console = rvdev_get_drvdata(rvdev);

	mutex_destroy(&console->lock);
	kvfree(console->ports);
	kfree(console);
}

static const struct rvdev_id rvdev_console_ids[] = {
	{ AMP_VIRTIO_ID_CONSOLE },
	{ }
};

static struct rvdev_driver rvdev_console_driver = {
	.driver.name = "rvdev_console",
	.id_table = rvdev_console_ids,
	.probe = rvdev_console_probe,
	.remove = rvdev_console_remove,
	.up = rvdev_console_up,
	.down = rvdev_console_down,
	.notify = rvdev_console_notify,
	.intact = rvdev_console_intact,
};
module_rvdev_driver(rvdev_console_driver);

MODULE_DESCRIPTION("The device behind a main processor's virtio_console: ports that echo");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
MODULE_ALIAS(RVDEV_ALIAS(3));
