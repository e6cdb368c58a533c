// SPDX-License-Identifier: GPL-2.0-only
/* What the main announces, well-formed or not. */
#include "rpmsg_remote_kunit_suite.h"

#define ANNOUNCEMENTS	3000
#define CHANNELS_MAX	1024 /* of the main's, as documented */

static void announce(struct bench *bench, const char *name, u32 addr, u32 flags)
{
	struct amp_rpmsg_ns_message message = { .addr = addr, .flags = flags };

	strscpy(message.name, name, sizeof(message.name));
	bench_send(bench, addr, RPMSG_NS_ADDR, &message, sizeof(message));
}

/* How many channels the main has here. */
static unsigned int from_main(struct bench *bench)
{
	struct rpmsg_remote *remote = bench_remote(bench);

	guard(mutex)(&remote->channels_lock);
	return remote->num_from_main;
}

/* The channel that goes to @dst, once its driver has it; a reference is the caller's. */
static struct device *await_channel(struct bench *bench, const char *name, u32 dst)
{
	struct rpmsg_channel_info chinfo = { .src = RPMSG_ADDR_ANY, .dst = dst };
	struct device *dev = NULL;

	strscpy(chinfo.name, name, sizeof(chinfo.name));
	bench_await(bench, (dev = rpmsg_find_device(&bench->rvdev->dev, &chinfo)));
	if (dev)
		bench_await(bench, amp_device_is_bound(dev));
	return dev;
}

/* No such channel. */
static bool is_gone(struct bench *bench, const char *name, u32 dst)
{
	struct rpmsg_channel_info chinfo = { .src = RPMSG_ADDR_ANY, .dst = dst };
	struct device *dev;

	strscpy(chinfo.name, name, sizeof(chinfo.name));
	dev = rpmsg_find_device(&bench->rvdev->dev, &chinfo);
	put_device(dev);
	return !dev;
}

static void makes_and_ends_a_channel(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_device *rpdev;
	struct device *dev;
	struct amp_frame frame;
	u32 word = 0xabcd;

	announce(bench, "kunit", 0x321, AMP_RPMSG_NS_CREATE);
	dev = await_channel(bench, "kunit", 0x321);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	rpdev = container_of(dev, struct rpmsg_device, dev);
	/* Its messages go to the announced address; the main is not told of what is its own. */
	KUNIT_EXPECT_EQ(test, rpmsg_send(rpdev->ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, &word, NULL));
	KUNIT_EXPECT_EQ(test, frame.dst, 0x321);
	KUNIT_EXPECT_EQ(test, frame.src, rpdev->src);
	put_device(dev);
	announce(bench, "kunit", 0x321, AMP_RPMSG_NS_DESTROY);
	bench_await(bench, is_gone(bench, "kunit", 0x321));
	KUNIT_EXPECT_EQ(test, from_main(bench), 0);
	flush_workqueue(bench_remote(bench)->announcer);
	KUNIT_EXPECT_TRUE(test, bench_nothing_received(bench));
}

static void ends_with_the_link(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	int life;

	bench_channel(bench);
	for (life = 0; life < 3; life++) {
		announce(bench, "kunit-other", 0x321, AMP_RPMSG_NS_CREATE);
		put_device(await_channel(bench, "kunit-other", 0x321));
		bench_await(bench, from_main(bench) == 1);
		bench_down(bench);
		KUNIT_EXPECT_EQ(test, from_main(bench), 0);
		KUNIT_EXPECT_TRUE(test, is_gone(bench, "kunit-other", 0x321));
		KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	}
}

static DECLARE_COMPLETION(probing);
static DECLARE_COMPLETION(probe_on);

static int slow_probe(struct bench *bench, struct rpmsg_device *rpdev)
{
	complete(&probing);
	wait_for_completion_timeout(&probe_on, BENCH_PATIENCE);
	return 0;
}

/* It is being made while the main that announced it goes; the next one announces it, too, and knows nothing of this. */
static void ends_with_the_link_while_it_is_made(struct kunit *test)
{
	const struct amp_rpmsg_ns_message first = { .name = "kunit", .addr = 0x321, .flags = AMP_RPMSG_NS_CREATE };
	const struct amp_frame frame = { .src = 0x321, .dst = RPMSG_NS_ADDR, .len = sizeof(first) };
	struct bench *bench = bench_open_up(test, NULL);
	int i;

	reinit_completion(&probing);
	reinit_completion(&probe_on);
	bench->probe = slow_probe;
	/* The worker has looked for the last time before it is rung. */
	kthread_flush_worker(bench_remote(bench)->receive.worker);
	/* Both with one doorbell: the second waits in a slot while the first is worked on. */
	KUNIT_EXPECT_GE(test, amp_main_send(bench->main, &frame, &first, sizeof(first)), 0);
	announce(bench, "kunit-nobody", 0x322, AMP_RPMSG_NS_CREATE);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&probing, BENCH_PATIENCE), 0);
	bench_await(bench, bench_counter(bench, "receive_messages") == 2);
	bench_down(bench);
	KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	bench->probe = NULL;
	complete_all(&probe_on);
	bench_await(bench, is_gone(bench, "kunit", 0x321));
	KUNIT_EXPECT_EQ(test, from_main(bench), 0);
	for (i = 0; i < 2; i++) {
		announce(bench, "kunit", 0x321, AMP_RPMSG_NS_CREATE);
		put_device(await_channel(bench, "kunit", 0x321));
		bench_await(bench, from_main(bench) == 1);
		announce(bench, "kunit", 0x321, AMP_RPMSG_NS_DESTROY);
		bench_await(bench, is_gone(bench, "kunit", 0x321));
		KUNIT_EXPECT_EQ(test, from_main(bench), 0);
	}
	KUNIT_EXPECT_TRUE(test, is_gone(bench, "kunit-nobody", 0x322));
}

