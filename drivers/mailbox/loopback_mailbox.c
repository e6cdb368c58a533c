// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox controller without hardware: channels 2k and 2k + 1 are the two ends of one wire. Tests connect both ends
 * of a link inside one kernel with it.
 *
 * It behaves as a doorbell does (ivshmem_mailbox.c says how): no data, no acknowledge, rings that the other end has
 * not yet noticed are one ring, a ring that finds no client waits for the next one. Reception is in hard interrupt
 * context. With "linux-remote,acknowledged" it is one that knows by interrupt when the other end has noticed.
 */
#include <linux/irq_work.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#define LOOPBACK_CHANNELS_MAX 256

static unsigned int drop_every;
module_param(drop_every, uint, 0644);
MODULE_PARM_DESC(drop_every, "lose every n-th ring of a channel (0: none)");

static bool stuck;
module_param(stuck, bool, 0644);
MODULE_PARM_DESC(stuck, "take no ring, or where rings are acknowledged, let none arrive");

#define LOOPBACK_STUCK_LOOK_MS 50

struct loopback_channel {
	struct irq_work ring; /* towards the client of this channel */
	struct mbox_chan *chan;
	atomic_t sent;
	struct delayed_work later; /* of this channel, which is stuck */
	atomic_t waiting; /* a ring for which there was no client yet */
	atomic_t unanswered; /* by this channel: to be acknowledged */
	bool started;
};

struct loopback_mailbox {
	struct mbox_controller controller;
	struct loopback_channel *channels;
};

static struct loopback_channel *loopback_peer(struct loopback_channel *channel)
{
	struct loopback_mailbox *mailbox = container_of(channel->chan->mbox, struct loopback_mailbox, controller);

	return &mailbox->channels[(channel - mailbox->channels) ^ 1];
}

static void loopback_deliver(struct irq_work *work)
{
	struct loopback_channel *channel = container_of(work, struct loopback_channel, ring);
	struct loopback_channel *sender = loopback_peer(channel);

	if (READ_ONCE(sender->started) && atomic_xchg(&sender->unanswered, 0))
		mbox_chan_txdone(sender->chan, 0);
	atomic_set(&channel->waiting, 1);
	smp_mb(); /* pairs with loopback_startup(): one of the two sees the other's word */
	if (READ_ONCE(channel->started) && atomic_xchg(&channel->waiting, 0))
		mbox_chan_received_data(channel->chan, NULL);
}

/* Somebody lets go at last. */
static void loopback_send_later(struct work_struct *work)
{
	struct loopback_channel *channel = container_of(to_delayed_work(work), struct loopback_channel, later);

	if (READ_ONCE(stuck))
		schedule_delayed_work(&channel->later, msecs_to_jiffies(LOOPBACK_STUCK_LOOK_MS));
	else
		irq_work_queue(&loopback_peer(channel)->ring);
}

static int loopback_send_data(struct mbox_chan *chan, void *message)
{
	struct loopback_channel *channel = chan->con_priv;
	unsigned int lose = READ_ONCE(drop_every);
	unsigned int nth = atomic_inc_return(&channel->sent);

	if (chan->mbox->txdone_irq)
		atomic_set(&channel->unanswered, 1);
	if (READ_ONCE(stuck)) {
		if (!chan->mbox->txdone_irq)
			return -EBUSY;
		schedule_delayed_work(&channel->later, msecs_to_jiffies(LOOPBACK_STUCK_LOOK_MS));
	} else if (!lose || nth % lose) {
		irq_work_queue(&loopback_peer(channel)->ring);
	}
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
	atomic_set(&channel->unanswered, 0);
	cancel_delayed_work_sync(&channel->later);
	irq_work_sync(&channel->ring);
	irq_work_sync(&loopback_peer(channel)->ring);
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
		INIT_DELAYED_WORK(&mailbox->channels[i].later, loopback_send_later);
		mailbox->channels[i].chan = &controller->chans[i];
		controller->chans[i].con_priv = &mailbox->channels[i];
	}
	controller->dev = dev;
	controller->ops = &loopback_ops;
	controller->num_chans = count;
	controller->txdone_irq = of_property_read_bool(dev->of_node, "linux-remote,acknowledged");
	controller->txdone_poll = !controller->txdone_irq;
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
