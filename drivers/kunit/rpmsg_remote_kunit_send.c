// SPDX-License-Identifier: GPL-2.0-only
/* The way out: the send family, what it waits for, and what ends the wait. */
#include <linux/preempt.h>
#include <linux/sched/signal.h>

#include "rpmsg_remote_kunit_suite.h"

#define PARALLEL_SENDERS	8
#define PARALLEL_MESSAGES	150

static void fill(u8 *data, int len, u8 seed)
{
	int i;

	for (i = 0; i < len; i++)
		data[i] = seed + i * 7;
}

enum call { SEND, SENDTO, SEND_OFFCHANNEL, TRYSEND, TRYSENDTO, TRYSEND_OFFCHANNEL, CALLS };

static int call(enum call which, struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data, int len)
{
	switch (which) {
	case SEND:
		return rpmsg_send(ept, data, len);
	case SENDTO:
		return rpmsg_sendto(ept, data, len, dst);
	case TRYSEND:
		return rpmsg_trysend(ept, data, len);
	case TRYSENDTO:
		return rpmsg_trysendto(ept, data, len, dst);
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	case SEND_OFFCHANNEL:
		return rpmsg_send_offchannel(ept, src, dst, data, len);
	case TRYSEND_OFFCHANNEL:
		return rpmsg_trysend_offchannel(ept, src, dst, data, len);
#endif
	default:
		return -ENXIO;
	}
}

static bool is_there(enum call which)
{
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	return true;
#else
	return which != SEND_OFFCHANNEL && which != TRYSEND_OFFCHANNEL;
#endif
}

static void arrives_as_it_was_sent(struct kunit *test)
{
	static const int lengths[] = { 0, 1, 15, 16, 17, 255, BENCH_MTU };
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	u8 *sent = kunit_kzalloc(test, BENCH_BUFFER, GFP_KERNEL);
	u8 *got = kunit_kzalloc(test, BENCH_BUFFER, GFP_KERNEL);
	struct amp_frame frame;
	u32 used_len;
	int i, which;

	KUNIT_ASSERT_NOT_NULL(test, sent);
	KUNIT_ASSERT_NOT_NULL(test, got);
	for (which = 0; which < CALLS; which++) {
		const bool offchannel = which == SEND_OFFCHANNEL || which == TRYSEND_OFFCHANNEL;
		const u32 src = offchannel ? 0x5000 : BENCH_SERVICE;
		const u32 dst = which == SEND || which == TRYSEND ? BENCH_MAIN : 0x6000;

		if (!is_there(which))
			continue;
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			fill(sent, lengths[i], which * 16 + i);
			KUNIT_EXPECT_EQ(test, call(which, ept, src, dst, sent, lengths[i]), 0);
			if (!bench_receive(bench, &frame, got, &used_len))
				return;
			KUNIT_EXPECT_EQ(test, frame.src, src);
			KUNIT_EXPECT_EQ(test, frame.dst, dst);
			KUNIT_EXPECT_EQ(test, frame.len, lengths[i]);
			KUNIT_EXPECT_EQ(test, frame.flags, 0);
			KUNIT_EXPECT_EQ(test, used_len, sizeof(struct amp_rpmsg_header) + lengths[i]);
			KUNIT_EXPECT_MEMEQ(test, got, sent, lengths[i]);
		}
	}
}

static void longer_than_the_mtu_is_refused(struct kunit *test)
{
	static const unsigned int sizes[] = { 32, BENCH_BUFFER };
	u8 data[BENCH_BUFFER] = {};
	int i, which;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct bench_plan plan = { .buffer_size = sizes[i], .no_ns = true };
		const int mtu = sizes[i] - sizeof(struct amp_rpmsg_header);
		struct bench *bench = bench_open_up(test, &plan);
		struct rpmsg_endpoint *ept = bench_channel(bench);

		KUNIT_EXPECT_EQ(test, rpmsg_get_mtu(ept), mtu);
		for (which = 0; which < CALLS; which++) {
			if (!is_there(which))
				continue;
			KUNIT_EXPECT_EQ(test, call(which, ept, 1, 2, data, mtu + 1), -EMSGSIZE);
			KUNIT_EXPECT_EQ(test, call(which, ept, 1, 2, data, INT_MAX), -EMSGSIZE);
			KUNIT_EXPECT_EQ(test, call(which, ept, 1, 2, data, -1), -EINVAL);
			KUNIT_EXPECT_EQ(test, call(which, ept, 1, 2, NULL, 1), -EINVAL);
		}
		KUNIT_EXPECT_TRUE(test, bench_nothing_received(bench));
		KUNIT_EXPECT_EQ(test, rpmsg_send(ept, data, mtu), 0);
		bench_close(test);
	}
}

