// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells over mailboxes. Rings are never queued behind each other: at most one is with the controller, and any
 * number of others in the meantime are one more that follows it. So none is lost, and a peer that acknowledges nothing
 * fills no queue.
 */
#include <linux/jiffies.h>
#include <linux/mailbox_controller.h>
#include <linux/of.h>
#include <linux/string.h>

#include "rproc_vdev_doorbell.h"

enum { BELL_IDLE, BELL_BUSY, BELL_AGAIN };

/* A doorbell takes microseconds. */
#define STUCK_MS 1000

/* A ring went through. True: another one has to follow. */
static bool rproc_vdev_doorbell_through(struct rproc_vdev_doorbell *bell)
{
	if (atomic_cmpxchg(&bell->state, BELL_BUSY, BELL_IDLE) == BELL_BUSY)
		return false;
	atomic_set(&bell->state, BELL_BUSY);
	return true;
}

static int rproc_vdev_doorbell_send(struct rproc_vdev_doorbell *bell)
{
	int ret;

	do {
		/* One that the controller refused waits with the framework, and is as good as a new one. */
		ret = bell->acked_by_us && bell->chan->msg_count ?
			0 : mbox_send_message(bell->chan, &bell->message);
		if (ret < 0) {
			atomic_set(&bell->state, BELL_IDLE);
			return ret;
		}
		if (!bell->acked_by_us)
			return 0;
		mbox_client_txdone(bell->chan, 0);
		bell->through += !bell->chan->msg_count;
	} while (rproc_vdev_doorbell_through(bell));
	return 0;
}

static void rproc_vdev_doorbell_done(struct mbox_client *client, void *message, int result)
{
	struct rproc_vdev_doorbell *bell = container_of(client, struct rproc_vdev_doorbell, client);

	if (bell->acked_by_us)
		return;
	bell->through++;
	if (rproc_vdev_doorbell_through(bell))
		rproc_vdev_doorbell_send(bell);
}

static void rproc_vdev_doorbell_received(struct mbox_client *client, void *message)
{
	struct rproc_vdev_doorbell *bell = container_of(client, struct rproc_vdev_doorbell, client);

	bell->rung(bell);
}

/**
 * rproc_vdev_doorbell_open() - take a mailbox
 * @bell:	zeroed but for rung and message
 * @dev:	whose node has "mboxes" and "mbox-names"
 * @name:	which of them
 *
 * Context: process. rung() may be called before this returns.
 * Return: 0, -ENOENT where the node names no such mailbox, -EPROBE_DEFER where its controller is not there yet, or an
 * errno of the mailbox framework.
 */
int rproc_vdev_doorbell_open(struct rproc_vdev_doorbell *bell, struct device *dev, const char *name)
{
	int index = of_property_match_string(dev->of_node, "mbox-names", name);
	struct mbox_chan *chan;

	if (index < 0)
		return -ENOENT;
	strscpy(bell->name, name, sizeof(bell->name));
	bell->since = jiffies;
	bell->client.dev = dev;
	bell->client.knows_txdone = true;
	bell->client.rx_callback = rproc_vdev_doorbell_received;
	bell->client.tx_done = rproc_vdev_doorbell_done;
	chan = mbox_request_channel(&bell->client, index);
	if (IS_ERR(chan))
		return PTR_ERR(chan) == -ENOENT ? -EINVAL : PTR_ERR(chan);
	bell->acked_by_us = !chan->mbox->txdone_irq;
	bell->chan = chan;
	return 0;
}

/**
 * rproc_vdev_doorbell_close() - give the mailbox back
 * @bell:	open or not
 *
 * Context: process; nobody rings it any more.
 */
void rproc_vdev_doorbell_close(struct rproc_vdev_doorbell *bell)
{
	if (!bell->chan)
		return;
	mbox_free_channel(bell->chan);
	bell->chan = NULL;
}

/**
 * rproc_vdev_doorbell_ring() - the other end shall look
 * @bell:	open
 *
 * Context: any. What was written to shared memory before is ordered by the caller.
 * Return: 0 or an errno of the mailbox framework.
 */
int rproc_vdev_doorbell_ring(struct rproc_vdev_doorbell *bell)
{
	int state = atomic_read(&bell->state);

	for (;;) {
		switch (state) {
		case BELL_IDLE:
			if (atomic_try_cmpxchg(&bell->state, &state, BELL_BUSY))
				return rproc_vdev_doorbell_send(bell);
			break;
		case BELL_BUSY:
			if (atomic_try_cmpxchg(&bell->state, &state, BELL_AGAIN))
				return 0;
			break;
		default:
			/* Ordered before whoever clears it: the ring that follows comes after our caller's writes. */
			if (atomic_try_cmpxchg(&bell->state, &state, BELL_AGAIN))
				return 0;
		}
	}
}

/**
 * rproc_vdev_doorbell_watch() - does anybody take our rings?
 * @bell:	open or not
 *
 * For somebody who comes by again and again, one at a time. A ring that the controller refused is tried again. Of a
 * controller that takes none, or an other end that acknowledges none, we tell once: both ends go on by looking.
 *
 * Context: process.
 */
void rproc_vdev_doorbell_watch(struct rproc_vdev_doorbell *bell)
{
	const unsigned long through = READ_ONCE(bell->through);
	bool waits;

	if (!bell->chan)
		return;
	waits = bell->acked_by_us ? READ_ONCE(bell->chan->msg_count) : atomic_read(&bell->state) != BELL_IDLE;
	if (!waits || through != bell->seen) {
		bell->seen = through;
		bell->since = jiffies;
		return;
	}
	if (bell->acked_by_us)
		rproc_vdev_doorbell_ring(bell);
	if (time_before(jiffies, bell->since + msecs_to_jiffies(STUCK_MS)))
		return;
	bell->since = jiffies;
	if (!bell->stuck++)
		dev_warn(bell->client.dev, "%pOF: mailbox \"%s\" has let no ring through for %u ms: it is no doorbell until it does\n",
			 bell->client.dev->of_node, bell->name, STUCK_MS);
}
