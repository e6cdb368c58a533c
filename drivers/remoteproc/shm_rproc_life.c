// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the link as the remoteproc core and the remote see it.
 *
 *   DETACHED --(a valid table, seen at a doorbell)--> ATTACHED --(table gone or built anew; user; rmmod)--> DETACHED
 *
 * One worker makes these steps; the doorbells only wake it. It also looks in turns, at table and vrings, so that a
 * doorbell that got lost on its way costs a pause, not the link. It does not report a crash when the remote restarts:
 * the core's recovery reads the table anew on recent kernels only, and one that fails leaves a power count with which
 * the remote can never be attached again. Crashes that others report are recovered by the core, as everywhere.
 *
 * Two habits of the core decide some lines here. It calls stop() where an attach fails half way, whether there is one
 * or not. And it keeps the pointers to a table that it has freed: prepare() clears them.
 */
#include <linux/module.h>
#include <linux/of.h>

#include "shm_rproc.h"

static unsigned int poll_ms = 100;
module_param(poll_ms, uint, 0644);
MODULE_PARM_DESC(poll_ms, "how often table and vrings are looked at without a doorbell, where devicetree does not say (0 to 10000 ms; 0: never)");

/* A remote that restarts in a loop costs no more than this many attachments. */
#define ATTACH_INTERVAL (HZ / 2)

/* Once, and again when somebody asks: a table that stays wrong is looked at in turns. */
void shm_rproc_tell_refusal(struct shm_rproc *shm, const struct amp_shm_complaint *complaint, bool asked)
{
	const struct amp_complaint *why = &complaint->why;
	char where[32] = "";

	if (!asked && why->what == shm->refused.what && why->value == shm->refused.value)
		return;
	shm->refused = *why;
	if (complaint->vring != AMP_SHM_NOWHERE)
		snprintf(where, sizeof(where), " vdev %u vring %u:", complaint->vdev, complaint->vring);
	else if (complaint->vdev != AMP_SHM_NOWHERE)
		snprintf(where, sizeof(where), " vdev %u:", complaint->vdev);
	else if (complaint->entry != AMP_SHM_NOWHERE)
		snprintf(where, sizeof(where), " entry %u:", complaint->entry);

	atomic_inc(&shm->tables_refused);
	if (why->value > U16_MAX || why->limit > U16_MAX)
		dev_err_ratelimited(shm->dev, "resource table refused:%s %s 0x%llx, got 0x%llx\n", where, why->what,
				    why->limit, why->value);
	else
		dev_err_ratelimited(shm->dev, "resource table refused:%s %s %llu, got %llu\n", where, why->what,
				    why->limit, why->value);
}

/* rproc->lock held, not attached. */
static int take_table(struct shm_rproc *shm, bool asked)
{
	struct amp_shm_complaint complaint;

	switch (amp_shm_table_take(shm->table, &complaint)) {
	case AMP_SHM_TAKEN:
		shm->absence_told = false;
		return 0;
	case AMP_SHM_ABSENT:
		if (!shm->absence_told)
			dev_info(shm->dev, "no resource table yet: waiting for the remote's doorbell\n");
		shm->absence_told = true;
		return -ENODATA;
	default:
		shm_rproc_tell_refusal(shm, &complaint, asked);
		return -EINVAL;
	}
}

/**
 * shm_rproc_withdraw() - the remote sees status 0 in every vdev, is told, and gets time to notice
 * @shm:	us
 *
 * Context: process. Harmless where the table is not ours (any more).
 */
void shm_rproc_withdraw(struct shm_rproc *shm)
{
	unsigned long flags;
	bool was_used;

	spin_lock_irqsave(&shm->table_lock, flags);
	was_used = amp_shm_table_withdraw(shm->table);
	spin_unlock_irqrestore(&shm->table_lock, flags);

	shm_rproc_ring_ctrl(shm);
	if (was_used)
		shm_rproc_await_answer(shm);
}

/* Whatever attach or prepare did; any number of times. rproc->lock held. */
void shm_rproc_let_go(struct shm_rproc *shm)
{
	if (!shm->claimed)
		return;
	shm->claimed = false;
	WRITE_ONCE(shm->attached, false);
	if (shm->subdev_added)
		rproc_remove_subdev(shm->rproc, &shm->subdev);
	shm->subdev_added = false;
	shm_rproc_withdraw(shm);
}

