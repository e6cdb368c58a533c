// SPDX-License-Identifier: GPL-2.0-only
/* Each allocation of a step fails in turn: the step fails as a whole or not at all, and works when asked again. */
#include <linux/debugfs.h>
#include <linux/fault-inject.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "rpmsg_remote_kunit_suite.h"

/* More allocations than any of the steps makes. */
#define MOST	400

/* By default failslab spares those that may wait, which are all that we make, and prints a backtrace for the others. */
static int failslab_set(const char *name, unsigned int size, u64 value)
{
	struct dentry *folder = debugfs_lookup("failslab", NULL), *file = NULL;
	void *variable = NULL;

	if (folder)
		file = debugfs_lookup(name, folder);
	if (file)
		variable = d_inode(file)->i_private;
	if (variable && size == sizeof(bool))
		*(bool *)variable = value;
	else if (variable)
		*(unsigned long *)variable = value;
	dput(file);
	dput(folder);
	return variable ? 0 : -ENOENT;
}

static int failslab_init(struct kunit *test)
{
	void *memory;

	if (failslab_set("ignore-gfp-wait", sizeof(bool), false) ||
	    failslab_set("verbose", sizeof(unsigned long), 0))
		kunit_skip(test, "no failslab in debugfs");
	current->fail_nth = 1;
	memory = kmalloc(8, GFP_KERNEL);
	current->fail_nth = 0;
	kfree(memory);
	if (memory)
		kunit_skip(test, "failslab lets no allocation fail");
	return 0;
}

static void failslab_exit(struct kunit *test)
{
	current->fail_nth = 0;
	bench_close(test);
	failslab_set("ignore-gfp-wait", sizeof(bool), true);
	failslab_set("verbose", sizeof(unsigned long), 2);
}

/**
 * struct step - something that allocates
 * @run:	does it; 0 or an errno
 * @failed:	it failed: is everything as before?
 * @undo:	it worked: takes it back
 * @least:	allocations of it that have to be seen failing, or the case tests nothing
 */
struct step {
	int (*run)(struct bench *bench);
	void (*failed)(struct bench *bench);
	void (*undo)(struct bench *bench);
	unsigned int least;
};

static void each_allocation_fails(struct bench *bench, const struct step *step)
{
	struct kunit *test = bench->test;
	unsigned int nth, failures = 0;
	bool injected = true;
	int err;

	for (nth = 1; injected && nth < MOST; nth++) {
		current->fail_nth = nth;
		err = step->run(bench);
		injected = !current->fail_nth;
		current->fail_nth = 0;
		if (err) {
			KUNIT_EXPECT_TRUE_MSG(test, injected, "failed by itself: %d", err);
			failures++;
			step->failed(bench);
		} else {
			step->undo(bench);
		}
	}
	KUNIT_EXPECT_FALSE_MSG(test, injected, "more than %u allocations", MOST);
	KUNIT_EXPECT_GE(test, failures, step->least);
	kunit_info(test, "%u allocations failed, %u of them the step\n", nth - 2, failures);
	KUNIT_EXPECT_EQ(test, step->run(bench), 0);
	step->undo(bench);
}

static void nothing(struct bench *bench)
{
}

static int run_probe(struct bench *bench)
{
	return device_attach(&bench->rvdev->dev) == 1 ? 0 : -ENOMEM;
}

static void undo_probe(struct bench *bench)
{
	device_release_driver(&bench->rvdev->dev);
}

static void failed_probe(struct bench *bench)
{
	KUNIT_EXPECT_NULL(bench->test, bench->rvdev->bound);
	KUNIT_EXPECT_FALSE(bench->test, bench->rvdev->up);
}

static void probing(struct kunit *test)
{
	static const struct step step = { run_probe, failed_probe, undo_probe, 8 };
	struct bench *bench = bench_open(test, NULL);

	device_release_driver(&bench->rvdev->dev);
	each_allocation_fails(bench, &step);
}

static int run_up(struct bench *bench)
{
	return bench_up(bench);
}

