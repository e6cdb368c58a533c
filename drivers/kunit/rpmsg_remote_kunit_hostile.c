// SPDX-License-Identifier: GPL-2.0-only
/* A main that breaks the rules of the rings: counted, reported, survived. KASAN watches the edges of every ring. */
#include <linux/prandom.h>

#include "rpmsg_remote_kunit_suite.h"

struct wrong {
	const char *what;
	enum amp_main_word word;
	u32 index;
	u64 value;
	bool fatal; /* for the ring, not for one buffer */
};

/* In the first message of a new ring, head 0, before we are told of it. */
static const struct wrong to_us[] = {
	{ "avail.idx that jumps", AMP_MAIN_AVAIL_IDX, 0, BENCH_NUM + 1, true },
	{ "avail.idx that steps back", AMP_MAIN_AVAIL_IDX, 0, 0xffff, true },
	{ "head out of range", AMP_MAIN_AVAIL_RING, 0, BENCH_NUM, true },
	{ "head far out of range", AMP_MAIN_AVAIL_RING, 0, 0xffff, true },
	{ "address outside", AMP_MAIN_DESC_ADDR, 0, 0xdead0000 },
	{ "address that wraps", AMP_MAIN_DESC_ADDR, 0, ~0ull - 7 },
	{ "length that leaves the region", AMP_MAIN_DESC_LEN, 0, BENCH_NUM * BENCH_BUFFER + 1 },
	{ "length that overflows", AMP_MAIN_DESC_LEN, 0, ~0u },
	{ "no room for a header", AMP_MAIN_DESC_LEN, 0, 15 },
	{ "no room for the payload", AMP_MAIN_DESC_LEN, 0, 19 },
	{ "buffer to write to", AMP_MAIN_DESC_FLAGS, 0, AMP_VRING_DESC_WRITE },
	{ "indirect descriptors", AMP_MAIN_DESC_FLAGS, 0, AMP_VRING_DESC_INDIRECT },
};

/* The main offers a message, without a doorbell. */
static void offer(struct bench *bench, u16 len)
{
	const struct amp_frame frame = { .src = BENCH_MAIN, .dst = BENCH_SERVICE, .len = len };
	u32 word = 0;

	KUNIT_EXPECT_GE(bench->test, amp_main_send(bench->main, &frame, &word, sizeof(word)), 0);
}

/* One buffer was bad: it is back, empty, and the next one is as good as ever. */
static void expect_bad_buffer(struct bench *bench, const char *what)
{
	struct kunit *test = bench->test;
	const unsigned int count = bench->inbox.count;

	bench_await(bench, bench_counter(bench, "receive_bad_buffers") == 1);
	/* Counted when it is seen; returned when the batch that it came in is. */
	bench_await(bench, amp_main_peek(bench->main, 1, AMP_MAIN_USED_IDX, 0) == 1);
	KUNIT_EXPECT_EQ_MSG(test, amp_main_peek(bench->main, 1, AMP_MAIN_USED_LEN, 0), 0, "%s", what);
	bench_send_number(bench, BENCH_SERVICE, 1);
	KUNIT_EXPECT_TRUE_MSG(test, inbox_await(&bench->inbox, count + 1), "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&bench->faults), 0, "%s", what);
}

/* The ring is given up: the transport is told, and the next life is as good as ever. */
static void expect_fault(struct bench *bench, const char *what)
{
	struct kunit *test = bench->test;
	const unsigned int count = bench->inbox.count;

	KUNIT_EXPECT_NE_MSG(test, wait_event_timeout(bench->rung, atomic_read(&bench->faults), BENCH_PATIENCE), 0,
			    "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, bench->inbox.count, count, "%s", what);
	bench_down(bench);
	KUNIT_EXPECT_EQ_MSG(test, bench_up(bench), 0, "%s", what);
	bench_send_number(bench, BENCH_SERVICE, 1);
	KUNIT_EXPECT_TRUE_MSG(test, inbox_await(&bench->inbox, count + 1), "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&bench->faults), 1, "%s", what);
}

static const struct bench_plan no_ns = { .no_ns = true };

static void in_what_it_sends(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(to_us); i++) {
		const struct wrong *wrong = &to_us[i];
		struct bench *bench = bench_open_up(test, &no_ns);

		bench_channel(bench);
		kunit_log_start(test, BENCH_NAME ": vring1: ");
		offer(bench, sizeof(u32));
		amp_main_poke(bench->main, 1, wrong->word, wrong->index, wrong->value);
		rvdev_notify(bench->rvdev, RPMSG_REMOTE_FROM_MAIN);
		if (wrong->fatal)
			expect_fault(bench, wrong->what);
		else
			expect_bad_buffer(bench, wrong->what);
		KUNIT_EXPECT_EQ_MSG(test, kunit_log_count(test), 1, "%s", wrong->what);
		bench_close(test);
	}
}

static void a_chain_that_loops(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &no_ns);

	bench_channel(bench);
	offer(bench, sizeof(u32));
	amp_main_poke(bench->main, 1, AMP_MAIN_DESC_LEN, 0, 0);
	amp_main_poke(bench->main, 1, AMP_MAIN_DESC_NEXT, 0, 0);
	amp_main_poke(bench->main, 1, AMP_MAIN_DESC_FLAGS, 0, AMP_VRING_DESC_NEXT);
	rvdev_notify(bench->rvdev, RPMSG_REMOTE_FROM_MAIN);
	expect_bad_buffer(bench, "chain that loops");
}

static void a_header_that_says_too_much(struct kunit *test)
{
	static const u16 lengths[] = { BENCH_MTU + 1, 0xffff };
	int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct bench *bench = bench_open_up(test, &no_ns);

		bench_channel(bench);
		offer(bench, lengths[i]);
		rvdev_notify(bench->rvdev, RPMSG_REMOTE_FROM_MAIN);
		expect_bad_buffer(bench, "header length");
		bench_close(test);
	}
}

