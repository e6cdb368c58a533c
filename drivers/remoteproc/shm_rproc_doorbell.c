// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells, both ways. A ring says "look": at a vring (mailbox vqN, or vq for all of them), or at the resource table
 * (mailbox ctrl).
 *
 * Mainline's rpmsg takes mutexes where a vring tells it of a message, so a vring is looked into by a worker of its own
 * and not by the interrupt: of its own, because a callback may wait for a buffer of the other vring.
 */
#include <linux/mailbox_controller.h>
#include <linux/of.h>
#include <linux/property.h>

#include "shm_rproc.h"

#define CTRL_MESSAGE 0xffffffffu

/*
 * A remote that uses polling, or does not answer, gets this much time to notice that rings are no longer valid. The
 * remote end of this project polls every 100 ms, and pauses for up to 250 ms where the link keeps going down.
 */
#define ANSWER_TIMEOUT_MS 500

static void look_into_vring(struct work_struct *work)
{
	struct shm_rproc_vring *vring = container_of(work, struct shm_rproc_vring, work);

	if (READ_ONCE(vring->open))
		rproc_vq_interrupt(vring->owner->rproc, vring->notifyid);
}

static void wake_vring(struct shm_rproc_vring *vring)
{
	if (READ_ONCE(vring->open))
		queue_work(vring->owner->workers, &vring->work);
}

/**
 * shm_rproc_wake_vrings() - look into each vring that is open
 * @shm:	us
 *
 * Context: any.
 */
void shm_rproc_wake_vrings(struct shm_rproc *shm)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(shm->vrings); i++)
		wake_vring(&shm->vrings[i]);
}

static void rung(struct mbox_client *client, void *message)
{
	struct shm_rproc_bell *bell = container_of(client, struct shm_rproc_bell, client);
	struct shm_rproc *shm = bell->owner;
	bool about_table = bell == &shm->ctrl || !shm->ctrl.chan;

	atomic_inc(&shm->rings_in);
	/* A ring about messages is no answer: the remote may be using the old rings still. */
	if (bell == &shm->ctrl)
		complete(&shm->answered);
	if (about_table || !READ_ONCE(shm->attached))
		shm_rproc_look_soon(shm);
	if (bell == &shm->ctrl)
		return;
	if (shm->vq_count > 1)
		wake_vring(&shm->vrings[bell - shm->vq]);
	else
		shm_rproc_wake_vrings(shm);
}

/*
 * Rings from several processors are one ring as long as the peer has not noticed: what matters is that one of them
 * comes after what it is about. Where we complete the transmission ourselves nothing ever waits in the mailbox's
 * queue. A controller that learns of completion by interrupt may fill it, and then 20 rings are still to come.
 */
static void ring_bell(struct shm_rproc_bell *bell)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&bell->lock, flags);
	ret = mbox_send_message(bell->chan, &bell->message);
	if (ret >= 0 && !bell->chan->mbox->txdone_irq)
		mbox_client_txdone(bell->chan, 0);
	spin_unlock_irqrestore(&bell->lock, flags);

	atomic_inc(&bell->owner->rings_out);
	if (ret < 0 && ret != -ENOBUFS)
		dev_err_ratelimited(bell->owner->dev, "mailbox: cannot ring: %d\n", ret);
}

/**
 * shm_rproc_ring_vring() - tell the remote to look into a vring
 * @shm:	us
 * @notifyid:	of the vring
 *
 * Context: any.
 */
void shm_rproc_ring_vring(struct shm_rproc *shm, int notifyid)
{
	if (shm->vq_count == 1)
		ring_bell(&shm->vq[0]);
	else if (notifyid >= 0 && notifyid < shm->vq_count)
		ring_bell(&shm->vq[notifyid]);
}

/**
 * shm_rproc_ring_ctrl() - tell the remote to look at the resource table
 * @shm:	us
 *
 * Without a mailbox for it, those of the vrings say so. Context: any.
 */
void shm_rproc_ring_ctrl(struct shm_rproc *shm)
{
	unsigned int i;

	reinit_completion(&shm->answered);
	if (shm->ctrl.chan) {
		ring_bell(&shm->ctrl);
		return;
	}
	for (i = 0; i < shm->vq_count; i++)
		ring_bell(&shm->vq[i]);
}

/**
 * shm_rproc_await_answer() - after shm_rproc_ring_ctrl(): give the remote time to let go of its rings
 * @shm:	us
 *
 * Context: process. Returns when the remote rings back, or after 500 ms.
 */
void shm_rproc_await_answer(struct shm_rproc *shm)
{
	wait_for_completion_timeout(&shm->answered, msecs_to_jiffies(ANSWER_TIMEOUT_MS));
}