static int shm_rproc_prepare(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;
	int ret;

	rproc->table_ptr = NULL;
	rproc->clean_table = NULL;
	if (READ_ONCE(shm->closing))
		return -ESHUTDOWN;

	ret = take_table(shm, true);
	if (ret)
		return ret;
	shm->claimed = true;
	if (amp_shm_table_claim(shm->table)) {
		dev_info(shm->dev, "the remote still serves a main that went without a word: resetting\n");
		shm_rproc_ring_ctrl(shm);
		shm_rproc_await_answer(shm);
	}

	ret = shm_rproc_add_carveouts(shm);
	if (ret) {
		/* The core does not clean up after a prepare that fails. */
		rproc_resource_cleanup(rproc);
		shm_rproc_let_go(shm);
	}
	return ret;
}

static struct resource_table *shm_rproc_get_loaded_rsc_table(struct rproc *rproc, size_t *size)
{
	struct shm_rproc *shm = rproc->priv;

	*size = amp_shm_table_size(shm->table);
	return shm->copy;
}

/* The core is about to start the virtio devices; shm_rproc_let_go() undoes it. rproc->lock held. */
void shm_rproc_link_up(struct shm_rproc *shm)
{
	rproc_add_subdev(shm->rproc, &shm->subdev);
	shm->subdev_added = true;
	WRITE_ONCE(shm->attached, true);
}

/* The recovery of some kernels attaches without prepare(), on a table that is nobody's: we attach again, our way. */
static int shm_rproc_attach(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;

	if (!shm->claimed) {
		shm_rproc_look_soon(shm);
		return -EAGAIN;
	}
	shm_rproc_link_up(shm);
	shm->wanted = true;
	shm->attached_at = jiffies;
	return 0;
}

static int shm_rproc_detach(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;

	/* In recovery it is the core that detaches; else a user, or our worker, which knows better. */
	if (rproc->state == RPROC_ATTACHED)
		shm->wanted = false;
	shm_rproc_let_go(shm);
	return 0;
}

/* Nobody can stop a processor that somebody else started: stop is detach. */
static int shm_rproc_stop(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;

	if (rproc->state == RPROC_ATTACHED || rproc->state == RPROC_CRASHED)
		shm->wanted = false;
	shm_rproc_let_go(shm);
	return 0;
}

static int shm_rproc_unprepare(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;

	shm_rproc_let_go(shm);
	if (rproc->state == RPROC_OFFLINE)
		rproc->state = RPROC_DETACHED;
	return 0;
}

void shm_rproc_kick(struct rproc *rproc, int notifyid)
{
	struct shm_rproc *shm = rproc->priv;

	/* A vdev node's driver has mailboxes of its own, and comes here to have its words shown. */
	if (shm_rproc_publish(shm) && !shm_rproc_has_bell(shm, notifyid))
		shm_rproc_ring_ctrl(shm);
	else
		shm_rproc_ring_vring(shm, notifyid);
}

const struct rproc_ops shm_rproc_ops = {
	.prepare = shm_rproc_prepare,
	.unprepare = shm_rproc_unprepare,
	.attach = shm_rproc_attach,
	.detach = shm_rproc_detach,
	.stop = shm_rproc_stop,
	.kick = shm_rproc_kick,
	.get_loaded_rsc_table = shm_rproc_get_loaded_rsc_table,
};

/**
 * shm_rproc_tidy() - a recovery that failed leaves the core with all it had, and with a count that lets nobody start it
 * @shm:	down
 *
 * Context: process, rproc->lock held. Return: there was something left.
 */
bool shm_rproc_tidy(struct shm_rproc *shm)
{
	struct rproc *rproc = shm->rproc;

	if (!atomic_read(&rproc->power))
		return false;
	rproc_resource_cleanup(rproc);
	kfree(rproc->cached_table);
	rproc->cached_table = NULL;
	rproc->table_ptr = NULL;
	rproc->table_sz = 0;
	atomic_set(&rproc->power, 0);
	return true;
}

static unsigned int state_of(struct rproc *rproc)
{
	unsigned int state;

	mutex_lock(&rproc->lock);
	state = rproc->state;
	mutex_unlock(&rproc->lock);
	return state;
}

/* Detach, for all who asked for the remote to be attached. */
static void leave(struct shm_rproc *shm)
{
	struct rproc *rproc = shm->rproc;
	int users = atomic_read(&rproc->power);
	unsigned int state = state_of(rproc);
	int ret = 0;

	for (; !ret && users > 0 && (state == RPROC_ATTACHED || state == RPROC_RUNNING || state == RPROC_CRASHED);
	     users--) {
		ret = state == RPROC_ATTACHED ? rproc_detach(rproc) : rproc_shutdown(rproc);
		state = state_of(rproc);
	}
	if (ret)
		dev_err(shm->dev, "cannot detach: %d\n", ret);
	mutex_lock(&rproc->lock);
	if (shm->boot)
		shm_rproc_tidy_boot(shm);
	else if (rproc->state == RPROC_DETACHED)
		shm_rproc_tidy(shm);
	mutex_unlock(&rproc->lock);
}

