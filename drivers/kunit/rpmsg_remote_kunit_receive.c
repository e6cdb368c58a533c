// SPDX-License-Identifier: GPL-2.0-only
/* The way in: what an endpoint sees, when, and whom it may keep waiting. */
#include <linux/poll.h>

#include "rpmsg_remote_kunit_suite.h"

static void arrives_as_it_was_sent(struct kunit *test)
{
	static const int lengths[] = { 0, 1, 15, 16, 17, 255, BENCH_MTU };
	struct bench *bench = bench_open_up(test, NULL);
	u8 data[BENCH_MTU];
	int round, i, n = 0;

	bench_channel(bench);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			memset(data, 0x40 + n, sizeof(data));
			bench_send(bench, BENCH_MAIN + n, BENCH_SERVICE, data, lengths[i]);
			KUNIT_ASSERT_TRUE(test, inbox_await(&bench->inbox, ++n));
			KUNIT_EXPECT_EQ(test, bench->inbox.len, lengths[i]);
			KUNIT_EXPECT_EQ(test, bench->inbox.src, BENCH_MAIN + n - 1);
			KUNIT_EXPECT_MEMEQ(test, bench->inbox.data, data, lengths[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_messages"), n);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_no_endpoint"), 0);
}

static void expect_order(struct bench *bench, struct inbox *inbox, unsigned int count)
{
	unsigned int i;

	KUNIT_ASSERT_TRUE(bench->test, inbox_await(inbox, count));
	KUNIT_EXPECT_EQ(bench->test, inbox->count, count);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(bench->test, inbox->first[i], i);
}

#define ORDERED 240u /* of what an inbox remembers */

static void order_is_kept(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .from_main = 3 });
	u32 i;

	bench_channel(bench);
	for (i = 0; i < ORDERED; i++)
		bench_send_number(bench, BENCH_SERVICE, i);
	expect_order(bench, &bench->inbox, ORDERED);
}

static void to_nobody_is_counted(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	u32 i;

	bench_channel(bench);
	kunit_log_start(test, "to 0x9999: no endpoint has that address");
	for (i = 0; i < 50; i++)
		bench_send_number(bench, 0x9999, i);
	bench_send_number(bench, BENCH_SERVICE, 0);
	expect_order(bench, &bench->inbox, 1);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_no_endpoint"), 50);
	kunit_log_expect_limited(test);
}

static void the_first_sender_is_learnt(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct inbox *inbox = &bench->inbox;
	struct rpmsg_endpoint *ept;
	struct rpmsg_device *rpdev;
	struct amp_frame frame;
	u32 word = 1;

	rpdev = bench_create_channel(bench, "kunit", BENCH_SERVICE, RPMSG_ADDR_ANY);
	KUNIT_ASSERT_NOT_NULL(test, rpdev);
	ept = rpdev->ept;
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), -EDESTADDRREQ);
	bench_send(bench, 0x71, BENCH_SERVICE, &word, sizeof(word));
	bench_send(bench, 0x72, BENCH_SERVICE, &word, sizeof(word));
	KUNIT_ASSERT_TRUE(test, inbox_await(inbox, 2));
	KUNIT_EXPECT_EQ(test, rpdev->dst, 0x71);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), 0);
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_EQ(test, frame.dst, 0x71);

	/* The main that comes next may have anybody at that address. */
	bench_down(bench);
	KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), -EDESTADDRREQ);
	bench_send(bench, 0x73, BENCH_SERVICE, &word, sizeof(word));
	KUNIT_ASSERT_TRUE(test, inbox_await(inbox, 3));
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), 0);
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_EQ(test, frame.dst, 0x73);
}

static int early_probe(struct bench *bench, struct rpmsg_device *rpdev)
{
	bench_send_number(bench, rpdev->ept->addr, 0);
	bench_send_number(bench, rpdev->ept->addr, 1);
	bench_await(bench, bench_counter(bench, "receive_parked") == 2);
	KUNIT_EXPECT_EQ(bench->test, READ_ONCE(bench->inbox.count), 0);
	return 0;
}

