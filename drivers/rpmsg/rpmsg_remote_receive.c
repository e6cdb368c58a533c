// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way in. One worker per bus moves messages in two steps: ring -> slot (private memory, the buffer goes back at
 * once), slot -> callback. A callback that waits for a transmit buffer goes on with the first step by itself, so that
 * two ends that wait for each other do not wait for ever.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "rpmsg_remote.h"

static int rx_priority;
module_param(rx_priority, int, 0444);
MODULE_PARM_DESC(rx_priority, "scheduling of the receive workers: 0 normal (default), 1 low real-time, 2 real-time; chrt(1) on the rpmsg/... threads sets others");

/* Messages that the worker delivers before it lets others of its thread run. */
#define RPMSG_REMOTE_BUDGET		64

/* A small ring still needs room for what a waiting callback takes out of it; a large one no more than this. */
#define RPMSG_REMOTE_SLOTS_MIN		16
#define RPMSG_REMOTE_SLOTS_MAX		256

static struct rpmsg_remote_slot *rpmsg_remote_pop(struct list_head *list)
{
	struct rpmsg_remote_slot *slot = list_first_entry_or_null(list, struct rpmsg_remote_slot, node);

	if (slot)
		list_del(&slot->node);
	return slot;
}

/* With slots_lock. Slots got free: a ring that waits for one is looked at. */
static void rpmsg_remote_feed(struct rpmsg_remote_receive *rx)
{
	if (!rx->starved)
		return;
	rx->starved = false;
	kthread_queue_work(rx->worker, &rx->work);
}

/* With slots_lock. What was parked is older than whatever is pending. */
static void rpmsg_remote_resume(struct rpmsg_remote_receive *rx)
{
	struct rpmsg_remote_endpoint *endpoint, *next;

	list_for_each_entry_safe(endpoint, next, &rx->resumed, resumed) {
		list_del_init(&endpoint->resumed);
		if (!endpoint->paused && !endpoint->quiet)
			list_splice_init(&endpoint->parked, &rx->pending);
	}
}

/* The next slot to deliver, after @delivered, which may be none. */
static struct rpmsg_remote_slot *rpmsg_remote_next(struct rpmsg_remote_receive *rx,
						   struct rpmsg_remote_slot *delivered)
{
	struct rpmsg_remote_slot *slot;

	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		if (delivered) {
			list_add(&delivered->node, &rx->free);
			rpmsg_remote_feed(rx);
		}
		rpmsg_remote_resume(rx);
		slot = rpmsg_remote_pop(&rx->pending);
		rx->delivering = slot;
	}
	return slot;
}

static void rpmsg_remote_delivered(struct rpmsg_remote_receive *rx, struct rpmsg_remote_slot *slot)
{
	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		list_add(&slot->node, &rx->free);
		rx->delivering = NULL;
		rpmsg_remote_feed(rx);
	}
}

/* Ring -> slots. True: there may be more; else the main has been asked for a doorbell. */
static bool rpmsg_remote_pump(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_receive *rx = &remote->receive;
	struct amp_complaint complaint;
	struct rpmsg_remote_slot *slot;
	unsigned int handled = 0, looks;
	LIST_HEAD(empty);
	LIST_HEAD(full);
	int err = 0;

	guard(mutex)(&rx->lock);
	if (!rx->up)
		return false;
	/* Without a free slot the next one that gets free has the ring looked at. */
	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		list_splice_init(&rx->free, &empty);
		rx->starved = list_empty(&empty);
	}
	amp_link_receive_hush(remote->link);
	for (looks = 0; looks < rx->num_slots && !list_empty(&empty); looks++) {
		slot = list_first_entry(&empty, struct rpmsg_remote_slot, node);
		err = amp_link_receive(remote->link, &slot->frame, slot->payload, rx->room, &complaint);
		if (err == -EAGAIN && amp_link_receive_listen(remote->link))
			continue;
		if (err == -EAGAIN || err == -EPROTO)
			break;
		handled++;
		if (err) {
			rpmsg_remote_complain(remote, RPMSG_REMOTE_FROM_MAIN, &complaint);
			continue;
		}
		slot->incarnation = remote->incarnation;
		list_move_tail(&slot->node, &full);
	}
	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		list_splice_tail(&full, &rx->pending);
		list_splice(&empty, &rx->free);
	}
	if (handled) {
		rx->batches++;
		if (amp_link_receive_publish(remote->link))
			remote->rvdev->ops->kick(remote->rvdev, RPMSG_REMOTE_FROM_MAIN);
	}
	if (err == -EPROTO) {
		rx->up = false;
		rpmsg_remote_broken(remote, RPMSG_REMOTE_FROM_MAIN, &complaint);
	}
	return handled || looks == rx->num_slots;
}

