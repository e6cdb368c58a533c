// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a link. The main writes status and resets without a doorbell, so table and status are looked at in
 * turns, and at once when a doorbell rings. What the C++ side then decides is done and told here. Each look also rings
 * every vring at its driver: a doorbell that got lost on its way costs a pause, not the link.
 */
#include <linux/jiffies.h>
#include <linux/of.h>
#include <linux/random.h>
#include <uapi/amp/resource_table.h>

#include "rproc_vdev_remote.h"

/* After a change the main is likely to go on: look often for a while. */
#define LOOK_EAGERLY_FOR msecs_to_jiffies(1000)
#define LOOK_EAGERLY_EVERY msecs_to_jiffies(10)
/* Between two looks, whatever the main does; the pause doubles each time that a vdev goes down soon after another. */
#define LOOK_PAUSE_MIN max(msecs_to_jiffies(5), 1UL)
#define LOOK_PAUSE_MAX msecs_to_jiffies(250)

#define rproc_vdev_say(level, remote, fmt, ...)						\
do {											\
	if (__ratelimit(&(remote)->said))						\
		dev_##level((remote)->dev, fmt, ##__VA_ARGS__);				\
} while (0)

/**
 * rproc_vdev_look_soon() - something may have changed
 * @remote:	the link
 *
 * Context: any.
 */
void rproc_vdev_look_soon(struct rproc_vdev_remote *remote)
{
	unsigned long delay = 0, flags;

	spin_lock_irqsave(&remote->timing_lock, flags);
	if (remote->live) {
		if (time_before(jiffies, remote->not_before))
			delay = remote->not_before - jiffies;
		mod_delayed_work(system_dfl_wq, &remote->look, delay);
	}
	spin_unlock_irqrestore(&remote->timing_lock, flags);
}

static void rproc_vdev_look_later(struct rproc_vdev_remote *remote, bool eager)
{
	unsigned long delay = eager ? min(LOOK_EAGERLY_EVERY, remote->interval) : remote->interval;

	spin_lock_irq(&remote->timing_lock);
	remote->not_before = jiffies + remote->pause;
	/* A doorbell that rang meanwhile has queued an earlier one. */
	if (remote->live)
		queue_delayed_work(system_dfl_wq, &remote->look, max(delay, remote->pause));
	spin_unlock_irq(&remote->timing_lock);
}

/**
 * rproc_vdev_complain() - one message on what is wrong in the table, or in what the main set up
 * @remote:	the link
 * @complaint:	what, and where
 */
void rproc_vdev_complain(struct rproc_vdev_remote *remote, const struct amp_vdev_complaint *complaint)
{
	const struct amp_complaint *c = &complaint->complaint;
	char where[40] = "resource table: ";
	int at = 0;

	if (!__ratelimit(&remote->complaints))
		return;
	if (complaint->vdev >= 0)
		at = scnprintf(where, sizeof(where), "vdev@%d: ", complaint->vdev);
	if (complaint->vring >= 0)
		scnprintf(where + at, sizeof(where) - at, "vring%d: ", complaint->vring);
	if (c->value > U16_MAX || c->limit > U16_MAX)
		dev_err(remote->dev, "%s%s 0x%llx, got 0x%llx\n", where, c->what, c->limit, c->value);
	else
		dev_err(remote->dev, "%s%s %llu, got %llu\n", where, c->what, c->limit, c->value);
}

static void rproc_vdev_tell_status(struct rproc_vdev_device *vdev, u8 status)
{
	static const struct {
		u8 bit;
		const char *name;
	} names[] = {
		{ AMP_VIRTIO_STATUS_ACKNOWLEDGE, " ACKNOWLEDGE" },
		{ AMP_VIRTIO_STATUS_DRIVER, " DRIVER" },
		{ AMP_VIRTIO_STATUS_FEATURES_OK, " FEATURES_OK" },
		{ AMP_VIRTIO_STATUS_DRIVER_OK, " DRIVER_OK" },
		{ AMP_VIRTIO_STATUS_NEEDS_RESET, " NEEDS_RESET" },
		{ AMP_VIRTIO_STATUS_FAILED, " FAILED" },
	};
	char text[80] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (status & names[i].bit)
			strlcat(text, names[i].name, sizeof(text));
	if (status)
		rproc_vdev_say(info, vdev->remote, "vdev@%u: the main has set%s (0x%02x)\n", vdev->rvdev.index, text,
			       status);
	else
		rproc_vdev_say(info, vdev->remote, "vdev@%u: the main has reset it\n", vdev->rvdev.index);
}

