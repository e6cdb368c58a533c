// SPDX-License-Identifier: GPL-2.0-only
/* The way out: reserve a buffer under the lock, write it outside, submit it under the lock, kick if asked to. */
#include <linux/sched/signal.h>

#include "rpmsg_remote.h"

/* As on the main end: how long send, sendto and send_offchannel wait for a buffer. */
#define RPMSG_REMOTE_SEND_TIMEOUT	msecs_to_jiffies(15000)

/* A main that offers this many bad buffers in a row gets none of them filled. */
#define RPMSG_REMOTE_BAD_BUFFERS_MAX	16

void rpmsg_remote_transmit_init(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;

	spin_lock_init(&t->lock);
	atomic_set(&t->in_flight, 0);
	init_waitqueue_head(&t->queue);
	init_waitqueue_head(&t->drained);
}

void rpmsg_remote_transmit_up(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;

	scoped_guard(spinlock_irqsave, &t->lock)
		t->up = true;
	wake_up_interruptible(&t->queue);
}

void rpmsg_remote_transmit_down(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;

	scoped_guard(spinlock_irqsave, &t->lock)
		t->up = false;
	wake_up_interruptible(&t->queue);
	/* Each of these is between two memcpy(): they end by themselves. */
	wait_event(t->drained, !atomic_read(&t->in_flight));
}

/* With the lock. Nobody waits any more: the main need not ring. */
static void rpmsg_remote_waiter_left(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;

	if (!--t->waiters && t->up)
		amp_link_transmit_hush(remote->link);
}

void rpmsg_remote_transmit_doorbell(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;

	scoped_guard(spinlock_irqsave, &t->lock) {
		if (t->polled) {
			t->polled = false;
			rpmsg_remote_waiter_left(remote);
		}
	}
	wake_up_interruptible(&t->queue);
}

/* A buffer, or an error; -EAGAIN: none, and with @listen the main was asked to ring for the next. */
static int rpmsg_remote_reserve(struct rpmsg_remote *remote, bool listen)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;
	struct amp_complaint complaint;
	int head = RPMSG_REMOTE_EDOWN;

	scoped_guard(spinlock_irqsave, &t->lock) {
		if (!t->up)
			break;
		head = amp_link_reserve(remote->link, &complaint);
		if (head == -EAGAIN && listen && amp_link_transmit_listen(remote->link))
			head = amp_link_reserve(remote->link, &complaint);
		if (head >= 0)
			atomic_inc(&t->in_flight);
	}
	if (head == -EPROTO) {
		rpmsg_remote_broken(remote, RPMSG_REMOTE_TO_MAIN, &complaint);
		head = RPMSG_REMOTE_EDOWN;
	}
	return head;
}

static int rpmsg_remote_submit(struct rpmsg_remote *remote, int head, u32 written)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;
	bool kick = false;
	int err = 0;

	scoped_guard(spinlock_irqsave, &t->lock) {
		if (t->up) {
			kick = amp_link_submit(remote->link, head, written);
		} else {
			t->abandoned++;
			err = RPMSG_REMOTE_EDOWN;
		}
	}
	if (kick)
		remote->rvdev->ops->kick(remote->rvdev, RPMSG_REMOTE_TO_MAIN);
	/* Ordered by the atomic: who waits either sees it or is seen here. One sender comes here with each message. */
	if (atomic_dec_and_test(&t->in_flight) && waitqueue_active(&t->drained))
		wake_up(&t->drained);
	return err;
}

void rpmsg_remote_transmit_leave(struct rpmsg_remote *remote)
{
	wake_up_interruptible(&remote->transmit.queue);
}

/* A bus that is being removed waits only to tell the main what ends: drivers wait for their senders when they go. */
static bool rpmsg_remote_may_wait(struct rpmsg_remote *remote, long *timeout)
{
	if (!READ_ONCE(remote->leaving))
		return true;
	*timeout = min_t(long, *timeout, RPMSG_REMOTE_FAREWELL_TIMEOUT);
	return current_work() == &remote->announce;
}

static int rpmsg_remote_wait(struct rpmsg_remote *remote, long *timeout)
{
	struct rpmsg_remote_transmit *t = &remote->transmit;
	const bool worker = rpmsg_remote_receive_is_worker(remote);
	DEFINE_WAIT(wait);
	int head;

	scoped_guard(spinlock_irqsave, &t->lock)
		t->waiters++;
	for (;;) {
		prepare_to_wait(&t->queue, &wait, TASK_INTERRUPTIBLE);
		head = rpmsg_remote_reserve(remote, true);
		if (head != -EAGAIN)
			break;
		if (!rpmsg_remote_may_wait(remote, timeout)) {
			head = RPMSG_REMOTE_EDOWN;
			break;
		}
		if (signal_pending(current) || !*timeout) {
			head = -ERESTARTSYS;
			break;
		}
		/*
		 * A callback that sends runs in the thread that empties the other ring; the main may itself wait for
		 * that before it gives us a buffer.
		 */
		if (worker && rpmsg_remote_receive_rung(remote)) {
			finish_wait(&t->queue, &wait);
			rpmsg_remote_receive_pump(remote);
			continue;
		}
		*timeout = schedule_timeout(*timeout);
	}
	finish_wait(&t->queue, &wait);
	scoped_guard(spinlock_irqsave, &t->lock)
		rpmsg_remote_waiter_left(remote);
	return head;
}

