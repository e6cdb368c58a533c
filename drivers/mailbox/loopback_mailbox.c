// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox controller without hardware: channels 2k and 2k + 1 are the two ends of one wire. Tests connect both ends
 * of a link inside one kernel with it.
 *
 * It behaves as a doorbell does (ivshmem_mailbox.c says how): no data, no acknowledge, rings that the other end has
 * not yet noticed are one ring, a ring that finds no client waits for the next one. Reception is in hard interrupt
 * context.
 */
#include <linux/irq_work.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#define LOOPBACK_CHANNELS_MAX 256

static unsigned int drop_every;
module_param(drop_every, uint, 0644);
MODULE_PARM_DESC(drop_every, "lose every n-th ring of a channel (0: none)");

struct loopback_channel {
	struct irq_work ring; /* towards the client of this channel */
	struct mbox_chan *chan;
	atomic_t sent;
	atomic_t waiting; /* a ring for which there was no client yet */
	bool started;
};

struct loopback_mailbox {
	struct mbox_controller controller;
	struct loopback_channel *channels;
};

static void loopback_deliver(struct irq_work *work)
{
	struct loopback_channel *channel = container_of(work, struct loopback_channel, ring);

	atomic_set(&channel->waiting, 1);
	smp_mb(); /* pairs with loopback_startup(): one of the two sees the other's word */
	if (READ_ONCE(channel->started) && atomic_xchg(&channel->waiting, 0))
		mbox_chan_received_data(channel->chan, NULL);
}

static int loopback_send_data(struct mbox_chan *chan, void *message)
{
	struct loopback_mailbox *mailbox = container_of(chan->mbox, struct loopback_mailbox, controller);
	struct loopback_channel *channel = chan->con_priv;
	unsigned int lose = READ_ONCE(drop_every);
	unsigned int nth = atomic_inc_return(&channel->sent);

	if (!lose || nth % lose)
		irq_work_queue(&mailbox->channels[(channel - mailbox->channels) ^ 1].ring);
	return 0;
}

static bool loopback_last_tx_done(struct mbox_chan *chan)
{
	return true;
}

static int loopback_startup(struct mbox_chan *chan)
{
	struct loopback_channel *channel = chan->con_priv;

	WRITE_ONCE(channel->started, true);
	smp_mb(); /* pairs with loopback_deliver() */
	if (atomic_read(&channel->waiting))
		irq_work_queue(&channel->ring);
	return 0;
}

static void loopback_shutdown(struct mbox_chan *chan)
{
	struct loopback_channel *channel = chan->con_priv;

	WRITE_ONCE(channel->started, false);
	irq_work_sync(&channel->ring);
}

static const struct mbox_chan_ops loopback_ops = {
	.send_data = loopback_send_data,
	.last_tx_done = loopback_last_tx_done,
	.startup = loopback_startup,
	.shutdown = loopback_shutdown,
};

static int loopback_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct loopback_mailbox *mailbox;
	struct mbox_controller *controller;
	u32 count;
	int i;

	if (of_property_read_u32(dev->of_node, "linux-remote,channels", &count) || !count || count % 2 ||
	    count > LOOPBACK_CHANNELS_MAX)
		return dev_err_probe(dev, -EINVAL, "linux-remote,channels has to be an even number from 2 to %d\n",
				     LOOPBACK_CHANNELS_MAX);

	mailbox = devm_kzalloc(dev, sizeof(*mailbox), GFP_KERNEL);
	if (!mailbox)
		return -ENOMEM;
	controller = &mailbox->controller;
	controller->chans = devm_kcalloc(dev, count, sizeof(*controller->chans), GFP_KERNEL);
	mailbox->channels = devm_kcalloc(dev, count, sizeof(*mailbox->channels), GFP_KERNEL);
	if (!controller->chans || !mailbox->channels)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		mailbox->channels[i].ring = IRQ_WORK_INIT_HARD(loopback_deliver);
		mailbox->channels[i].chan = &controller->chans[i];
		controller->chans[i].con_priv = &mailbox->channels[i];
	}
	controller->dev = dev;
	controller->ops = &loopback_ops;
	controller->num_chans = count;
	controller->txdone_poll = true;
	controller->txpoll_period = 1;
	return devm_mbox_controller_register(dev, controller);
}

static const struct of_device_id loopback_match[] = {
	{ .compatible = "linux-remote,loopback-mailbox" },
	{}
};
MODULE_DEVICE_TABLE(of, loopback_match);

static struct platform_driver loopback_driver = {
	.driver = {
		.name = "loopback_mailbox",
		.of_match_table = loopback_match,
	},
	.probe = loopback_probe,
};
module_platform_driver(loopback_driver);

MODULE_DESCRIPTION("Mailbox whose channels are connected in pairs, for tests");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