static void to_nobody_is_refused(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, NULL);
	struct rpmsg_endpoint *ept = bench_endpoint(bench, RPMSG_ADDR_ANY, inbox_callback, &bench->inbox);
	u32 word = 1;

	KUNIT_ASSERT_NOT_NULL(test, ept);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), -EDESTADDRREQ);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), -EDESTADDRREQ);
	KUNIT_EXPECT_EQ(test, rpmsg_sendto(ept, &word, sizeof(word), RPMSG_ADDR_ANY), -EDESTADDRREQ);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_refused_unknown"), 3);
	KUNIT_EXPECT_EQ(test, rpmsg_sendto(ept, &word, sizeof(word), BENCH_MAIN), 0);
	rpmsg_destroy_ept(ept);
}

/* A sender that has to wait. */
struct sender {
	struct rpmsg_endpoint *ept;
	bool signals;
	unsigned long took;
};

static int send_one(void *data)
{
	struct sender *sender = data;
	unsigned long start = jiffies;
	u32 word = 0x77;
	int err;

	if (sender->signals)
		allow_signal(SIGKILL);
	err = rpmsg_send(sender->ept, &word, sizeof(word));
	sender->took = jiffies - start;
	return err;
}

static const struct bench_plan one_buffer = { .to_main = 1, .no_ns = true };

static struct bench *bench_with_full_ring(struct kunit *test, struct sender *sender)
{
	struct bench *bench = bench_open_up(test, &one_buffer);
	u32 word = 0x66;

	sender->ept = bench_channel(bench);
	KUNIT_ASSERT_EQ(test, rpmsg_send(sender->ept, &word, sizeof(word)), 0);
	return bench;
}

static void waits_for_a_buffer(struct kunit *test)
{
	struct sender sender = {};
	struct bench *bench = bench_with_full_ring(test, &sender);
	struct bench_thread *thread = bench_spawn(bench, send_one, &sender);
	struct amp_frame frame;
	u32 word;

	bench_await_waiters(bench, 1);
	KUNIT_EXPECT_FALSE(test, completion_done(&thread->done));
	/* It returns the buffer, and rings only because somebody waits. */
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, &word, NULL));
	KUNIT_EXPECT_EQ(test, word, 0x66);
	KUNIT_EXPECT_EQ(test, bench_join(bench, thread, BENCH_AT_ONCE), 0);
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, &word, NULL));
	KUNIT_EXPECT_EQ(test, word, 0x77);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_refused_full"), 0);
}

static void asks_for_a_doorbell_only_while_it_waits(struct kunit *test)
{
	struct sender sender = {};
	struct bench *bench = bench_with_full_ring(test, &sender);
	struct bench_thread *thread;
	struct amp_frame frame;

	KUNIT_EXPECT_EQ(test, amp_main_peek(bench->main, 0, AMP_MAIN_USED_FLAGS, 0), AMP_VRING_USED_NO_NOTIFY);
	thread = bench_spawn(bench, send_one, &sender);
	bench_await_waiters(bench, 1);
	bench_await(bench, !amp_main_peek(bench->main, 0, AMP_MAIN_USED_FLAGS, 0));
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_EQ(test, bench_join(bench, thread, BENCH_AT_ONCE), 0);
	KUNIT_EXPECT_EQ(test, amp_main_peek(bench->main, 0, AMP_MAIN_USED_FLAGS, 0), AMP_VRING_USED_NO_NOTIFY);
}