static void ends_nothing_of_ours(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);

	bench_channel(bench);
	announce(bench, "kunit", BENCH_MAIN, AMP_RPMSG_NS_DESTROY);
	bench_send_number(bench, BENCH_SERVICE, 0);
	KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, 1));
}

struct malformed {
	const char *what;
	int name_len; /* x's; the rest is 0 */
	u32 addr;
	u32 flags;
	int len;
};

static const struct malformed malformed[] = {
	{ "no terminator", 32, 0x321, AMP_RPMSG_NS_CREATE, 40 },
	{ "no terminator, destroy", 32, 0x321, AMP_RPMSG_NS_DESTROY, 40 },
	{ "no name", 0, 0x321, AMP_RPMSG_NS_CREATE, 40 },
	{ "nothing at all", 4, 0x321, AMP_RPMSG_NS_CREATE, 0 },
	{ "a byte short", 4, 0x321, AMP_RPMSG_NS_CREATE, 39 },
	{ "a byte long", 4, 0x321, AMP_RPMSG_NS_CREATE, 41 },
	{ "unknown flag", 4, 0x321, 2, 40 },
	{ "all flags", 4, 0x321, ~0u, 40 },
	{ "address ANY", 4, RPMSG_ADDR_ANY, AMP_RPMSG_NS_CREATE, 40 },
	{ "address of the name service", 4, RPMSG_NS_ADDR, AMP_RPMSG_NS_CREATE, 40 },
};

static void malformed_ones_are_counted(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	int i;

	kunit_log_start(test, BENCH_NAME ": vring1: ");
	for (i = 0; i < ARRAY_SIZE(malformed); i++) {
		struct {
			struct amp_rpmsg_ns_message message;
			u8 more[8];
		} made = { .message = { .addr = malformed[i].addr, .flags = malformed[i].flags } };

		memset(made.message.name, 'x', malformed[i].name_len);
		bench_send(bench, 0x321, RPMSG_NS_ADDR, &made, malformed[i].len);
		bench_await(bench, bench_counter(bench, "receive_bad_announcements") == i + 1);
		KUNIT_EXPECT_EQ_MSG(test, from_main(bench), 0, "%s made a channel", malformed[i].what);
	}
	/* Each is counted before it is told; this one comes after all of them. */
	announce(bench, "kunit", 0x321, AMP_RPMSG_NS_CREATE);
	bench_await(bench, from_main(bench) == 1);
	kunit_log_expect_limited(test);
}

static void thousands_are_bounded(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	char name[RPMSG_NAME_SIZE];
	struct amp_frame frame;
	struct rpmsg_endpoint *ept;
	u32 i, word = 0x55;

	kunit_log_start(test, "expected at most 1024 channels");
	for (i = 0; i < ANNOUNCEMENTS; i++) {
		snprintf(name, sizeof(name), "flood-%u", i);
		announce(bench, name, 0x1000 + i, AMP_RPMSG_NS_CREATE);
	}
	bench_await(bench, from_main(bench) == CHANNELS_MAX);
	bench_await(bench, bench_counter(bench, "channels_refused") == ANNOUNCEMENTS - CHANNELS_MAX);
	KUNIT_EXPECT_EQ(test, kunit_log_count(test), 1);
	kunit_log_stop();
	/* Nobody else is the worse for it. */
	ept = bench_channel(bench);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, &word, NULL));
	KUNIT_EXPECT_EQ(test, word, 0x55);
	bench_down(bench);
	KUNIT_EXPECT_EQ(test, from_main(bench), 0);
}

static struct kunit_case name_service_cases[] = {
	KUNIT_CASE(makes_and_ends_a_channel),
	KUNIT_CASE(ends_with_the_link),
	KUNIT_CASE(ends_with_the_link_while_it_is_made),
	KUNIT_CASE(ends_nothing_of_ours),
	KUNIT_CASE(malformed_ones_are_counted),
	KUNIT_CASE_SLOW(thousands_are_bounded),
	{}
};

struct kunit_suite rpmsg_remote_name_service_suite = {
	.name = "rpmsg_remote_name_service",
	.exit = bench_close,
	.test_cases = name_service_cases,
};
