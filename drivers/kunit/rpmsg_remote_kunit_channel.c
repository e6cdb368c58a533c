// SPDX-License-Identifier: GPL-2.0-only
/* Our own channels, and what the main is told of them. */
#include "rpmsg_remote_kunit_suite.h"

/* The next message is an announcement of @name at @addr. */
static void expect_announcement(struct bench *bench, const char *name, u32 addr, u32 flags)
{
	struct amp_rpmsg_ns_message message = {};
	u8 payload[BENCH_BUFFER];
	struct amp_frame frame;

	if (!bench_receive(bench, &frame, payload, NULL))
		return;
	KUNIT_EXPECT_EQ(bench->test, frame.dst, RPMSG_NS_ADDR);
	KUNIT_EXPECT_EQ(bench->test, frame.src, addr);
	KUNIT_ASSERT_EQ(bench->test, frame.len, sizeof(message));
	memcpy(&message, payload, sizeof(message));
	KUNIT_EXPECT_EQ(bench->test, strnlen(message.name, sizeof(message.name)), strlen(name));
	KUNIT_EXPECT_TRUE_MSG(bench->test, !strncmp(message.name, name, sizeof(message.name)),
			      "%.32s was announced, expected %s", message.name, name);
	KUNIT_EXPECT_EQ(bench->test, message.addr, addr);
	KUNIT_EXPECT_EQ(bench->test, message.flags, flags);
}

/* Nothing was said and nothing will be: whoever says it has nothing to do any more. */
static void expect_silence(struct bench *bench)
{
	flush_workqueue(bench_remote(bench)->announcer);
	KUNIT_EXPECT_TRUE(bench->test, bench_nothing_received(bench));
}

static void come_and_go_with_an_announcement(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_device *rpdev;

	rpdev = bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN);
	KUNIT_ASSERT_NOT_NULL(test, rpdev);
	KUNIT_EXPECT_EQ(test, rpdev->src, BENCH_SERVICE);
	KUNIT_EXPECT_EQ(test, rpdev->dst, BENCH_MAIN);
	expect_announcement(bench, "kunit", BENCH_SERVICE, AMP_RPMSG_NS_CREATE);
	rpdev = bench_create_channel(bench, "kunit-other", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY);
	KUNIT_ASSERT_NOT_NULL(test, rpdev);
	KUNIT_EXPECT_GE(test, rpdev->src, 1024);
	expect_announcement(bench, "kunit-other", rpdev->src, AMP_RPMSG_NS_CREATE);

	KUNIT_EXPECT_EQ(test, bench_release_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN), 0);
	expect_announcement(bench, "kunit", BENCH_SERVICE, AMP_RPMSG_NS_DESTROY);
	expect_silence(bench);
	KUNIT_EXPECT_EQ(test, bench_release_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN), -EINVAL);
}

static void a_second_of_the_same_is_refused(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);

	bench_channel(bench);
	KUNIT_EXPECT_NULL(test, bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN));
	KUNIT_EXPECT_NULL(test, bench_create_channel(bench, "kunit", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY));
	KUNIT_EXPECT_NOT_NULL(test, bench_create_channel(bench, "kunit", 0x500, BENCH_MAIN));
	expect_announcement(bench, "kunit", 0x500, AMP_RPMSG_NS_CREATE);
	expect_silence(bench);
}

static void nothing_is_announced_without_a_driver(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_device *rpdev;

	rpdev = bench_create_channel(bench, "kunit-nobody", 0x500, BENCH_MAIN);
	KUNIT_ASSERT_NOT_NULL(test, rpdev);
	KUNIT_EXPECT_NULL(test, rpdev->ept);
	expect_silence(bench);
}

static int refuse(struct bench *bench, struct rpmsg_device *rpdev)
{
	return -ENODEV;
}

