// SPDX-License-Identifier: GPL-2.0-only
/* Local addresses: given, chosen, taken, gone. */
#include <linux/slab.h>

#include "rpmsg_remote_kunit_suite.h"

#define MANY 1000

static void a_given_address_is_the_one_it_gets(struct kunit *test)
{
	static const u32 addresses[] = { 0, 1, 1023, 1024, 0x12345678, 0xfffffffe };
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept;
	int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		ept = bench_endpoint(bench, addresses[i], inbox_callback, &bench->inbox);
		KUNIT_ASSERT_NOT_NULL(test, ept);
		KUNIT_EXPECT_EQ(test, ept->addr, addresses[i]);
		bench_send_number(bench, addresses[i], i);
		KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, i + 1));
		rpmsg_destroy_ept(ept);
	}
}

static void a_taken_address_is_refused(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *first, *second;

	first = bench_endpoint(bench, 0x700, inbox_callback, &bench->inbox);
	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_EXPECT_NULL(test, bench_endpoint(bench, 0x700, inbox_callback, &bench->inbox));
	/* The first one still has it, and the name service its own. */
	bench_send_number(bench, 0x700, 0);
	KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, 1));
	KUNIT_EXPECT_NULL(test, bench_endpoint(bench, RPMSG_NS_ADDR, inbox_callback, &bench->inbox));
	rpmsg_destroy_ept(first);
	second = bench_endpoint(bench, 0x700, inbox_callback, &bench->inbox);
	KUNIT_ASSERT_NOT_NULL(test, second);
	rpmsg_destroy_ept(second);
}

static void chosen_addresses_are_1024_and_up_and_differ(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept, *taken[64];
	u32 first;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		taken[i] = bench_endpoint(bench, RPMSG_ADDR_ANY, inbox_callback, &bench->inbox);
		KUNIT_ASSERT_NOT_NULL(test, taken[i]);
		KUNIT_EXPECT_GE(test, taken[i]->addr, 1024);
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_NE(test, taken[i]->addr, taken[j]->addr);
	}
	first = taken[0]->addr;
	rpmsg_destroy_ept(taken[0]);
	/* Not at once again: the main may still speak to the one that was there. */
	ept = bench_endpoint(bench, RPMSG_ADDR_ANY, inbox_callback, &bench->inbox);
	KUNIT_ASSERT_NOT_NULL(test, ept);
	KUNIT_EXPECT_NE(test, ept->addr, first);
	rpmsg_destroy_ept(ept);
	for (i = 1; i < ARRAY_SIZE(taken); i++)
		rpmsg_destroy_ept(taken[i]);
}

/* An endpoint of the crowd, that knows whether it is there. */
struct citizen {
	struct bench *bench;
	struct rpmsg_endpoint *ept;
	u32 addr;
	bool there;
	unsigned int count;
};

static int citizen_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct citizen *citizen = priv;
	u32 to;

	memcpy(&to, data, sizeof(to));
	KUNIT_EXPECT_TRUE(citizen->bench->test, READ_ONCE(citizen->there));
	KUNIT_EXPECT_EQ(citizen->bench->test, to, citizen->addr);
	citizen->count++;
	return 0;
}

struct pest {
	struct bench *bench;
	bool stop;
	unsigned int sent;
};

static int pester(void *data)
{
	struct pest *pest = data;
	u32 to = 2000;

	while (!READ_ONCE(pest->stop)) {
		bench_send(pest->bench, BENCH_MAIN, to, &to, sizeof(to));
		WRITE_ONCE(pest->sent, pest->sent + 1);
		to = to == 2031 ? 2000 : to + 1;
	}
	return 0;
}

/* Endpoints come and go at addresses that the main never stops to write to. */
static void a_thousand_come_and_go_under_traffic(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct pest pest = { .bench = bench };
	struct citizen *crowd;
	struct bench_thread *thread;
	unsigned int before, heard = 0;
	int i;

	crowd = kunit_kcalloc(test, 32, sizeof(*crowd), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, crowd);
	thread = bench_spawn(bench, pester, &pest);
	for (i = 0; i < MANY; i++) {
		struct citizen *citizen = &crowd[i % 32];

		if (citizen->ept) {
			rpmsg_destroy_ept(citizen->ept);
			WRITE_ONCE(citizen->there, false);
		}
		citizen->bench = bench;
		citizen->addr = 2000 + i % 32;
		WRITE_ONCE(citizen->there, true);
		citizen->ept = bench_endpoint(bench, citizen->addr, citizen_callback, citizen);
		KUNIT_EXPECT_NOT_NULL(test, citizen->ept);
	}
	/* More than can be under way, while all of them are there. */
	before = READ_ONCE(pest.sent);
	bench_await(bench, READ_ONCE(pest.sent) > before + 100);
	WRITE_ONCE(pest.stop, true);
	bench_join(bench, thread, 2 * BENCH_PATIENCE);
	for (i = 0; i < 32; i++) {
		if (crowd[i].ept)
			rpmsg_destroy_ept(crowd[i].ept);
		heard += crowd[i].count;
	}
	KUNIT_EXPECT_GT(test, heard, 0);
	bench_await(bench, bench_counter(bench, "receive_messages") == pest.sent);
}