void rpmsg_remote_receive_pump(struct rpmsg_remote *remote)
{
	rpmsg_remote_pump(remote);
}

/* True: the message is parked, not to be delivered now: behind others that are, whatever the flags say. */
static bool rpmsg_remote_park(struct rpmsg_remote_receive *rx, struct rpmsg_remote_endpoint *endpoint,
			      struct rpmsg_remote_slot *slot)
{
	bool parked;

	if (!READ_ONCE(endpoint->paused) && !READ_ONCE(endpoint->quiet) && list_empty(&endpoint->parked))
		return false;
	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		parked = endpoint->paused || endpoint->quiet || !list_empty(&endpoint->parked);
		if (!parked)
			break;
		list_add_tail(&slot->node, &endpoint->parked);
		rx->delivering = NULL;
		rx->parked++;
	}
	return parked;
}

/* True: the slot is free again. */
static bool rpmsg_remote_deliver(struct rpmsg_remote *remote, struct rpmsg_remote_slot *slot)
{
	struct rpmsg_remote_receive *rx = &remote->receive;
	const struct amp_frame *frame = &slot->frame;
	struct rpmsg_remote_endpoint *endpoint;
	struct amp_complaint complaint;
	bool parked;

	if (frame->dst == RPMSG_NS_ADDR && !amp_announcement_legal(slot->payload, frame->len, &complaint)) {
		rx->bad_announcements++;
		rpmsg_remote_complain(remote, RPMSG_REMOTE_FROM_MAIN, &complaint);
		return true;
	}
	endpoint = rpmsg_remote_find_endpoint(remote, frame->dst);
	if (!endpoint) {
		rx->no_endpoint++;
		if (__ratelimit(&remote->strays))
			dev_warn(&remote->rvdev->dev, "message from 0x%x to 0x%x: no endpoint has that address\n",
				 frame->src, frame->dst);
		return true;
	}
	parked = rpmsg_remote_park(rx, endpoint, slot);
	if (!parked) {
		scoped_guard(mutex, &endpoint->ept.cb_lock) {
			if (!endpoint->ept.cb) {
				rx->no_endpoint++;
				break;
			}
			rpmsg_remote_learn(endpoint, frame->src, slot->incarnation);
			rx->heard_in = slot->incarnation;
			if (endpoint->ept.cb(endpoint->ept.rpdev, slot->payload, frame->len, endpoint->ept.priv,
					     frame->src) < 0)
				rx->refused++;
		}
	}
	rpmsg_remote_put_endpoint(endpoint);
	return !parked;
}

static void rpmsg_remote_receive_work(struct kthread_work *work)
{
	struct rpmsg_remote_receive *rx = container_of(work, struct rpmsg_remote_receive, work);
	struct rpmsg_remote *remote = container_of(rx, struct rpmsg_remote, receive);
	struct rpmsg_remote_slot *slot = NULL;
	unsigned int budget;

	for (budget = RPMSG_REMOTE_BUDGET; budget; budget--) {
		slot = rpmsg_remote_next(rx, slot);
		if (!slot) {
			WRITE_ONCE(rx->rung, false);
			if (!rpmsg_remote_pump(remote))
				return;
		} else if (!rpmsg_remote_deliver(remote, slot)) {
			slot = NULL;
		}
	}
	if (slot)
		rpmsg_remote_delivered(rx, slot);
	kthread_queue_work(rx->worker, &rx->work);
	cond_resched();
}

void rpmsg_remote_receive_doorbell(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_receive *rx = &remote->receive;

	WRITE_ONCE(rx->rung, true);
	kthread_queue_work(rx->worker, &rx->work);
	/* The worker may be waiting for a transmit buffer. */
	if (wq_has_sleeper(&remote->transmit.queue))
		wake_up_interruptible(&remote->transmit.queue);
}

bool rpmsg_remote_receive_is_worker(struct rpmsg_remote *remote)
{
	return current == remote->receive.worker->task;
}

bool rpmsg_remote_receive_rung(struct rpmsg_remote *remote)
{
	return xchg(&remote->receive.rung, false);
}

/* With slots_lock. The worker takes back what is parked, between two messages: what it has in hand is younger. */
static void rpmsg_remote_unpark(struct rpmsg_remote_receive *rx, struct rpmsg_remote_endpoint *endpoint)
{
	if (endpoint->paused || endpoint->quiet || list_empty(&endpoint->parked))
		return;
	list_move_tail(&endpoint->resumed, &rx->resumed);
	kthread_queue_work(rx->worker, &rx->work);
}