static int failing_probe(struct bench *bench, struct rpmsg_device *rpdev)
{
	early_probe(bench, rpdev);
	return -ENODEV;
}

static void waits_until_the_driver_is_ready(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);

	bench->probe = early_probe;
	KUNIT_ASSERT_NOT_NULL(test, bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN));
	bench_send_number(bench, BENCH_SERVICE, 2);
	expect_order(bench, &bench->inbox, 3);
}

static void is_dropped_where_the_driver_fails(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	u32 i;

	bench->probe = failing_probe;
	bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN);
	KUNIT_EXPECT_EQ(test, bench->inbox.count, 0);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_no_endpoint"), 2);
	/* No slot of it is lost: more than there are come through. */
	bench->probe = NULL;
	KUNIT_ASSERT_NOT_NULL(test, bench_create_channel(bench, "kunit-other", 0x500, BENCH_MAIN));
	for (i = 0; i < 100; i++)
		bench_send_number(bench, 0x500, i);
	expect_order(bench, &bench->inbox, 100);
}

#ifdef AMP_HAVE_RPMSG_FLOW_CONTROL
static void a_paused_endpoint_keeps_the_order(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct inbox *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct rpmsg_endpoint *beside;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, other);
	inbox_init(other);
	beside = bench_endpoint(bench, 0x600, inbox_callback, other);
	KUNIT_ASSERT_NOT_NULL(test, beside);
	KUNIT_EXPECT_EQ(test, rpmsg_set_flow_control(ept, true, RPMSG_ADDR_ANY), 0);
	for (i = 0; i < 6; i++) {
		bench_send_number(bench, BENCH_SERVICE, i);
		bench_send_number(bench, 0x600, i);
	}
	expect_order(bench, other, 6);
	KUNIT_EXPECT_EQ(test, READ_ONCE(bench->inbox.count), 0);
	KUNIT_EXPECT_EQ(test, rpmsg_set_flow_control(ept, false, RPMSG_ADDR_ANY), 0);
	for (; i < 12; i++)
		bench_send_number(bench, BENCH_SERVICE, i);
	expect_order(bench, &bench->inbox, 12);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_parked"), 6);
	rpmsg_destroy_ept(beside);
}

static int pause_and_go_on(void *data)
{
	struct rpmsg_endpoint *ept = data;
	struct bench *bench = bench_from_device(ept->rpdev->dev.parent);
	int i, err = 0;

	for (i = 0; !err && i < 100000 && READ_ONCE(bench->inbox.count) < ORDERED; i++) {
		err = rpmsg_set_flow_control(ept, true, RPMSG_ADDR_ANY);
		if (!err)
			err = rpmsg_set_flow_control(ept, false, RPMSG_ADDR_ANY);
		if (i % 16 == 0)
			usleep_range(10, 50);
	}
	return err;
}

/* What the worker has in hand when a pause ends is younger than what was parked. */
static void the_order_is_kept_whenever_it_is_paused(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct bench_thread *thread = bench_spawn(bench, pause_and_go_on, ept);
	u32 i;

	for (i = 0; i < ORDERED; i++)
		bench_send_number(bench, BENCH_SERVICE, i);
	expect_order(bench, &bench->inbox, ORDERED);
	KUNIT_EXPECT_EQ(test, bench_join(bench, thread, BENCH_PATIENCE), 0);
}
#endif

static DECLARE_COMPLETION(slow_go_on);

static int slow_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct bench *bench = priv;

	inbox_put(&bench->inbox, data, len, src);
	wait_for_completion_timeout(&slow_go_on, BENCH_PATIENCE);
	return 0;
}

static void a_slow_endpoint_delays_no_transmission(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	unsigned long start = jiffies;
	struct amp_frame frame;
	u32 i;

	reinit_completion(&slow_go_on);
	bench->callback = slow_callback;
	bench_send_number(bench, BENCH_SERVICE, 0);
	KUNIT_ASSERT_TRUE(test, inbox_await(&bench->inbox, 1));
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, rpmsg_send(ept, &i, sizeof(i)), 0);
		bench_receive(bench, &frame, NULL, NULL);
	}
	KUNIT_EXPECT_LT(test, jiffies - start, BENCH_AT_ONCE);
	KUNIT_EXPECT_EQ(test, bench->inbox.count, 1);
	complete_all(&slow_go_on);
}

