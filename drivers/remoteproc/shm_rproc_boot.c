// SPDX-License-Identifier: GPL-2.0-only
/*
 * A remote that we load and start: resident code waits there, and takes commands through the region "control"
 * (include/uapi/amp/boot.h, Documentation/boot.md).
 *
 *   OFFLINE --(loaded; START answered with RUNNING)--> RUNNING --(STOP, answered or not)--> OFFLINE
 *                                                         |  ^
 *                                   (CRASHED, or any word  v  |  (STOP; dump; loaded; START)
 *                                    that says otherwise) CRASHED
 *
 * From CRASHED it is the core that takes all steps.
 *
 * Nothing is loaded over code that may run: a remote that does not say that it rests is told to STOP, and awaited,
 * before the first segment is copied. To stop it counts as done, though, also where it does not answer: nothing of ours
 * depends on it, and the core has no way out of a stop that failed.
 */
#include <linux/of.h>
#include <linux/slab.h>

#include "shm_rproc_boot.h"

#define TIMEOUT_MS 5000 /* unless DT says otherwise */
#define TIMEOUT_MS_MAX 60000
#define POLL_MS 20 /* how long a doorbell that got lost delays an answer */

/* A remote that crashes in a loop is recovered so often. */
#define RECOVERY_INTERVAL (HZ / 2)

#define SIGNS_PRESENT (BIT(AMP_SHM_SILENT) | BIT(AMP_SHM_QUIET) | BIT(AMP_SHM_RUNNING) | BIT(AMP_SHM_CRASHED))

static void look(struct shm_rproc *shm, struct amp_shm_answer *answer)
{
	unsigned long flags;

	spin_lock_irqsave(&shm->boot->lock, flags);
	amp_shm_control_look(shm->boot->control, answer);
	spin_unlock_irqrestore(&shm->boot->lock, flags);
}

static void tell_nonsense(struct shm_rproc *shm, const struct amp_complaint *why)
{
	dev_err_ratelimited(shm->dev, "control block: %s %llu, got %llu\n", why->what, why->limit, why->value);
}

/* For one of @signs. @starting: nobody waits for that when we leave. */
static int await(struct shm_rproc *shm, unsigned int signs, bool starting, struct amp_shm_answer *answer)
{
	unsigned long end = jiffies + msecs_to_jiffies(shm->boot->timeout_ms);

	for (;;) {
		bool over = time_after_eq(jiffies, end);

		reinit_completion(&shm->answered);
		look(shm, answer);
		if (BIT(answer->sign) & signs)
			return 0;
		if (answer->sign == AMP_SHM_NONSENSE) {
			tell_nonsense(shm, &answer->why);
			return -EPROTO;
		}
		if (starting && READ_ONCE(shm->closing))
			return -ESHUTDOWN;
		if (over)
			return -ETIMEDOUT;
		wait_for_completion_timeout(&shm->answered, msecs_to_jiffies(POLL_MS));
	}
}

static void command_stop(struct shm_rproc *shm)
{
	unsigned long flags;

	spin_lock_irqsave(&shm->boot->lock, flags);
	amp_shm_control_stop(shm->boot->control);
	spin_unlock_irqrestore(&shm->boot->lock, flags);
	shm_rproc_ring_ctrl(shm);
}

static int stop_remote(struct shm_rproc *shm, bool starting)
{
	struct amp_shm_answer answer;
	int ret;

	command_stop(shm);
	ret = await(shm, BIT(AMP_SHM_QUIET) | BIT(AMP_SHM_ABSENT_STUB), starting, &answer);
	if (ret == -ETIMEDOUT)
		dev_err(shm->dev, "the remote does not stop within %u ms: it may still run\n", shm->boot->timeout_ms);
	return ret;
}

/**
 * shm_rproc_make_quiet() - before anything is written where the remote may have its code
 * @shm:	us
 *
 * Context: process, rproc->lock held. Return: 0: nothing of it runs; or an errno after a message.
 */