int rpmsg_remote_send(struct rpmsg_remote *remote, u32 src, u32 dst, const void *data, int len, long timeout)
{
	const struct amp_frame frame = { .src = src, .dst = dst, .len = len };
	struct rpmsg_remote_transmit *t = &remote->transmit;
	const bool may_wait = timeout;
	struct amp_complaint complaint;
	int bad, head, written, err;

	if (src == RPMSG_ADDR_ANY || len < 0 || (len && !data))
		return -EINVAL;
	if (dst == RPMSG_ADDR_ANY) {
		atomic64_inc(&t->refused_unknown);
		return RPMSG_REMOTE_EUNKNOWN;
	}
	if (len > rpmsg_remote_mtu(remote))
		return -EMSGSIZE;

	for (bad = 0; bad < RPMSG_REMOTE_BAD_BUFFERS_MAX; bad++) {
		head = rpmsg_remote_reserve(remote, false);
		if (head == -EAGAIN && may_wait)
			head = rpmsg_remote_wait(remote, &timeout);
		if (head == -EAGAIN)
			head = -ENOMEM;
		if (head < 0) {
			atomic64_inc(head == RPMSG_REMOTE_EDOWN ? &t->refused_down : &t->refused_full);
			return head;
		}
		written = amp_link_write(remote->link, head, &frame, data, &complaint);
		err = rpmsg_remote_submit(remote, head, max(written, 0));
		if (err || written >= 0)
			return err;
		rpmsg_remote_complain(remote, RPMSG_REMOTE_TO_MAIN, &complaint);
	}
	return -EIO;
}

/* A message of @ept's own. Whoever speaks before its probe has ended is ready for the answer. */
static int rpmsg_remote_ept_transmit(struct rpmsg_endpoint *ept, u32 src, u32 dst, const void *data, int len,
				     long timeout)
{
	struct rpmsg_remote_endpoint *endpoint = to_remote_endpoint(ept);

	if (READ_ONCE(endpoint->quiet))
		rpmsg_remote_receive_open(endpoint);
	return rpmsg_remote_send(endpoint->remote, src, dst, data, len, timeout);
}

static int rpmsg_remote_ept_send(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len)
{
	return rpmsg_remote_ept_transmit(ept, ept->addr, rpmsg_remote_destination(ept, RPMSG_ADDR_ANY), data, len,
					 RPMSG_REMOTE_SEND_TIMEOUT);
}

static int rpmsg_remote_ept_sendto(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len, u32 dst)
{
	return rpmsg_remote_ept_transmit(ept, ept->addr, rpmsg_remote_destination(ept, dst), data, len,
					 RPMSG_REMOTE_SEND_TIMEOUT);
}

static int rpmsg_remote_ept_trysend(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len)
{
	return rpmsg_remote_ept_transmit(ept, ept->addr, rpmsg_remote_destination(ept, RPMSG_ADDR_ANY), data, len, 0);
}

static int rpmsg_remote_ept_trysendto(struct rpmsg_endpoint *ept, amp_rpmsg_data data, int len, u32 dst)
{
	return rpmsg_remote_ept_transmit(ept, ept->addr, rpmsg_remote_destination(ept, dst), data, len, 0);
}

#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
static int rpmsg_remote_ept_send_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst, amp_rpmsg_data data,
					    int len)
{
	return rpmsg_remote_ept_transmit(ept, src, dst, data, len, RPMSG_REMOTE_SEND_TIMEOUT);
}

static int rpmsg_remote_ept_trysend_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst, amp_rpmsg_data data,
					       int len)
{
	return rpmsg_remote_ept_transmit(ept, src, dst, data, len, 0);
}
#endif

/* Down is not writable: a poller sleeps until the link is up again. */
static __poll_t rpmsg_remote_ept_poll(struct rpmsg_endpoint *ept, struct file *filp, poll_table *wait)
{
	struct rpmsg_remote *remote = to_remote_endpoint(ept)->remote;
	struct rpmsg_remote_transmit *t = &remote->transmit;
	__poll_t mask = 0;

	poll_wait(filp, &t->queue, wait);
	scoped_guard(spinlock_irqsave, &t->lock) {
		if (!t->up)
			break;
		if (amp_link_transmit_listen(remote->link)) {
			if (!t->waiters)
				amp_link_transmit_hush(remote->link);
			mask = EPOLLOUT | EPOLLWRNORM;
		} else if (!t->polled) {
			t->polled = true;
			t->waiters++;
		}
	}
	return mask;
}

#ifdef AMP_HAVE_RPMSG_FLOW_CONTROL
/* The wire has no such message: what comes for a paused endpoint waits here, and in the end in the ring. */
static int rpmsg_remote_ept_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst)
{
	rpmsg_remote_receive_pause(to_remote_endpoint(ept), pause);
	return 0;
}
#endif

static ssize_t rpmsg_remote_ept_get_mtu(struct rpmsg_endpoint *ept)
{
	return rpmsg_remote_mtu(to_remote_endpoint(ept)->remote);
}

const struct amp_rpmsg_endpoint_ops rpmsg_remote_endpoint_ops = {
	.destroy_ept = rpmsg_remote_destroy_ept,
	.send = rpmsg_remote_ept_send,
	.sendto = rpmsg_remote_ept_sendto,
	.trysend = rpmsg_remote_ept_trysend,
	.trysendto = rpmsg_remote_ept_trysendto,
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	.send_offchannel = rpmsg_remote_ept_send_offchannel,
	.trysend_offchannel = rpmsg_remote_ept_trysend_offchannel,
#endif
	.poll = rpmsg_remote_ept_poll,
#ifdef AMP_HAVE_RPMSG_FLOW_CONTROL
	.set_flow_control = rpmsg_remote_ept_set_flow_control,
#endif
	.get_mtu = rpmsg_remote_ept_get_mtu,
};