static void a_signal_ends_the_wait(struct kunit *test)
{
	struct sender sender = { .signals = true };
	struct bench *bench = bench_with_full_ring(test, &sender);
	struct bench_thread *thread = bench_spawn(bench, send_one, &sender);

	bench_await_waiters(bench, 1);
	send_sig(SIGKILL, thread->task, 1);
	KUNIT_EXPECT_EQ(test, bench_join(bench, thread, BENCH_AT_ONCE), -ERESTARTSYS);
	bench_await_waiters(bench, 0);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_refused_full"), 1);
}

static void the_wait_ends_after_15_seconds(struct kunit *test)
{
	struct sender sender = {};
	struct bench *bench = bench_with_full_ring(test, &sender);
	struct bench_thread *thread = bench_spawn(bench, send_one, &sender);

	KUNIT_EXPECT_EQ(test, bench_join(bench, thread, 30 * HZ), -ERESTARTSYS);
	KUNIT_EXPECT_GE(test, sender.took, 15 * HZ);
	KUNIT_EXPECT_LT(test, sender.took, 15 * HZ + BENCH_AT_ONCE);
}

static void trysend_never_waits(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &one_buffer);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct amp_frame frame;
	int first, second, third;
	unsigned long flags;
	u32 word = 1;

	preempt_disable();
	local_irq_save(flags);
	first = rpmsg_trysend(ept, &word, sizeof(word));
	second = rpmsg_trysend(ept, &word, sizeof(word));
	third = rpmsg_trysendto(ept, &word, sizeof(word), 5);
	local_irq_restore(flags);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, -ENOMEM);
	KUNIT_EXPECT_EQ(test, third, -ENOMEM);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_refused_full"), 2);
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, &word, sizeof(word)), 0);
}

static void down_refuses_at_once(struct kunit *test)
{
	struct bench *bench = bench_open(test, &one_buffer);
	struct rpmsg_endpoint *ept = bench_channel(bench);
	u32 word = 1;
	int which, life;

	for (life = 0; life < 2; life++) {
		for (which = 0; which < CALLS; which++)
			if (is_there(which))
				KUNIT_EXPECT_EQ(test, call(which, ept, 1, 2, &word, sizeof(word)), -ENOTCONN);
		KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
		KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
		bench_down(bench);
	}
}