/* Is the table still ours? Then both ends see what the other wrote into it. Link up, rproc->lock held. */
enum amp_shm_sight shm_rproc_look_at_table(struct shm_rproc *shm)
{
	enum amp_shm_sight sight;
	bool changed = false;
	unsigned long flags;

	spin_lock_irqsave(&shm->table_lock, flags);
	sight = amp_shm_table_look(shm->table);
	if (sight == AMP_SHM_INTACT) {
		changed = amp_shm_table_publish(shm->table);
		amp_shm_table_refresh(shm->table);
	}
	spin_unlock_irqrestore(&shm->table_lock, flags);
	if (changed)
		shm_rproc_ring_ctrl(shm);
	return sight;
}

/* Attached: has the table been taken from us? */
static bool lost(struct shm_rproc *shm)
{
	enum amp_shm_sight sight = AMP_SHM_INTACT;

	mutex_lock(&shm->rproc->lock);
	if (shm->rproc->state == RPROC_ATTACHED)
		sight = shm_rproc_look_at_table(shm);
	mutex_unlock(&shm->rproc->lock);

	if (sight == AMP_SHM_INTACT)
		return false;
	atomic_inc(&shm->restarts);
	dev_warn_ratelimited(shm->dev, "the remote %s: detaching\n",
			     sight == AMP_SHM_GONE ? "took its resource table away" : "restarted");
	return true;
}

/* Detached, and not because a user wanted it: is there a table to attach to? */
static bool found(struct shm_rproc *shm, bool asked)
{
	struct rproc *rproc = shm->rproc;
	bool table = false;

	mutex_lock(&rproc->lock);
	if (rproc->state == RPROC_DETACHED && shm->wanted && !READ_ONCE(shm->closing)) {
		shm_rproc_tidy(shm);
		table = !take_table(shm, asked) &&
			(asked || !shm->failed || shm->failed_in != amp_shm_table_incarnation(shm->table));
	}
	mutex_unlock(&rproc->lock);
	return table;
}

/* What somebody else starts. @delay: to the next look, where nothing happens. Return: the same, maybe sooner. */
static unsigned long watch_table(struct shm_rproc *shm, unsigned long delay)
{
	unsigned long due = shm->attached_at + ATTACH_INTERVAL;

	if (lost(shm)) {
		leave(shm);
		shm->wanted = true;
	}
	if (time_before(jiffies, due))
		return delay ? min(delay, due - jiffies) : due - jiffies;
	if (found(shm, xchg(&shm->rung, false))) {
		shm->failed_in = amp_shm_table_incarnation(shm->table);
		shm->failed = rproc_boot(shm->rproc) != 0;
	}
	return delay;
}

static void look(struct work_struct *work)
{
	struct shm_rproc *shm = container_of(to_delayed_work(work), struct shm_rproc, look);
	unsigned long delay = shm->interval;

	if (READ_ONCE(shm->closing)) {
		leave(shm);
		return;
	}
	delay = shm->boot ? shm_rproc_watch_boot(shm, delay) : watch_table(shm, delay);
	shm_rproc_wake_vrings(shm);
	/* A doorbell that rang meanwhile has queued an earlier one. */
	if (delay)
		queue_delayed_work(shm->workers, &shm->look, delay);
}

/**
 * shm_rproc_look_soon() - something may have changed in the resource table
 * @shm:	us
 *
 * Context: any.
 */
void shm_rproc_look_soon(struct shm_rproc *shm)
{
	WRITE_ONCE(shm->rung, true);
	if (READ_ONCE(shm->ready))
		mod_delayed_work(shm->workers, &shm->look, 0);
}

int shm_rproc_init_life(struct shm_rproc *shm)
{
	u32 interval = min(poll_ms, 10000);

	of_property_read_u32(shm->dev->of_node, "virtio,poll-interval-ms", &interval);
	if (interval > 10000)
		return dev_err_probe(shm->dev, -EINVAL, "%pOF: virtio,poll-interval-ms is %u, expected at most 10000\n",
				     shm->dev->of_node, interval);
	shm->interval = msecs_to_jiffies(interval);
	INIT_DELAYED_WORK(&shm->look, look);
	spin_lock_init(&shm->table_lock);
	shm->wanted = true;
	shm->attached_at = jiffies - ATTACH_INTERVAL;
	shm_rproc_init_vdevs(shm);
	return 0;
}