/* In the first buffer that it offers for our messages. */
static const struct wrong from_us[] = {
	{ "avail.idx that jumps", AMP_MAIN_AVAIL_IDX, 0, 2 * BENCH_NUM, true },
	{ "head out of range", AMP_MAIN_AVAIL_RING, 0, BENCH_NUM, true },
	{ "address outside", AMP_MAIN_DESC_ADDR, 0, 0xdead0000 },
	{ "length that leaves the region", AMP_MAIN_DESC_LEN, 0, BENCH_NUM * BENCH_BUFFER + 1 },
	{ "no room for a header", AMP_MAIN_DESC_LEN, 0, 15 },
	{ "no room for the payload", AMP_MAIN_DESC_LEN, 0, 19 },
	{ "buffer to read from", AMP_MAIN_DESC_FLAGS, 0, 0 },
	{ "indirect descriptors", AMP_MAIN_DESC_FLAGS, 0, AMP_VRING_DESC_WRITE | AMP_VRING_DESC_INDIRECT },
};

static void in_what_it_offers(struct kunit *test)
{
	u8 payload[BENCH_BUFFER];
	struct amp_frame frame;
	u32 word = 0x99, len;
	int i;

	for (i = 0; i < ARRAY_SIZE(from_us); i++) {
		const struct wrong *wrong = &from_us[i];
		struct bench *bench = bench_open_up(test, &no_ns);
		struct rpmsg_endpoint *ept = bench_channel(bench);

		kunit_log_start(test, BENCH_NAME ": vring0: ");
		amp_main_poke(bench->main, 0, wrong->word, wrong->index, wrong->value);
		if (wrong->fatal) {
			KUNIT_EXPECT_EQ_MSG(test, rpmsg_send(ept, &word, sizeof(word)), -ENOTCONN, "%s", wrong->what);
			expect_fault(bench, wrong->what);
		} else {
			/* It goes back empty, and the message takes the next. */
			KUNIT_EXPECT_EQ_MSG(test, rpmsg_send(ept, &word, sizeof(word)), 0, "%s", wrong->what);
			KUNIT_EXPECT_EQ_MSG(test, bench_counter(bench, "transmit_bad_buffers"), 1, "%s", wrong->what);
			KUNIT_EXPECT_EQ(test, amp_main_receive(bench->main, &frame, payload, sizeof(payload), &len),
					-EBADMSG);
			KUNIT_EXPECT_EQ_MSG(test, len, 0, "%s", wrong->what);
			KUNIT_EXPECT_TRUE_MSG(test, bench_receive(bench, &frame, payload, &len), "%s", wrong->what);
			KUNIT_EXPECT_EQ_MSG(test, len, 20, "%s", wrong->what);
		}
		KUNIT_EXPECT_EQ_MSG(test, kunit_log_count(test), 1, "%s", wrong->what);
		bench_close(test);
	}
}

static void nothing_but_bad_buffers(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .num = 64, .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	u32 word = 1;
	int i;

	kunit_log_start(test, BENCH_NAME ": vring0: ");
	for (i = 0; i < 64; i++)
		amp_main_poke(bench->main, 0, AMP_MAIN_DESC_ADDR, i, 0x1000);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), -EIO);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), -EIO);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_bad_buffers"), 32);
	/* Said, but not 32 times. */
	kunit_log_expect_limited(test);
}

/* Any word, any time, with traffic both ways: whatever comes of it, the next life works. */
static void anything_at_all(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &no_ns);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct rnd_state dice;
	struct amp_frame frame;
	u32 word = 0;
	int i;

	prandom_seed_state(&dice, 20240607);
	for (i = 0; i < 3000; i++) {
		const u32 index = prandom_u32_state(&dice) % BENCH_NUM;
		const int vring = prandom_u32_state(&dice) % 2;
		u64 value = prandom_u32_state(&dice);

		value = i % 3 ? value % (2 * BENCH_NUM) : value << (prandom_u32_state(&dice) % 32);
		amp_main_poke(bench->main, vring, prandom_u32_state(&dice) % (AMP_MAIN_USED_LEN + 1), index, value);
		rvdev_notify(bench->rvdev, vring);
		rpmsg_trysend(ept, &word, sizeof(word));
		if (atomic_xchg(&bench->faults, 0)) {
			bench_down(bench);
			KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
		}
	}
	bench_down(bench);
	KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	i = bench->inbox.count;
	bench_send_number(bench, BENCH_SERVICE, 1);
	KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, i + 1));
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, NULL, NULL));
}

static struct kunit_case hostile_cases[] = {
	KUNIT_CASE(in_what_it_sends),
	KUNIT_CASE(a_chain_that_loops),
	KUNIT_CASE(a_header_that_says_too_much),
	KUNIT_CASE(in_what_it_offers),
	KUNIT_CASE(nothing_but_bad_buffers),
	KUNIT_CASE(anything_at_all),
	{}
};

struct kunit_suite rpmsg_remote_hostile_suite = {
	.name = "rpmsg_remote_hostile",
	.exit = bench_close,
	.test_cases = hostile_cases,
};