static void down_wakes_all_that_wait(struct kunit *test)
{
	struct sender senders[PARALLEL_SENDERS] = {};
	struct bench *bench = bench_with_full_ring(test, &senders[0]);
	struct bench_thread *threads[PARALLEL_SENDERS];
	int i;

	for (i = 0; i < PARALLEL_SENDERS; i++) {
		senders[i].ept = senders[0].ept;
		threads[i] = bench_spawn(bench, send_one, &senders[i]);
	}
	bench_await_waiters(bench, PARALLEL_SENDERS);
	bench_down(bench);
	for (i = 0; i < PARALLEL_SENDERS; i++)
		KUNIT_EXPECT_EQ(test, bench_join(bench, threads[i], BENCH_AT_ONCE), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_refused_down"), PARALLEL_SENDERS);
}

/* A message of the parallel senders: its length follows from its number, and each byte from both. */
struct numbered {
	u32 sender;
	u32 number;
	u8 rest[];
};

static int numbered_len(u32 number)
{
	return sizeof(struct numbered) + number * 37 % (BENCH_MTU - sizeof(struct numbered));
}

struct stream {
	struct rpmsg_endpoint *ept;
	u32 sender;
};

static int send_stream(void *data)
{
	struct stream *stream = data;
	u8 buffer[BENCH_BUFFER];
	struct numbered *message = (void *)buffer;
	u32 number;
	int err;

	message->sender = stream->sender;
	for (number = 0; number < PARALLEL_MESSAGES; number++) {
		const int len = numbered_len(number);

		message->number = number;
		fill(message->rest, len - sizeof(*message), stream->sender * 31 + number);
		err = rpmsg_send(stream->ept, buffer, len);
		if (err)
			return err;
	}
	return 0;
}

static void parallel_senders(struct kunit *test, u64 features)
{
	const struct bench_plan plan = { .to_main = 4, .no_ns = true, .features = features };
	struct bench *bench = bench_open_up(test, &plan);
	struct stream streams[PARALLEL_SENDERS];
	struct bench_thread *threads[PARALLEL_SENDERS];
	u32 next[PARALLEL_SENDERS] = {};
	u8 *buffer = kunit_kzalloc(test, BENCH_BUFFER, GFP_KERNEL);
	u8 *expected = kunit_kzalloc(test, BENCH_BUFFER, GFP_KERNEL);
	struct numbered *message = (void *)buffer;
	struct amp_frame frame;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	KUNIT_ASSERT_NOT_NULL(test, expected);
	streams[0].ept = bench_channel(bench);
	for (i = 0; i < PARALLEL_SENDERS; i++) {
		streams[i] = (struct stream){ .ept = streams[0].ept, .sender = i };
		threads[i] = bench_spawn(bench, send_stream, &streams[i]);
	}
	for (i = 0; i < PARALLEL_SENDERS * PARALLEL_MESSAGES; i++) {
		if (!bench_receive(bench, &frame, buffer, NULL))
			return;
		KUNIT_ASSERT_LT(test, message->sender, PARALLEL_SENDERS);
		KUNIT_ASSERT_EQ(test, message->number, next[message->sender]++);
		KUNIT_ASSERT_EQ(test, frame.len, numbered_len(message->number));
		fill(expected, frame.len - sizeof(*message), message->sender * 31 + message->number);
		KUNIT_ASSERT_MEMEQ(test, message->rest, expected, frame.len - sizeof(*message));
	}
	for (i = 0; i < PARALLEL_SENDERS; i++)
		KUNIT_EXPECT_EQ(test, bench_join(bench, threads[i], BENCH_AT_ONCE), 0);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_messages"), PARALLEL_SENDERS * PARALLEL_MESSAGES);
	KUNIT_EXPECT_TRUE(test, bench_nothing_received(bench));
}

static void parallel_senders_lose_nothing(struct kunit *test)
{
	parallel_senders(test, 0);
}

static void parallel_senders_lose_nothing_with_event_idx(struct kunit *test)
{
	parallel_senders(test, BIT_ULL(AMP_VIRTIO_RING_F_EVENT_IDX));
}

/* The main is in no hurry for messages: it is not rung for them. */
static void kicks_only_when_asked(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	u32 word = 1;

	amp_main_poke(bench->main, 0, AMP_MAIN_AVAIL_FLAGS, 0, AMP_VRING_AVAIL_NO_INTERRUPT);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&bench->kicks[0]), 0);
	amp_main_poke(bench->main, 0, AMP_MAIN_AVAIL_FLAGS, 0, 0);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&bench->kicks[0]), 1);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_kicks"), 1);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_kicks_saved"), 1);
}

static struct kunit_case send_cases[] = {
	KUNIT_CASE(arrives_as_it_was_sent),
	KUNIT_CASE(longer_than_the_mtu_is_refused),
	KUNIT_CASE(to_nobody_is_refused),
	KUNIT_CASE(waits_for_a_buffer),
	KUNIT_CASE(asks_for_a_doorbell_only_while_it_waits),
	KUNIT_CASE(a_signal_ends_the_wait),
	KUNIT_CASE_SLOW(the_wait_ends_after_15_seconds),
	KUNIT_CASE(trysend_never_waits),
	KUNIT_CASE(down_refuses_at_once),
	KUNIT_CASE(down_wakes_all_that_wait),
	KUNIT_CASE(parallel_senders_lose_nothing),
	KUNIT_CASE(parallel_senders_lose_nothing_with_event_idx),
	KUNIT_CASE(kicks_only_when_asked),
	{}
};

struct kunit_suite rpmsg_remote_send_suite = {
	.name = "rpmsg_remote_send",
	.exit = bench_close,
	.test_cases = send_cases,
};
