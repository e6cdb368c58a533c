// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox controller that hands everything on to other mailboxes, and notes when. It stands between a link and its
 * doorbells, so that neither the link nor the doorbell's driver knows that it is measured.
 */
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/mailbox_client.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/spinlock.h>

#include "virtio_bench.h"

struct virtio_bench_stamps virtio_bench_stamps[VIRTIO_BENCH_WIRES_MAX];

/**
 * struct stamped_wire - a channel and the one that it stands for
 * @client:	of @below
 * @below:	where rings go to and come from
 * @above:	the channel; NULL while it has no client
 * @lock:	guards @above
 * @stamps:	when
 */
struct stamped_wire {
	struct mbox_client client;
	struct mbox_chan *below;
	struct mbox_chan *above;
	spinlock_t lock;
	struct virtio_bench_stamps *stamps;
};

static struct lock_class_key stamped_lock;

static int stamped_send(struct mbox_chan *chan, void *message)
{
	struct stamped_wire *wire = chan->con_priv;
	int ret;

	wire->stamps->rang = ktime_get_ns();
	ret = mbox_send_message(wire->below, message);
	if (ret < 0)
		return ret;
	mbox_client_txdone(wire->below, 0);
	return 0;
}

static bool stamped_sent(struct mbox_chan *chan)
{
	return true;
}

/* One that finds no client is lost: who opens a vring looks into it. */
static void stamped_rung(struct mbox_client *client, void *message)
{
	struct stamped_wire *wire = container_of(client, struct stamped_wire, client);
	unsigned long flags;

	spin_lock_irqsave(&wire->lock, flags);
	if (wire->above) {
		wire->stamps->rung = ktime_get_ns();
		mbox_chan_received_data(wire->above, message);
	}
	spin_unlock_irqrestore(&wire->lock, flags);
}

static void stamped_connect(struct stamped_wire *wire, struct mbox_chan *above)
{
	unsigned long flags;

	spin_lock_irqsave(&wire->lock, flags);
	wire->above = above;
	spin_unlock_irqrestore(&wire->lock, flags);
}

static int stamped_startup(struct mbox_chan *chan)
{
	stamped_connect(chan->con_priv, chan);
	return 0;
}

static void stamped_shutdown(struct mbox_chan *chan)
{
	stamped_connect(chan->con_priv, NULL);
}

static const struct mbox_chan_ops stamped_ops = {
	.send_data = stamped_send,
	.last_tx_done = stamped_sent,
	.startup = stamped_startup,
	.shutdown = stamped_shutdown,
};

static void stamped_free(void *chan)
{
	mbox_free_channel(chan);
}

static int stamped_wire_init(struct stamped_wire *wire, struct device *dev, unsigned int i)
{
	spin_lock_init(&wire->lock);
	wire->stamps = &virtio_bench_stamps[i];
	wire->client.dev = dev;
	wire->client.knows_txdone = true;
	wire->client.rx_callback = stamped_rung;
	wire->below = mbox_request_channel(&wire->client, i);
	if (IS_ERR(wire->below))
		return dev_err_probe(dev, PTR_ERR(wire->below), "mboxes entry %u cannot be had\n", i);
	return devm_add_action_or_reset(dev, stamped_free, wire->below);
}

static int virtio_bench_mailbox_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	int i, ret, count = of_count_phandle_with_args(dev->of_node, "mboxes", "#mbox-cells");
	struct mbox_controller *controller;
	struct stamped_wire *wires;

	if (count < 1 || count > VIRTIO_BENCH_WIRES_MAX)
		return dev_err_probe(dev, -EINVAL, "mboxes has to have 1 to %d entries\n", VIRTIO_BENCH_WIRES_MAX);
	controller = devm_kzalloc(dev, sizeof(*controller), GFP_KERNEL);
	wires = devm_kcalloc(dev, count, sizeof(*wires), GFP_KERNEL);
	if (!controller || !wires)
		return -ENOMEM;
	controller->chans = devm_kcalloc(dev, count, sizeof(*controller->chans), GFP_KERNEL);
	if (!controller->chans)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		ret = stamped_wire_init(&wires[i], dev, i);
		if (ret)
			return ret;
		controller->chans[i].con_priv = &wires[i];
	}
	controller->dev = dev;
	controller->ops = &stamped_ops;
	controller->num_chans = count;
	controller->txdone_poll = true;
	controller->txpoll_period = 1;
	ret = devm_mbox_controller_register(dev, controller);
	if (ret)
		return ret;
	/* Held while a channel below is locked, which every controller's has the class of. */
	for (i = 0; i < count; i++)
		lockdep_set_class(&controller->chans[i].lock, &stamped_lock);
	return 0;
}

static const struct of_device_id virtio_bench_mailbox_match[] = {
	{ .compatible = "linux-remote,mailbox-stamps" },
	{ }
};
MODULE_DEVICE_TABLE(of, virtio_bench_mailbox_match);

struct platform_driver virtio_bench_mailbox_driver = {
	.driver = {
		.name = "virtio_bench_mailbox",
		.of_match_table = virtio_bench_mailbox_match,
		.suppress_bind_attrs = true,
	},
	.probe = virtio_bench_mailbox_probe,
};