/**
 * shm_rproc_open_vring() - from now on rings are handed to mainline
 * @shm:	us
 * @notifyid:	of the vring
 *
 * Context: process. Looks at once, since rings before this were ignored.
 */
void shm_rproc_open_vring(struct shm_rproc *shm, int notifyid)
{
	if (notifyid < 0 || notifyid >= ARRAY_SIZE(shm->vrings))
		return;
	WRITE_ONCE(shm->vrings[notifyid].open, true);
	wake_vring(&shm->vrings[notifyid]);
}

/**
 * shm_rproc_close_vring() - mainline is about to free the virtqueue
 * @shm:	us
 * @notifyid:	of the vring
 *
 * Context: process. Waits for a callback that runs.
 */
void shm_rproc_close_vring(struct shm_rproc *shm, int notifyid)
{
	if (notifyid < 0 || notifyid >= ARRAY_SIZE(shm->vrings))
		return;
	WRITE_ONCE(shm->vrings[notifyid].open, false);
	cancel_work_sync(&shm->vrings[notifyid].work);
}

static int request_bell(struct shm_rproc *shm, struct shm_rproc_bell *bell, int index, const char *name, u32 message)
{
	struct mbox_chan *chan;

	spin_lock_init(&bell->lock);
	bell->owner = shm;
	bell->message = message;
	bell->client.dev = shm->dev;
	bell->client.rx_callback = rung;
	bell->client.knows_txdone = true;

	chan = mbox_request_channel(&bell->client, index);
	if (IS_ERR(chan))
		return dev_err_probe(shm->dev, PTR_ERR(chan), "cannot get mailbox \"%s\" (mboxes entry %d)\n", name,
				     index);
	bell->chan = chan;
	return 0;
}

/**
 * shm_rproc_request_bells() - get the mailboxes of our node
 * @shm:	with dev set
 *
 * Context: process, at probe. Return: 0, or an errno after one message. Undone by shm_rproc_free_bells(), also after
 * an error.
 */
int shm_rproc_request_bells(struct shm_rproc *shm)
{
	struct device *dev = shm->dev;
	int count = of_count_phandle_with_args(dev->of_node, "mboxes", "#mbox-cells");
	int i, index, ret;

	init_completion(&shm->answered);
	for (i = 0; i < ARRAY_SIZE(shm->vrings); i++) {
		INIT_WORK(&shm->vrings[i].work, look_into_vring);
		shm->vrings[i].owner = shm;
		shm->vrings[i].notifyid = i;
	}

	if (count <= 0)
		return dev_err_probe(dev, -EINVAL, "mboxes is missing or names no mailbox controller\n");

	if (!of_property_present(dev->of_node, "mbox-names")) {
		if (count > 1)
			return dev_err_probe(dev, -EINVAL, "mboxes has %d entries, mbox-names is missing\n", count);
		shm->vq_count = 1;
		return request_bell(shm, &shm->vq[0], 0, "vq", 0);
	}

	for (i = 0; i < ARRAY_SIZE(shm->vq); i++) {
		char name[8];

		snprintf(name, sizeof(name), "vq%d", i);
		index = of_property_match_string(dev->of_node, "mbox-names", name);
		if (index < 0)
			break;
		ret = request_bell(shm, &shm->vq[i], index, name, i);
		if (ret)
			return ret;
		shm->vq_count++;
	}
	index = of_property_match_string(dev->of_node, "mbox-names", "vq");
	if (!shm->vq_count && index >= 0) {
		ret = request_bell(shm, &shm->vq[0], index, "vq", 0);
		if (ret)
			return ret;
		shm->vq_count = 1;
	}
	if (!shm->vq_count)
		return dev_err_probe(dev, -EINVAL, "mbox-names lacks \"vq\" or \"vq0\"\n");

	index = of_property_match_string(dev->of_node, "mbox-names", "ctrl");
	return index < 0 ? 0 : request_bell(shm, &shm->ctrl, index, "ctrl", CTRL_MESSAGE);
}

static void free_bell(struct shm_rproc_bell *bell)
{
	if (bell->chan)
		mbox_free_channel(bell->chan);
}

/**
 * shm_rproc_free_bells() - give the mailboxes back; nothing runs on their behalf afterwards
 * @shm:	us
 *
 * Context: process.
 */
void shm_rproc_free_bells(struct shm_rproc *shm)
{
	int i;

	free_bell(&shm->ctrl);
	for (i = 0; i < ARRAY_SIZE(shm->vq); i++)
		free_bell(&shm->vq[i]);
	for (i = 0; i < ARRAY_SIZE(shm->vrings); i++)
		shm_rproc_close_vring(shm, i);
	cancel_delayed_work_sync(&shm->look);
}
