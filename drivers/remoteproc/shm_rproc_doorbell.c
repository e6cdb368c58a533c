// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells, both ways. A ring says "look": at a vring (mailbox vqN, or vq for all of them), or at the resource table
 * (mailbox ctrl).
 *
 * Mainline's rpmsg takes mutexes where a vring tells it of a message, so a vring is looked into by a worker of its own
 * and not by the interrupt: of its own, because a callback may wait for a buffer of the other vring.
 */
#include <linux/device.h>
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

	if (test_bit(vring->notifyid, vring->owner->open))
		rproc_vq_interrupt(vring->owner->rproc, vring->notifyid);
}

static void wake_vring(struct shm_rproc *shm, unsigned int notifyid)
{
	if (test_bit(notifyid, shm->open))
		queue_work(shm->workers, &shm->vrings[notifyid].work);
}

/**
 * shm_rproc_wake_vrings() - look into each vring that is open
 * @shm:	us
 *
 * Context: any.
 */
void shm_rproc_wake_vrings(struct shm_rproc *shm)
{
	unsigned int i;

	for_each_set_bit(i, shm->open, SHM_RPROC_VRINGS_MAX)
		wake_vring(shm, i);
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
	if (shm->one_bell)
		shm_rproc_wake_vrings(shm);
	else
		wake_vring(shm, bell->message);
}

/*
 * Rings from several processors are one ring as long as the peer has not noticed: what matters is that one of them
 * comes after what it is about. So where two wait in the mailbox's queue, of which one may be on its way just now, the
 * other one is for us, too. Nothing waits there but where the controller refuses rings, or where it learns of
 * completion by interrupt and none comes.
 */
static void ring_bell(struct shm_rproc_bell *bell)
{
	unsigned long flags;
	bool stuck, tell;
	int ret;

	spin_lock_irqsave(&bell->lock, flags);
	stuck = READ_ONCE(bell->chan->msg_count) >= 2;
	ret = stuck ? 0 : mbox_send_message(bell->chan, &bell->message);
	if (ret >= 0 && !bell->chan->mbox->txdone_irq)
		mbox_client_txdone(bell->chan, 0);
	tell = stuck && !bell->told;
	bell->told |= stuck;
	spin_unlock_irqrestore(&bell->lock, flags);

	atomic_inc(&bell->owner->rings_out);
	if (tell)
		dev_warn(bell->owner->dev, "a mailbox, message %d, takes no ring: the remote has to look by itself\n",
			 (int)bell->message);
	if (ret < 0)
		dev_err_ratelimited(bell->owner->dev, "mailbox: cannot ring: %d\n", ret);
}

/**
 * shm_rproc_has_bell() - is there a mailbox of ours for a vring?
 * @shm:	us
 * @notifyid:	of the vring
 */
bool shm_rproc_has_bell(struct shm_rproc *shm, int notifyid)
{
	return shm->one_bell ||
	       (notifyid >= 0 && notifyid < SHM_RPROC_BELLS_MAX && shm->bells & BIT(notifyid));
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
	if (notifyid < 0 || notifyid >= SHM_RPROC_VRINGS_MAX)
		return;
	if (shm->one_bell)
		ring_bell(&shm->vq[0]);
	else if (notifyid < SHM_RPROC_BELLS_MAX && shm->bells & BIT(notifyid))
		ring_bell(&shm->vq[notifyid]);
	else if (!test_and_set_bit(notifyid, shm->mute_told))
		dev_err(shm->dev, "vring with notify id %d: no mailbox for it, neither vq%d in our mbox-names nor in a vdev node\n",
			notifyid, notifyid);
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
	for (i = 0; i < SHM_RPROC_BELLS_MAX; i++)
		if (shm->bells & BIT(i))
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
	if (notifyid < 0 || notifyid >= SHM_RPROC_VRINGS_MAX)
		return;
	set_bit(notifyid, shm->open);
	wake_vring(shm, notifyid);
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
	if (notifyid < 0 || notifyid >= SHM_RPROC_VRINGS_MAX)
		return;
	clear_bit(notifyid, shm->open);
	cancel_work_sync(&shm->vrings[notifyid].work);
}

/**
 * shm_rproc_close_vrings() - shm_rproc_close_vring() of each
 * @shm:	us
 *
 * Context: process.
 */
void shm_rproc_close_vrings(struct shm_rproc *shm)
{
	int i;

	for (i = 0; i < SHM_RPROC_VRINGS_MAX; i++)
		shm_rproc_close_vring(shm, i);
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
	/* The controller goes away after us only. */
	if (!device_link_add(shm->dev, chan->mbox->dev, DL_FLAG_AUTOPROBE_CONSUMER))
		return dev_err_probe(shm->dev, -ENODEV, "mailbox \"%s\": no device link to its controller\n", name);
	return 0;
}

static int request_vq(struct shm_rproc *shm, unsigned int which, int index, const char *name)
{
	int ret = request_bell(shm, &shm->vq[which], index, name, which);

	if (!ret)
		shm->bells |= BIT(which);
	return ret;
}

static int request_named_bells(struct shm_rproc *shm)
{
	struct device_node *node = shm->dev->of_node;
	int i, index, ret;

	for (i = 0; i < SHM_RPROC_BELLS_MAX; i++) {
		char name[8];

		snprintf(name, sizeof(name), "vq%d", i);
		index = of_property_match_string(node, "mbox-names", name);
		ret = index < 0 ? 0 : request_vq(shm, i, index, name);
		if (ret)
			return ret;
	}
	index = of_property_match_string(node, "mbox-names", "vq");
	if (!shm->bells && index >= 0) {
		shm->one_bell = true;
		ret = request_vq(shm, 0, index, "vq");
		if (ret)
			return ret;
	}
	index = of_property_match_string(node, "mbox-names", "ctrl");
	if (!shm->bells && !shm->declared)
		return dev_err_probe(shm->dev, -EINVAL, "mbox-names lacks \"vq\" or \"vq0\"\n");
	if (!shm->bells && index < 0)
		return dev_err_probe(shm->dev, -EINVAL, "mbox-names lacks \"vq\", \"vq0\" or, enough for vdev nodes with mailboxes, \"ctrl\"\n");
	return index < 0 ? 0 : request_bell(shm, &shm->ctrl, index, "ctrl", CTRL_MESSAGE);
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
	int i;

	init_completion(&shm->answered);
	shm->vrings = devm_kcalloc(dev, SHM_RPROC_VRINGS_MAX, sizeof(*shm->vrings), GFP_KERNEL);
	if (!shm->vrings)
		return -ENOMEM;
	for (i = 0; i < SHM_RPROC_VRINGS_MAX; i++) {
		INIT_WORK(&shm->vrings[i].work, look_into_vring);
		shm->vrings[i].owner = shm;
		shm->vrings[i].notifyid = i;
	}

	if (count <= 0)
		return dev_err_probe(dev, -EINVAL, "mboxes is missing or names no mailbox controller\n");
	if (of_property_present(dev->of_node, "mbox-names"))
		return request_named_bells(shm);
	if (count > 1)
		return dev_err_probe(dev, -EINVAL, "mboxes has %d entries, mbox-names is missing\n", count);
	shm->one_bell = true;
	return request_vq(shm, 0, 0, "vq");
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
	if (shm->vrings)
		shm_rproc_close_vrings(shm);
	cancel_delayed_work_sync(&shm->look);
}