static void rproc_vdev_look_at_table(struct rproc_vdev_remote *remote)
{
	struct amp_vdev_complaint complaint;
	enum amp_table_news news;

	mutex_lock(&remote->lock);
	news = amp_vdevs_look_at_table(remote->vdevs, get_random_u32() ?: 1, &complaint);
	if (news == AMP_TABLE_FOUND || news == AMP_TABLE_BUILT)
		remote->tables++;
	if (news == AMP_TABLE_BAD)
		remote->bad_tables++;
	mutex_unlock(&remote->lock);

	switch (news) {
	case AMP_TABLE_NO_NEWS:
		return;
	case AMP_TABLE_AWAITED:
		rproc_vdev_say(info, remote, "no resource table there yet, waiting for whoever writes it\n");
		return;
	case AMP_TABLE_BAD:
		rproc_vdev_complain(remote, &complaint);
		return;
	case AMP_TABLE_FOUND:
		rproc_vdev_say(info, remote, "resource table found, %u vdevs described\n", remote->plan.vdevs);
		break;
	case AMP_TABLE_BUILT:
		rproc_vdev_say(info, remote, "resource table built, %u vdevs\n", remote->plan.vdevs);
		if (remote->ctrl.chan)
			rproc_vdev_doorbell_ring(&remote->ctrl);
		break;
	case AMP_TABLE_LOST:
		rproc_vdev_say(info, remote, "the resource table was taken away or written anew\n");
		break;
	}
	remote->last_change = jiffies;
}

static void rproc_vdev_mark(struct rproc_vdev_device *vdev)
{
	mutex_lock(&vdev->remote->lock);
	amp_vdevs_mark(vdev->remote->vdevs, vdev->rvdev.index);
	mutex_unlock(&vdev->remote->lock);
}

static void rproc_vdev_go_up(struct rproc_vdev_device *vdev, const struct amp_vdev_news *news)
{
	struct rproc_vdev_remote *remote = vdev->remote;
	unsigned int i;
	int ret = 0;

	vdev->features = news->features;
	mutex_lock(&remote->lock);
	for (i = 0; i < vdev->rvdev.num_vrings && !ret; i++)
		ret = amp_vdevs_vring(remote->vdevs, vdev->rvdev.index, i, &vdev->vring[i]);
	mutex_unlock(&remote->lock);
	atomic_set(&vdev->fault, 0);
	if (!ret)
		ret = rvdev_up(&vdev->rvdev);
	if (ret) {
		rproc_vdev_say(err, remote, "vdev@%u: its driver refuses to go up (%d), until the main resets it\n",
			       vdev->rvdev.index, ret);
		vdev->count.refused++;
		rproc_vdev_mark(vdev);
		return;
	}
	vdev->count.ups++;
	rproc_vdev_say(info, remote, "vdev@%u: up, features 0x%llx\n", vdev->rvdev.index, vdev->features);
}

static void rproc_vdev_go_down(struct rproc_vdev_device *vdev, const struct amp_vdev_news *news)
{
	struct rproc_vdev_remote *remote = vdev->remote;

	rvdev_down(&vdev->rvdev);
	vdev->count.downs++;
	if (news->mark) {
		vdev->count.faults++;
		rproc_vdev_mark(vdev);
	} else {
		vdev->count.resets++;
	}
	rproc_vdev_say(info, remote, "vdev@%u: down: %s\n", vdev->rvdev.index, news->why);
	if (time_before(jiffies, remote->last_change + 2 * LOOK_PAUSE_MAX))
		remote->pause = min(2 * remote->pause, LOOK_PAUSE_MAX);
	remote->last_change = jiffies;
}