static void failed_up(struct bench *bench)
{
	KUNIT_EXPECT_FALSE(bench->test, bench->rvdev->up);
	KUNIT_EXPECT_FALSE(bench->test, bench_remote(bench)->transmit.up);
	KUNIT_EXPECT_FALSE(bench->test, bench_remote(bench)->receive.up);
}

/* The bus is bound anew, so that each time it makes whatever it makes but once. */
static void undo_up(struct bench *bench)
{
	bench_down(bench);
	device_release_driver(&bench->rvdev->dev);
	KUNIT_EXPECT_EQ(bench->test, device_attach(&bench->rvdev->dev), 1);
}

static void coming_up(struct kunit *test)
{
	static const struct step step = { run_up, failed_up, undo_up, 3 };

	each_allocation_fails(bench_open(test, NULL), &step);
}

static struct rpmsg_endpoint *made;

static int run_create_ept(struct bench *bench)
{
	made = bench_endpoint(bench, 0x700, inbox_callback, &bench->inbox);
	return made ? 0 : -ENOMEM;
}

static void undo_create_ept(struct bench *bench)
{
	rpmsg_destroy_ept(made);
}

static void creating_an_endpoint(struct kunit *test)
{
	static const struct step step = { run_create_ept, nothing, undo_create_ept, 1 };

	each_allocation_fails(bench_open_up(test, NULL), &step);
}

static int run_create_dynamic_ept(struct bench *bench)
{
	made = bench_endpoint(bench, RPMSG_ADDR_ANY, inbox_callback, &bench->inbox);
	return made ? 0 : -ENOMEM;
}

static void creating_a_dynamic_endpoint(struct kunit *test)
{
	static const struct step step = { run_create_dynamic_ept, nothing, undo_create_ept, 1 };

	each_allocation_fails(bench_open_up(test, NULL), &step);
}

static int run_create_channel(struct bench *bench)
{
	struct rpmsg_device *rpdev = bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN);

	if (!rpdev)
		return -ENOMEM;
	/* A channel whose driver did not get its memory is a channel without a driver. */
	return 0;
}

static void undo_create_channel(struct bench *bench)
{
	KUNIT_EXPECT_EQ(bench->test, bench_release_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN), 0);
}

static void creating_a_channel(struct kunit *test)
{
	static const struct step step = { run_create_channel, nothing, undo_create_channel, 3 };

	each_allocation_fails(bench_open(test, NULL), &step);
}

/* The end of a channel always works; at worst the main is not told, and that is counted. */
static int run_release_channel(struct bench *bench)
{
	undo_create_channel(bench);
	return 0;
}

static void recreate_channel(struct bench *bench)
{
	struct amp_frame frame;

	flush_workqueue(bench_remote(bench)->announcer);
	while (!bench_nothing_received(bench))
		;
	if (bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN))
		bench_receive(bench, &frame, NULL, NULL);
}

static void releasing_a_channel(struct kunit *test)
{
	static const struct step step = { run_release_channel, nothing, recreate_channel, 0 };
	struct bench *bench = bench_open_up(test, NULL);

	bench_channel(bench);
	kunit_log_start(test, "main was not told that kunit at 0x400 ended");
	each_allocation_fails(bench, &step);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "announcements_lost"), 1);
	KUNIT_EXPECT_EQ(test, kunit_log_count(test), 1);
}

static struct kunit_case failslab_cases[] = {
	KUNIT_CASE_SLOW(probing),
	KUNIT_CASE(coming_up),
	KUNIT_CASE(creating_an_endpoint),
	KUNIT_CASE(creating_a_dynamic_endpoint),
	KUNIT_CASE(creating_a_channel),
	KUNIT_CASE(releasing_a_channel),
	{}
};

struct kunit_suite rpmsg_remote_failslab_suite = {
	.name = "rpmsg_remote_failslab",
	.init = failslab_init,
	.exit = failslab_exit,
	.test_cases = failslab_cases,
};
