// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's ivshmem-doorbell (PCI 1af4:1110) as a mailbox controller: channel n rings MSI-X vector n at the peer, and the
 * peer's ring of vector n arrives on channel n.
 *
 * A doorbell carries no data and nobody acknowledges it: rings that the peer has not yet noticed are one ring. What it
 * is about stands in shared memory. That makes a transmission complete the moment it is made, and this is how the
 * mailbox core is told:
 *
 *   - The controller polls for completion and says yes at once, so every client works, also one that blocks.
 *   - A client that rings often sets mbox_client.knows_txdone and calls mbox_client_txdone() right after
 *     mbox_send_message(), both under one lock of its own. Then there is no timer, nothing waits in the core's queue
 *     of 20 messages, and callers on several processors cannot fill it.
 *
 * Sending never fails and never waits: where there is no peer (yet) the ring is lost, as it is on a wire. A ring that
 * arrives while its channel has no client is kept by the device's pending bit and delivered to the next one.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/slab.h>

#define IVSHMEM_VENDOR 0x1af4
#define IVSHMEM_DEVICE 0x1110

/* registers in BAR 0 */
#define IVSHMEM_IV_POSITION 8 /* who we are; negative until the server has told */
#define IVSHMEM_DOORBELL 12 /* peer << 16 | vector */

#define IVSHMEM_PEER_MAX 0xffff

struct ivshmem_channel {
	struct ivshmem_mailbox *mailbox;
	char *name;
	unsigned int vector;
	int irq;
	bool requested;
};

struct ivshmem_mailbox {
	struct mbox_controller controller;
	struct pci_dev *pdev;
	void __iomem *registers;
	u32 peer;
	bool peer_from_dt;
	unsigned int count;
	struct ivshmem_channel *channels;
};

/* The other one of two, unless DT says who. */
static bool ivshmem_peer(struct ivshmem_mailbox *mailbox, u32 *peer)
{
	s32 position;

	if (mailbox->peer_from_dt) {
		*peer = mailbox->peer;
		return true;
	}
	position = readl(mailbox->registers + IVSHMEM_IV_POSITION);
	if (position < 0)
		return false;
	*peer = position ^ 1;
	return true;
}

static int ivshmem_send_data(struct mbox_chan *chan, void *message)
{
	struct ivshmem_channel *channel = chan->con_priv;
	struct ivshmem_mailbox *mailbox = channel->mailbox;
	u32 peer;

	if (ivshmem_peer(mailbox, &peer))
		writel(peer << 16 | channel->vector, mailbox->registers + IVSHMEM_DOORBELL);
	else
		dev_warn_ratelimited(&mailbox->pdev->dev, "channel %u: no id from the doorbell server yet, ring lost\n",
				     channel->vector);
	return 0;
}

static bool ivshmem_last_tx_done(struct mbox_chan *chan)
{
	return true;
}

static irqreturn_t ivshmem_interrupt(int irq, void *data)
{
	mbox_chan_received_data(data, NULL);
	return IRQ_HANDLED;
}

static int ivshmem_startup(struct mbox_chan *chan)
{
	struct ivshmem_channel *channel = chan->con_priv;
	int ret;

	/* Also while the system is suspended: what a ring is worth its client knows, who may wake the system. */
	ret = request_irq(channel->irq, ivshmem_interrupt, IRQF_NO_SUSPEND, channel->name, chan);
	channel->requested = !ret;
	return ret;
}

/* Also called after a startup that failed. */
static void ivshmem_shutdown(struct mbox_chan *chan)
{
	struct ivshmem_channel *channel = chan->con_priv;

	if (channel->requested)
		free_irq(channel->irq, chan);
	channel->requested = false;
}

static const struct mbox_chan_ops ivshmem_ops = {
	.send_data = ivshmem_send_data,
	.last_tx_done = ivshmem_last_tx_done,
	.startup = ivshmem_startup,
	.shutdown = ivshmem_shutdown,
};

static int ivshmem_read_dt(struct ivshmem_mailbox *mailbox)
{
	struct device *dev = &mailbox->pdev->dev;
	u32 cells;
	int ret;

	if (of_property_read_u32(dev->of_node, "#mbox-cells", &cells) || cells != 1)
		return dev_err_probe(dev, -EINVAL, "%pOF: #mbox-cells has to be <1>\n", dev->of_node);

	ret = of_property_read_u32(dev->of_node, "linux-remote,peer-id", &mailbox->peer);
	if (ret == -EINVAL)
		return 0;
	if (ret || mailbox->peer > IVSHMEM_PEER_MAX)
		return dev_err_probe(dev, -EINVAL, "%pOF: linux-remote,peer-id has to be one number up to %u\n",
				     dev->of_node, IVSHMEM_PEER_MAX);
	mailbox->peer_from_dt = true;
	return 0;
}