/* What is there at once: a thousand of them, in the order that an address tree likes least. */
static void a_thousand_at_once(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint **epts;
	int i;

	epts = kunit_kcalloc(test, MANY, sizeof(*epts), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, epts);
	for (i = 0; i < MANY; i++) {
		epts[i] = bench_endpoint(bench, RPMSG_ADDR_ANY, inbox_callback, &bench->inbox);
		KUNIT_ASSERT_NOT_NULL(test, epts[i]);
	}
	for (i = 0; i < MANY; i += 100)
		bench_send_number(bench, epts[i]->addr, i);
	KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, MANY / 100));
	for (i = 0; i < MANY; i++)
		rpmsg_destroy_ept(epts[(i * 7) % MANY]);
	bench_send_number(bench, 0x800, 0);
	bench_await(bench, bench_counter(bench, "receive_no_endpoint") == 1);
}

static DECLARE_COMPLETION(stay);
static DECLARE_COMPLETION(inside);

static int staying_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	bool *left = priv;

	complete(&inside);
	wait_for_completion_timeout(&stay, BENCH_PATIENCE);
	WRITE_ONCE(*left, true);
	return 0;
}

static int destroy(void *ept)
{
	rpmsg_destroy_ept(ept);
	return 0;
}

static void destroying_waits_for_the_callback(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct bench_thread *thread;
	struct rpmsg_endpoint *ept;
	bool left = false;

	reinit_completion(&stay);
	reinit_completion(&inside);
	ept = bench_endpoint(bench, 0x700, staying_callback, &left);
	KUNIT_ASSERT_NOT_NULL(test, ept);
	bench_send_number(bench, 0x700, 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&inside, BENCH_PATIENCE), 0);
	thread = bench_spawn(bench, destroy, ept);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&thread->done, HZ / 5), 0);
	complete_all(&stay);
	bench_join(bench, thread, BENCH_PATIENCE);
	KUNIT_EXPECT_TRUE(test, left);
}

static struct inbox witness;

/* The main goes on sending while the driver's remove runs. */
static void speak_to_the_leaving(struct bench *bench, struct rpmsg_device *rpdev)
{
	bench_send_number(bench, BENCH_SERVICE, 2);
	bench_send_number(bench, 0x700, 3);
	/* Messages keep their order: what came before this one was delivered or dropped. */
	KUNIT_EXPECT_TRUE(bench->test, inbox_await(&witness, 1));
	KUNIT_EXPECT_EQ(bench->test, bench->inbox.count, 1);
}

static void a_driver_that_is_removed_hears_nothing(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct rpmsg_endpoint *other;

	memset(&witness, 0, sizeof(witness)); /* a suite may be run again */
	inbox_init(&witness);
	other = bench_endpoint(bench, 0x700, inbox_callback, &witness);
	KUNIT_ASSERT_NOT_NULL(test, other);
	bench_send_number(bench, BENCH_SERVICE, 1);
	KUNIT_ASSERT_TRUE(test, inbox_await(&bench->inbox, 1));
	bench->remove = speak_to_the_leaving;
	device_release_driver(&ept->rpdev->dev);
	bench->remove = NULL;
	rpmsg_destroy_ept(other);
	KUNIT_EXPECT_EQ(test, witness.count, 1);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_no_endpoint"), 1);
}

static struct kunit_case endpoint_cases[] = {
	KUNIT_CASE(a_given_address_is_the_one_it_gets),
	KUNIT_CASE(a_taken_address_is_refused),
	KUNIT_CASE(chosen_addresses_are_1024_and_up_and_differ),
	KUNIT_CASE(a_thousand_come_and_go_under_traffic),
	KUNIT_CASE(a_thousand_at_once),
	KUNIT_CASE(destroying_waits_for_the_callback),
	KUNIT_CASE(a_driver_that_is_removed_hears_nothing),
	{}
};

struct kunit_suite rpmsg_remote_endpoint_suite = {
	.name = "rpmsg_remote_endpoint",
	.exit = bench_close,
	.test_cases = endpoint_cases,
};