/* True: look again soon, the main is about to change something. */
static bool rproc_vdev_look_at(struct rproc_vdev_device *vdev)
{
	struct rproc_vdev_remote *remote = vdev->remote;
	struct amp_vdev_news news;
	unsigned int rounds = 3;

	do {
		bool fault = atomic_xchg(&vdev->fault, 0);
		bool intact = rvdev_intact(&vdev->rvdev);

		mutex_lock(&remote->lock);
		amp_vdevs_look(remote->vdevs, vdev->rvdev.index, intact, fault, &news);
		mutex_unlock(&remote->lock);
		if (news.status_changed) {
			rproc_vdev_tell_status(vdev, news.status);
			remote->last_change = jiffies;
		}
		if (news.refused) {
			vdev->count.refused++;
			rproc_vdev_complain(remote, &news.complaint);
		}
		if (news.action == AMP_VDEV_GO_UP)
			rproc_vdev_go_up(vdev, &news);
		if (news.action == AMP_VDEV_GO_DOWN)
			rproc_vdev_go_down(vdev, &news);
		/* A main that waits for us to let go of the rings may make them anew. */
		if ((news.action == AMP_VDEV_GO_DOWN ||
		     (news.status_changed && !(news.status & AMP_VIRTIO_STATUS_DRIVER_OK))) && remote->ctrl.chan)
			rproc_vdev_doorbell_ring(&remote->ctrl);
	} while (news.again && --rounds);
	return news.changing || news.again;
}

static void rproc_vdev_notify_all(struct rproc_vdev_device *vdev)
{
	unsigned int i;

	for (i = 0; i < vdev->rvdev.num_vrings; i++)
		rvdev_notify(&vdev->rvdev, i);
}

static void rproc_vdev_watch(struct rproc_vdev_device *vdev)
{
	unsigned int i;

	for (i = 0; i < vdev->num_bells; i++)
		rproc_vdev_doorbell_watch(&vdev->bells[i]);
}

static void rproc_vdev_look(struct work_struct *work)
{
	struct rproc_vdev_remote *remote = container_of(to_delayed_work(work), struct rproc_vdev_remote, look);
	bool eager = false;
	unsigned int i;

	rproc_vdev_look_at_table(remote);
	for (i = 0; i < remote->plan.vdevs; i++) {
		if (rproc_vdev_look_at(remote->vdev[i]))
			eager = true;
		rproc_vdev_notify_all(remote->vdev[i]);
		rproc_vdev_watch(remote->vdev[i]);
	}
	rproc_vdev_doorbell_watch(&remote->all);
	rproc_vdev_doorbell_watch(&remote->ctrl);
	if (time_after(jiffies, remote->last_change + 2 * LOOK_PAUSE_MAX))
		remote->pause = LOOK_PAUSE_MIN;
	if (time_after(jiffies, remote->last_change + LOOK_EAGERLY_FOR))
		eager = false;
	rproc_vdev_look_later(remote, eager);
}

/**
 * rproc_vdev_look_init() - before anything can ask for a look
 * @remote:	the link; its interval is set
 */
void rproc_vdev_look_init(struct rproc_vdev_remote *remote)
{
	spin_lock_init(&remote->timing_lock);
	INIT_DELAYED_WORK(&remote->look, rproc_vdev_look);
	ratelimit_state_init(&remote->said, 5 * HZ, 30);
	ratelimit_set_flags(&remote->said, RATELIMIT_MSG_ON_RELEASE);
	ratelimit_state_init(&remote->complaints, 5 * HZ, 10);
	ratelimit_set_flags(&remote->complaints, RATELIMIT_MSG_ON_RELEASE);
	remote->pause = LOOK_PAUSE_MIN;
	remote->not_before = jiffies;
	remote->last_change = jiffies;
}

/**
 * rproc_vdev_look_start() - from here on the link lives
 * @remote:	the link, doorbells open; what is registered later comes up when it is
 */
void rproc_vdev_look_start(struct rproc_vdev_remote *remote)
{
	spin_lock_irq(&remote->timing_lock);
	remote->live = true;
	spin_unlock_irq(&remote->timing_lock);
	rproc_vdev_look_soon(remote);
}

/**
 * rproc_vdev_look_stop() - the link goes down and stays so; the main is told if the table is ours
 * @remote:	the link; may be stopped twice
 *
 * Context: process. Drivers have let go of the rings when this returns.
 */
void rproc_vdev_look_stop(struct rproc_vdev_remote *remote)
{
	unsigned int i;
	bool tell;

	spin_lock_irq(&remote->timing_lock);
	remote->live = false;
	spin_unlock_irq(&remote->timing_lock);
	cancel_delayed_work_sync(&remote->look);

	for (i = 0; i < remote->plan.vdevs; i++)
		rvdev_down(&remote->vdev[i]->rvdev);
	mutex_lock(&remote->lock);
	tell = amp_vdevs_withdraw(remote->vdevs);
	mutex_unlock(&remote->lock);
	if (tell && remote->ctrl.chan)
		rproc_vdev_doorbell_ring(&remote->ctrl);
	ratelimit_state_exit(&remote->said);
	ratelimit_state_exit(&remote->complaints);
}