static int ivshmem_add_channels(struct ivshmem_mailbox *mailbox)
{
	struct pci_dev *pdev = mailbox->pdev;
	struct mbox_controller *controller = &mailbox->controller;
	unsigned int i;

	controller->chans = devm_kcalloc(&pdev->dev, mailbox->count, sizeof(*controller->chans), GFP_KERNEL);
	mailbox->channels = devm_kcalloc(&pdev->dev, mailbox->count, sizeof(*mailbox->channels), GFP_KERNEL);
	if (!controller->chans || !mailbox->channels)
		return -ENOMEM;

	for (i = 0; i < mailbox->count; i++) {
		struct ivshmem_channel *channel = &mailbox->channels[i];

		channel->mailbox = mailbox;
		channel->vector = i;
		channel->irq = pci_irq_vector(pdev, i);
		channel->name = devm_kasprintf(&pdev->dev, GFP_KERNEL, "ivshmem_mailbox-%s:%u", pci_name(pdev), i);
		if (!channel->name)
			return -ENOMEM;
		controller->chans[i].con_priv = channel;
	}

	controller->dev = &pdev->dev;
	controller->ops = &ivshmem_ops;
	controller->num_chans = mailbox->count;
	controller->txdone_poll = true;
	controller->txpoll_period = 1;
	return mbox_controller_register(controller);
}

static int ivshmem_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct ivshmem_mailbox *mailbox;
	int count, ret;

	/* Without a node nobody can name a channel; the function may serve another driver. */
	if (!dev->of_node)
		return -ENODEV;

	mailbox = devm_kzalloc(dev, sizeof(*mailbox), GFP_KERNEL);
	if (!mailbox)
		return -ENOMEM;
	mailbox->pdev = pdev;
	pci_set_drvdata(pdev, mailbox);

	ret = ivshmem_read_dt(mailbox);
	if (ret)
		return ret;

	ret = pci_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable the PCI function\n");

	ret = pci_request_region(pdev, 0, "ivshmem_mailbox");
	if (ret) {
		dev_err_probe(dev, ret, "BAR 0 is taken by another driver\n");
		goto disable;
	}
	mailbox->registers = pci_iomap(pdev, 0, 0);
	if (!mailbox->registers) {
		ret = dev_err_probe(dev, -ENOMEM, "cannot map BAR 0\n");
		goto release;
	}

	count = pci_msix_vec_count(pdev);
	if (count <= 0) {
		ret = dev_err_probe(dev, -ENODEV, "no MSI-X vectors: this is ivshmem-plain, which has no doorbells\n");
		goto unmap;
	}
	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, count, count, PCI_IRQ_MSIX);
	if (ret < 0) {
		dev_err_probe(dev, ret, "cannot get %d MSI-X vectors\n", count);
		goto unmap;
	}
	mailbox->count = count;

	ret = ivshmem_add_channels(mailbox);
	if (ret) {
		dev_err_probe(dev, ret, "cannot register %d channels\n", count);
		goto free_vectors;
	}
	dev_info(dev, "%d doorbell channels\n", count);
	return 0;

free_vectors:
	pci_free_irq_vectors(pdev);
unmap:
	pci_iounmap(pdev, mailbox->registers);
release:
	pci_release_region(pdev, 0);
disable:
	pci_disable_device(pdev);
	return ret;
}

static void ivshmem_remove(struct pci_dev *pdev)
{
	struct ivshmem_mailbox *mailbox = pci_get_drvdata(pdev);

	mbox_controller_unregister(&mailbox->controller);
	pci_free_irq_vectors(pdev);
	pci_iounmap(pdev, mailbox->registers);
	pci_release_region(pdev, 0);
	pci_disable_device(pdev);
}

/* Nothing to do; but a driver without these loses bus mastering while suspended, and with it all MSI-X. */
static const struct dev_pm_ops ivshmem_pm_ops = {};

static const struct pci_device_id ivshmem_ids[] = {
	{ PCI_DEVICE(IVSHMEM_VENDOR, IVSHMEM_DEVICE) },
	{}
};
MODULE_DEVICE_TABLE(pci, ivshmem_ids);

static struct pci_driver ivshmem_driver = {
	.name = "ivshmem_mailbox",
	.id_table = ivshmem_ids,
	.probe = ivshmem_probe,
	.remove = ivshmem_remove,
	.driver.pm = &ivshmem_pm_ops,
};
module_pci_driver(ivshmem_driver);

MODULE_DESCRIPTION("QEMU's ivshmem doorbells as a mailbox controller");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