static void nothing_is_announced_where_the_driver_fails(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_device *rpdev;

	bench->probe = refuse;
	rpdev = bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN);
	KUNIT_ASSERT_NOT_NULL(test, rpdev);
	expect_silence(bench);
	bench->probe = NULL;
	KUNIT_EXPECT_EQ(test, device_attach(&rpdev->dev), 1);
	expect_announcement(bench, "kunit", BENCH_SERVICE, AMP_RPMSG_NS_CREATE);
	/* It ends with its driver, though the channel stays. */
	device_release_driver(&rpdev->dev);
	expect_announcement(bench, "kunit", BENCH_SERVICE, AMP_RPMSG_NS_DESTROY);
	expect_silence(bench);
}

static void nothing_is_announced_without_the_name_service(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .no_ns = true });

	bench_channel(bench);
	KUNIT_EXPECT_EQ(test, bench_release_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN), 0);
	expect_silence(bench);
	KUNIT_EXPECT_NULL(test, bench_remote(bench)->name_service);
}

static void announced_once_in_every_life(struct kunit *test)
{
	struct bench *bench = bench_open(test, NULL);
	int life;

	bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN);
	bench_create_channel(bench, "kunit-other", 0x500, BENCH_MAIN);
	for (life = 0; life < 3; life++) {
		KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
		expect_announcement(bench, "kunit", BENCH_SERVICE, AMP_RPMSG_NS_CREATE);
		expect_announcement(bench, "kunit-other", 0x500, AMP_RPMSG_NS_CREATE);
		expect_silence(bench);
		bench_down(bench);
	}
	/* What ends while nobody hears it is not announced later, neither way. */
	KUNIT_EXPECT_EQ(test, bench_release_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN), 0);
	KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	expect_announcement(bench, "kunit-other", 0x500, AMP_RPMSG_NS_CREATE);
	expect_silence(bench);
}

static void waits_for_a_main_that_takes_nothing(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .to_main = 1 });
	struct amp_frame frame;
	u32 word = 0;

	bench_channel(bench);
	/* The only buffer is taken: the announcement waits, its creator does not. */
	KUNIT_EXPECT_EQ(test, rpmsg_sendto(bench_remote(bench)->name_service->ept, &word, 0, BENCH_MAIN), 0);
	KUNIT_EXPECT_NOT_NULL(test, bench_create_channel(bench, "kunit-other", 0x500, BENCH_MAIN));
	bench_await_waiters(bench, 1);
	bench_receive(bench, &frame, NULL, NULL);
	expect_announcement(bench, "kunit-other", 0x500, AMP_RPMSG_NS_CREATE);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "announcements_lost"), 0);
}

static void told_of_their_end_when_the_bus_goes(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct amp_rpmsg_ns_message message;
	u8 payload[BENCH_BUFFER];
	struct amp_frame frame;
	u32 len;

	bench_channel(bench);
	device_release_driver(&bench->rvdev->dev);
	KUNIT_ASSERT_EQ(test, amp_main_receive(bench->main, &frame, payload, sizeof(payload), &len), 0);
	KUNIT_ASSERT_EQ(test, frame.len, sizeof(message));
	memcpy(&message, payload, sizeof(message));
	KUNIT_EXPECT_EQ(test, message.flags, AMP_RPMSG_NS_DESTROY);
	KUNIT_EXPECT_EQ(test, message.addr, BENCH_SERVICE);
	/* And it comes back where there is a driver again. */
	KUNIT_EXPECT_EQ(test, device_attach(&bench->rvdev->dev), 1);
	KUNIT_EXPECT_TRUE(test, bench->rvdev->up);
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE(come_and_go_with_an_announcement),
	KUNIT_CASE(a_second_of_the_same_is_refused),
	KUNIT_CASE(nothing_is_announced_without_a_driver),
	KUNIT_CASE(nothing_is_announced_where_the_driver_fails),
	KUNIT_CASE(nothing_is_announced_without_the_name_service),
	KUNIT_CASE(announced_once_in_every_life),
	KUNIT_CASE(waits_for_a_main_that_takes_nothing),
	KUNIT_CASE(told_of_their_end_when_the_bus_goes),
	{}
};

struct kunit_suite rpmsg_remote_channel_suite = {
	.name = "rpmsg_remote_channel",
	.exit = bench_close,
	.test_cases = channel_cases,
};