void rpmsg_remote_receive_pause(struct rpmsg_remote_endpoint *endpoint, bool pause)
{
	struct rpmsg_remote_receive *rx = &endpoint->remote->receive;

	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		endpoint->paused = pause;
		rpmsg_remote_unpark(rx, endpoint);
	}
}

void rpmsg_remote_receive_open(struct rpmsg_remote_endpoint *endpoint)
{
	struct rpmsg_remote_receive *rx = &endpoint->remote->receive;

	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		endpoint->quiet = false;
		rpmsg_remote_unpark(rx, endpoint);
	}
}

/* The endpoint goes: what is parked for it has no reader any more. */
void rpmsg_remote_receive_forget(struct rpmsg_remote_endpoint *endpoint)
{
	struct rpmsg_remote_receive *rx = &endpoint->remote->receive;

	scoped_guard(spinlock_irqsave, &rx->slots_lock) {
		rx->no_endpoint += list_count_nodes(&endpoint->parked);
		endpoint->paused = false;
		endpoint->quiet = false;
		list_del_init(&endpoint->resumed);
		list_splice_init(&endpoint->parked, &rx->free);
		rpmsg_remote_feed(rx);
	}
}

static struct rpmsg_remote_slot *rpmsg_remote_slot_at(u8 *slots, size_t slot_size, unsigned int index)
{
	return (struct rpmsg_remote_slot *)(slots + index * slot_size);
}

/* Take the slots out of whatever list they are in. False: the worker has one. */
static bool rpmsg_remote_recall(struct rpmsg_remote_receive *rx)
{
	unsigned int i;

	lockdep_assert_held(&rx->slots_lock);
	if (rx->delivering)
		return false;
	rx->no_endpoint += rx->num_slots - list_count_nodes(&rx->free);
	for (i = 0; i < rx->num_slots; i++)
		list_del(&rpmsg_remote_slot_at(rx->slots, rx->slot_size, i)->node);
	return true;
}

int rpmsg_remote_receive_resize(struct rpmsg_remote *remote, unsigned int num, size_t room)
{
	const unsigned int num_slots = clamp(num, RPMSG_REMOTE_SLOTS_MIN, RPMSG_REMOTE_SLOTS_MAX);
	struct rpmsg_remote_receive *rx = &remote->receive;
	size_t slot_size = ALIGN(struct_size_t(struct rpmsg_remote_slot, payload, room),
				 __alignof__(struct rpmsg_remote_slot));
	bool recalled = false;
	unsigned int i;
	u8 *slots;

	if (rx->slots && rx->num_slots == num_slots && rx->slot_size == slot_size)
		return 0;
	slots = kvcalloc(num_slots, slot_size, GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	while (!recalled) {
		/* What came over the last life of the link is delivered before its memory goes. */
		kthread_flush_worker(rx->worker);
		scoped_guard(spinlock_irqsave, &rx->slots_lock) {
			recalled = rpmsg_remote_recall(rx);
			if (!recalled)
				break;
			swap(rx->slots, slots);
			rx->slot_size = slot_size;
			rx->num_slots = num_slots;
			for (i = 0; i < num_slots; i++)
				list_add_tail(&rpmsg_remote_slot_at(rx->slots, slot_size, i)->node, &rx->free);
		}
	}
	kvfree(slots);
	rx->room = room;
	return 0;
}

void rpmsg_remote_receive_up(struct rpmsg_remote *remote)
{
	scoped_guard(mutex, &remote->receive.lock)
		remote->receive.up = true;
	/* The main may have sent before it rang. */
	rpmsg_remote_receive_doorbell(remote);
}

void rpmsg_remote_receive_down(struct rpmsg_remote *remote)
{
	guard(mutex)(&remote->receive.lock);
	remote->receive.up = false;
}

int rpmsg_remote_receive_init(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_receive *rx = &remote->receive;

	mutex_init(&rx->lock);
	spin_lock_init(&rx->slots_lock);
	INIT_LIST_HEAD(&rx->free);
	INIT_LIST_HEAD(&rx->pending);
	INIT_LIST_HEAD(&rx->resumed);
	kthread_init_work(&rx->work, rpmsg_remote_receive_work);
	rx->worker = kthread_create_worker(0, "rpmsg/%s", dev_name(&remote->rvdev->dev));
	if (IS_ERR(rx->worker))
		return PTR_ERR(rx->worker);
	if (rx_priority == 1)
		sched_set_fifo_low(rx->worker->task);
	else if (rx_priority >= 2)
		sched_set_fifo(rx->worker->task);
	wake_up_process(rx->worker->task);
	return 0;
}

/* Nobody rings any more and there is no endpoint left. */
void rpmsg_remote_receive_exit(struct rpmsg_remote *remote)
{
	kthread_destroy_worker(remote->receive.worker);
	kvfree(remote->receive.slots);
}
