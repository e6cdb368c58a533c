// SPDX-License-Identifier: GPL-2.0-only
/*
 * A first service on a remote Linux: whatever comes goes back to its sender. It also answers the kernel's
 * rpmsg_client_sample, which talks to a service named rpmsg-client-sample.
 */
#include <linux/module.h>
#include <linux/rpmsg.h>

struct rpmsg_echo {
	u64 messages;
};

static int rpmsg_echo_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct rpmsg_echo *echo = dev_get_drvdata(&rpdev->dev);
	int err;

	/* Waits for a buffer where there is none: the bus keeps moving meanwhile. */
	err = rpmsg_sendto(rpdev->ept, data, len, src);
	if (err)
		dev_warn_ratelimited(&rpdev->dev, "no echo of %d bytes to 0x%x: %d\n", len, src, err);
	else if (echo) /* mainline's bus delivers before probe() has ended */
		echo->messages++;
	return err;
}

static int rpmsg_echo_probe(struct rpmsg_device *rpdev)
{
	struct rpmsg_echo *echo;

	echo = devm_kzalloc(&rpdev->dev, sizeof(*echo), GFP_KERNEL);
	if (!echo)
		return -ENOMEM;
	dev_set_drvdata(&rpdev->dev, echo);
	dev_info(&rpdev->dev, "echo service at address 0x%x\n", rpdev->src);
	return 0;
}

static void rpmsg_echo_remove(struct rpmsg_device *rpdev)
{
	struct rpmsg_echo *echo = dev_get_drvdata(&rpdev->dev);

	dev_info(&rpdev->dev, "%llu messages echoed\n", echo->messages);
}

static const struct rpmsg_device_id rpmsg_echo_ids[] = {
	{ .name = "rpmsg-client-sample" },
	{ .name = "rpmsg-echo" },
	{ }
};

/* Not a device table: the sample's own name is to load the sample, this end of it is loaded by hand. */
MODULE_ALIAS("rpmsg:rpmsg-echo");

static struct rpmsg_driver rpmsg_echo_driver = {
	.drv.name = "rpmsg_echo",
	.id_table = rpmsg_echo_ids,
	.probe = rpmsg_echo_probe,
	.remove = rpmsg_echo_remove,
	.callback = rpmsg_echo_callback,
};
module_rpmsg_driver(rpmsg_echo_driver);

MODULE_DESCRIPTION("rpmsg service that sends everything back");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