int shm_rproc_make_quiet(struct shm_rproc *shm)
{
	struct amp_shm_answer answer;
	int ret;

	ret = await(shm, SIGNS_PRESENT, true, &answer);
	if (ret == -ETIMEDOUT)
		dev_err(shm->dev, "the remote's boot code has not come up within %u ms\n", shm->boot->timeout_ms);
	if (ret || answer.sign == AMP_SHM_QUIET)
		return ret;
	return stop_remote(shm, true);
}

/* 0: it does not say. */
u32 shm_rproc_machine(struct shm_rproc *shm)
{
	struct amp_shm_answer answer;

	look(shm, &answer);
	return answer.machine;
}

static int boot_prepare(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;
	int ret;

	if (READ_ONCE(shm->closing))
		return -ESHUTDOWN;
	ret = shm_rproc_add_carveouts(shm);
	/* The core does not clean up after a prepare that fails, nor after a parse_fw: see boot_unprepare(). */
	if (ret)
		rproc_resource_cleanup(rproc);
	return ret;
}

static int boot_unprepare(struct rproc *rproc)
{
	rproc_resource_cleanup(rproc);
	return 0;
}

static int command_start(struct shm_rproc *shm, u64 table)
{
	struct shm_rproc_boot *boot = shm->boot;
	struct amp_shm_answer answer;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&boot->lock, flags);
	amp_shm_control_start(boot->control, shm->rproc->bootaddr, table, shm->rproc->table_sz);
	spin_unlock_irqrestore(&boot->lock, flags);
	shm_rproc_ring_ctrl(shm);

	ret = await(shm, BIT(AMP_SHM_RUNNING) | BIT(AMP_SHM_QUIET) | BIT(AMP_SHM_CRASHED), true, &answer);
	if (ret == -ETIMEDOUT)
		dev_err(shm->dev, "the remote does not answer START within %u ms\n", boot->timeout_ms);
	if (ret || answer.sign == AMP_SHM_RUNNING)
		return ret;
	dev_err(shm->dev, "the remote %s: reason 0x%x\n",
		answer.sign == AMP_SHM_QUIET ? "refuses to start" : "crashed as it started", answer.reason);
	return -EIO;
}

static int boot_start(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;
	u64 table;
	int ret;

	ret = shm_rproc_lay_table(shm, &table);
	if (ret)
		return ret;
	ret = command_start(shm, table);
	if (ret) {
		shm_rproc_let_go(shm);
		/* Whenever it looks, this is what it sees, and not START. */
		command_stop(shm);
		return ret;
	}
	shm_rproc_link_up(shm);
	shm->boot->auto_boot = false;
	shm->boot->reported = false;
	shm->boot->started_at = jiffies;
	return 0;
}

static int boot_stop(struct rproc *rproc)
{
	struct shm_rproc *shm = rproc->priv;

	shm_rproc_let_go(shm);
	stop_remote(shm, false);
	return 0;
}

const struct rproc_ops shm_rproc_boot_ops = {
	.prepare = boot_prepare,
	.unprepare = boot_unprepare,
	.start = boot_start,
	.stop = boot_stop,
	.kick = shm_rproc_kick,
	.da_to_va = shm_rproc_da_to_va,
};

/* rproc->lock held. Return: whether the remote does not do what it was told to; then it was said how. */
static bool gone_wrong(struct shm_rproc *shm)
{
	struct amp_shm_answer answer;

	look(shm, &answer);
	switch (answer.sign) {
	case AMP_SHM_RUNNING:
		if (shm_rproc_look_at_table(shm) == AMP_SHM_INTACT)
			return false;
		dev_err(shm->dev, "the remote wrote over its resource table\n");
		return true;
	case AMP_SHM_CRASHED:
		dev_err(shm->dev, "the remote crashed: reason 0x%x\n", answer.reason);
		return true;
	case AMP_SHM_NONSENSE:
		tell_nonsense(shm, &answer.why);
		return true;
	default:
		dev_err(shm->dev, "the remote stopped without a word: reason 0x%x\n", answer.reason);
		return true;
	}
}

/**
 * shm_rproc_tidy_boot() - after a recovery that failed
 * @shm:	us
 *
 * Context: process, rproc->lock held.
 */