/* A callback that answers, as most services do. */
static int answer(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct bench *bench = priv;
	int err = rpmsg_sendto(rpdev->ept, data, len, src);

	KUNIT_EXPECT_EQ(bench->test, err, 0);
	return err;
}

/*
 * Each end waits for the other: the main takes our answers only when it has sent all of its messages, for which it has
 * too few buffers; we have one buffer for the answers.
 */
static void a_callback_that_sends_does_not_deadlock(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .to_main = 1, .from_main = 2 });
	unsigned long start = jiffies;
	struct amp_frame frame;
	u32 i, word;

	bench_channel(bench);
	bench->callback = answer;
	for (i = 0; i < 12; i++)
		bench_send_number(bench, BENCH_SERVICE, i);
	for (i = 0; i < 12; i++) {
		if (!bench_receive(bench, &frame, &word, NULL))
			break;
		KUNIT_EXPECT_EQ(test, word, i);
	}
	KUNIT_EXPECT_LT(test, jiffies - start, BENCH_AT_ONCE);
}

struct poller {
	poll_table table;
	wait_queue_entry_t entry;
	wait_queue_head_t *queue;
	struct completion woken;
};

static int poller_wake(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	complete(&container_of(entry, struct poller, entry)->woken);
	return 0;
}

static void poller_wait(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct poller *poller = container_of(table, struct poller, table);

	poller->queue = queue;
	add_wait_queue(queue, &poller->entry);
}

static void poll_wakes_for_a_buffer(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .to_main = 1, .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct poller poller = {};
	struct amp_frame frame;
	u32 word = 1;

	init_completion(&poller.woken);
	init_waitqueue_func_entry(&poller.entry, poller_wake);
	KUNIT_EXPECT_TRUE(test, rpmsg_poll(ept, NULL, NULL) == (EPOLLOUT | EPOLLWRNORM));
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	init_poll_funcptr(&poller.table, poller_wait);
	KUNIT_EXPECT_TRUE(test, !rpmsg_poll(ept, NULL, &poller.table));
	KUNIT_ASSERT_NOT_NULL(test, poller.queue);
	KUNIT_EXPECT_FALSE(test, completion_done(&poller.woken));
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&poller.woken, BENCH_AT_ONCE), 0);
	KUNIT_EXPECT_TRUE(test, rpmsg_poll(ept, NULL, NULL) == (EPOLLOUT | EPOLLWRNORM));
	KUNIT_EXPECT_EQ(test, bench_remote(bench)->transmit.waiters, 0);

	bench_down(bench);
	KUNIT_EXPECT_TRUE(test, !rpmsg_poll(ept, NULL, NULL));
	reinit_completion(&poller.woken);
	KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&poller.woken, BENCH_AT_ONCE), 0);
	remove_wait_queue(poller.queue, &poller.entry);
}

static struct kunit_case receive_cases[] = {
	KUNIT_CASE(arrives_as_it_was_sent),
	KUNIT_CASE(order_is_kept),
	KUNIT_CASE(to_nobody_is_counted),
	KUNIT_CASE(the_first_sender_is_learnt),
	KUNIT_CASE(waits_until_the_driver_is_ready),
	KUNIT_CASE(is_dropped_where_the_driver_fails),
#ifdef AMP_HAVE_RPMSG_FLOW_CONTROL
	KUNIT_CASE(a_paused_endpoint_keeps_the_order),
	KUNIT_CASE(the_order_is_kept_whenever_it_is_paused),
#endif
	KUNIT_CASE(a_slow_endpoint_delays_no_transmission),
	KUNIT_CASE(a_callback_that_sends_does_not_deadlock),
	KUNIT_CASE(poll_wakes_for_a_buffer),
	{}
};

struct kunit_suite rpmsg_remote_receive_suite = {
	.name = "rpmsg_remote_receive",
	.exit = bench_close,
	.test_cases = receive_cases,
};