void shm_rproc_tidy_boot(struct shm_rproc *shm)
{
	if (shm->rproc->state == RPROC_OFFLINE && shm_rproc_tidy(shm))
		dev_err(shm->dev, "not recovered: the remote is off until somebody starts it\n");
}

static bool want_auto_boot(struct shm_rproc *shm)
{
	struct shm_rproc_boot *boot = shm->boot;
	struct amp_shm_answer answer;
	bool tried = boot->tried;

	if (!boot->auto_boot)
		return false;
	look(shm, &answer);
	boot->tried = BIT(answer.sign) & SIGNS_PRESENT;
	return boot->tried && !tried;
}

/**
 * shm_rproc_watch_boot() - has the remote come up, or gone wrong?
 * @shm:	us
 * @delay:	jiffies to the next look, where nothing happens
 *
 * Context: process, our worker. Return: @delay, or less where something has to wait.
 */
unsigned long shm_rproc_watch_boot(struct shm_rproc *shm, unsigned long delay)
{
	struct shm_rproc_boot *boot = shm->boot;
	struct rproc *rproc = shm->rproc;
	unsigned long now = jiffies, due = boot->started_at + RECOVERY_INTERVAL;
	bool crashed = false, start = false;

	mutex_lock(&rproc->lock);
	if (rproc->state == RPROC_RUNNING && !boot->reported) {
		if (time_before(now, due))
			delay = delay ? min(delay, due - now) : due - now;
		else
			crashed = gone_wrong(shm);
		boot->reported = crashed;
	} else if (rproc->state == RPROC_OFFLINE) {
		shm_rproc_tidy_boot(shm);
		start = want_auto_boot(shm);
	}
	mutex_unlock(&rproc->lock);

	if (crashed)
		rproc_report_crash(rproc, RPROC_FATAL_ERROR);
	if (start)
		rproc_boot(rproc);
	return delay;
}

/**
 * shm_rproc_end_boot() - this kernel ends: a remote that we started stops
 * @shm:	us
 *
 * Context: process.
 */
void shm_rproc_end_boot(struct shm_rproc *shm)
{
	struct amp_shm_answer answer;

	look(shm, &answer);
	if (answer.sign == AMP_SHM_RUNNING || answer.sign == AMP_SHM_CRASHED)
		stop_remote(shm, false);
}

static int read_timeout(struct shm_rproc *shm)
{
	u32 timeout = TIMEOUT_MS;

	of_property_read_u32(shm->dev->of_node, "linux-remote,answer-timeout-ms", &timeout);
	if (!timeout || timeout > TIMEOUT_MS_MAX)
		return dev_err_probe(shm->dev, -EINVAL, "linux-remote,answer-timeout-ms is %u, expected 1 to %d\n",
				     timeout, TIMEOUT_MS_MAX);
	shm->boot->timeout_ms = timeout;
	return 0;
}

/**
 * shm_rproc_init_boot() - from now on it is us who load and start the remote
 * @shm:	with regions and doorbells, and a rproc that was not added yet
 *
 * Context: process, at probe. Return: 0, or an errno after one message.
 */
int shm_rproc_init_boot(struct shm_rproc *shm)
{
	const struct shm_rproc_region *region = shm_rproc_find_region(shm, SHM_RPROC_CONTROL);
	struct device *dev = shm->dev;
	struct shm_rproc_boot *boot;
	int ret;

	boot = devm_kzalloc(dev, sizeof(*boot), GFP_KERNEL);
	if (!boot)
		return -ENOMEM;
	boot->control = devm_kzalloc(dev, amp_shm_control_footprint(), GFP_KERNEL);
	if (!boot->control)
		return -ENOMEM;
	spin_lock_init(&boot->lock);
	boot->auto_boot = of_property_read_bool(dev->of_node, "linux-remote,auto-boot");
	shm->boot = boot;
	ret = read_timeout(shm);
	if (!ret)
		ret = shm_rproc_init_firmware(shm);
	if (ret)
		return ret;

	amp_shm_control_init(boot->control, region->va, region->size);
	return 0;
}
