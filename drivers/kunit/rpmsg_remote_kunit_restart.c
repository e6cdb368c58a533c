// SPDX-License-Identifier: GPL-2.0-only
/* The link goes, comes back and ends, with everything that may be under way. */
#include <linux/kthread.h>

#include "rpmsg_remote_kunit_suite.h"

#define RESTARTS	30
#define SENDERS		4

/* Sends whatever happens, until told to stop. */
struct nuisance {
	struct bench *bench;
	struct rpmsg_endpoint *ept;
	bool stop;
	unsigned int sent;
	int odd; /* an error that no sender should see */
};

static int send_on(void *data)
{
	struct nuisance *nuisance = data;
	u32 word = 0;
	int err;

	while (!READ_ONCE(nuisance->stop)) {
		err = rpmsg_send(nuisance->ept, &word, sizeof(word));
		if (!err)
			nuisance->sent++;
		else if (err == -ENOTCONN)
			cond_resched();
		else
			nuisance->odd = err;
		word++;
	}
	return 0;
}

/* The main: takes what there is and sends whenever it can, while its rings are made anew under it. */
static int main_on(void *data)
{
	struct nuisance *nuisance = data;
	struct bench *bench = nuisance->bench;
	const struct amp_frame hello = { .src = BENCH_MAIN, .dst = BENCH_SERVICE, .len = 4 };
	u8 payload[BENCH_BUFFER] = {};
	struct amp_frame frame;
	u32 used_len;

	while (!READ_ONCE(nuisance->stop)) {
		bool kick = false, send = false;

		scoped_guard(spinlock_irqsave, &bench->main_lock) {
			while (!amp_main_receive(bench->main, &frame, payload, sizeof(payload), &used_len))
				nuisance->sent++;
			kick = amp_main_publish(bench->main);
			send = amp_main_send(bench->main, &hello, payload, hello.len) > 0;
		}
		if (kick)
			rvdev_notify(bench->rvdev, RPMSG_REMOTE_TO_MAIN);
		if (send)
			rvdev_notify(bench->rvdev, RPMSG_REMOTE_FROM_MAIN);
		cond_resched();
	}
	return 0;
}

static int count_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct bench *bench = priv;

	inbox_put(&bench->inbox, data, len, src);
	/* One that answers, now and then while the link goes down. */
	rpmsg_sendto(rpdev->ept, data, len, src);
	return 0;
}

static void under_traffic(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .to_main = 4, .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct nuisance senders[SENDERS] = {}, main = { .bench = bench };
	struct bench_thread *threads[SENDERS], *main_thread;
	int i;

	bench->callback = count_callback;
	main_thread = bench_spawn(bench, main_on, &main);
	for (i = 0; i < SENDERS; i++) {
		senders[i] = (struct nuisance){ .bench = bench, .ept = ept };
		threads[i] = bench_spawn(bench, send_on, &senders[i]);
	}
	for (i = 0; i < RESTARTS; i++) {
		const unsigned int sent = READ_ONCE(senders[0].sent), received = READ_ONCE(bench->inbox.count);

		/* Both ways work in this life of the link. */
		bench_await(bench, READ_ONCE(senders[0].sent) > sent + 2);
		bench_await(bench, READ_ONCE(bench->inbox.count) > received + 2);
		bench_down(bench);
		KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	}
	for (i = 0; i < SENDERS; i++)
		bench_await(bench, READ_ONCE(senders[i].sent));
	WRITE_ONCE(main.stop, true);
	for (i = 0; i < SENDERS; i++)
		WRITE_ONCE(senders[i].stop, true);
	bench_down(bench);
	bench_join(bench, main_thread, BENCH_PATIENCE);
	for (i = 0; i < SENDERS; i++) {
		bench_join(bench, threads[i], BENCH_AT_ONCE);
		KUNIT_EXPECT_EQ(test, senders[i].odd, 0);
	}
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "restarts"), RESTARTS + 1);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "receive_bad_buffers"), 0);
	KUNIT_EXPECT_EQ(test, bench_counter(bench, "transmit_bad_buffers"), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&bench->faults), 0);
}

static void a_ring_made_anew_is_noticed(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	struct amp_frame frame;
	u32 word = 1;

	KUNIT_EXPECT_TRUE(test, rvdev_intact(bench->rvdev));
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	bench_receive(bench, &frame, NULL, NULL);
	KUNIT_EXPECT_TRUE(test, rvdev_intact(bench->rvdev));
	bench_make_rings(bench);
	KUNIT_EXPECT_FALSE(test, rvdev_intact(bench->rvdev));
	bench_down(bench);
	KUNIT_EXPECT_EQ(test, rvdev_up(bench->rvdev), 0);
	KUNIT_EXPECT_TRUE(test, rvdev_intact(bench->rvdev));
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, NULL, NULL));
}

static void a_message_in_the_ring_is_taken_without_a_doorbell(struct kunit *test)
{
	const struct amp_frame frame = { .src = BENCH_MAIN, .dst = BENCH_SERVICE, .len = 4 };
	struct bench *bench = bench_open(test, &(struct bench_plan){ .no_ns = true });
	u32 word = 0;

	bench_channel(bench);
	bench_make_rings(bench);
	KUNIT_EXPECT_GE(test, amp_main_send(bench->main, &frame, &word, sizeof(word)), 0);
	KUNIT_ASSERT_EQ(test, rvdev_up(bench->rvdev), 0);
	KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, 1));
}

static DECLARE_COMPLETION(callback_go_on);
static DECLARE_COMPLETION(callback_runs);

static int waiting_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	complete(&callback_runs);
	wait_for_completion_timeout(&callback_go_on, BENCH_PATIENCE);
	return 0;
}

static void while_a_callback_runs(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	unsigned long start = jiffies;

	reinit_completion(&callback_go_on);
	reinit_completion(&callback_runs);
	bench->callback = waiting_callback;
	bench_send_number(bench, ept->addr, 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&callback_runs, BENCH_PATIENCE), 0);
	/* The rings are let go of, however long the callback takes. */
	bench_down(bench);
	KUNIT_EXPECT_EQ(test, bench_up(bench), 0);
	KUNIT_EXPECT_LT(test, jiffies - start, BENCH_AT_ONCE);
	complete_all(&callback_go_on);
	bench->callback = NULL;
	bench_send_number(bench, ept->addr, 0);
	KUNIT_EXPECT_TRUE(test, inbox_await(&bench->inbox, 1));
}

static int up_errors[] = { -EINVAL, -ENOMEM };

static void up_that_fails_leaves_it_down(struct kunit *test)
{
	struct bench *bench = bench_open(test, &(struct bench_plan){ .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	const u64 features = bench->features;
	struct amp_frame frame;
	u32 word = 1;
	int i;

	for (i = 0; i < ARRAY_SIZE(up_errors); i++) {
		bench->vring_error = up_errors[i];
		KUNIT_EXPECT_EQ(test, bench_up(bench), up_errors[i]);
		KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), -ENOTCONN);
	}
	bench->vring_error = 0;
	bench->features = BIT_ULL(AMP_VIRTIO_RING_F_INDIRECT_DESC);
	KUNIT_EXPECT_EQ(test, bench_up(bench), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), -ENOTCONN);
	bench->features = features;
	bench->memory.ring[0].memory.num = 12;
	KUNIT_EXPECT_EQ(test, rvdev_up(bench->rvdev), -EPROTO);
	bench->memory.ring[0].memory.num = BENCH_NUM;
	KUNIT_EXPECT_EQ(test, bench_up(bench), 0);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	KUNIT_EXPECT_TRUE(test, bench_receive(bench, &frame, NULL, NULL));
}

/* A driver that ends its threads when it is removed, as drivers do. */
static struct nuisance leavers[SENDERS];
static struct bench_thread *leaver_threads[SENDERS];
static unsigned long leavers_took;

static void join_leavers(struct bench *bench, struct rpmsg_device *rpdev)
{
	const unsigned long start = jiffies;
	int i;

	for (i = 0; i < SENDERS; i++)
		WRITE_ONCE(leavers[i].stop, true);
	for (i = 0; i < SENDERS; i++)
		bench_join(bench, leaver_threads[i], 30 * HZ);
	leavers_took = jiffies - start;
}

static void removed_while_senders_wait_and_a_callback_runs(struct kunit *test)
{
	struct bench *bench = bench_open_up(test, &(struct bench_plan){ .to_main = 1, .no_ns = true });
	struct rpmsg_endpoint *ept = bench_channel(bench);
	u32 word = 1;
	int i;

	reinit_completion(&callback_go_on);
	reinit_completion(&callback_runs);
	bench->callback = waiting_callback;
	bench->remove = join_leavers;
	KUNIT_ASSERT_EQ(test, rpmsg_send(ept, &word, sizeof(word)), 0);
	for (i = 0; i < SENDERS; i++) {
		leavers[i] = (struct nuisance){ .bench = bench, .ept = ept };
		leaver_threads[i] = bench_spawn(bench, send_on, &leavers[i]);
	}
	bench_await_waiters(bench, SENDERS);
	bench_send_number(bench, ept->addr, 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&callback_runs, BENCH_PATIENCE), 0);
	complete_all(&callback_go_on);
	device_release_driver(&bench->rvdev->dev);
	KUNIT_EXPECT_LT_MSG(test, leavers_took, BENCH_AT_ONCE, "senders kept the removal waiting for %u ms",
			    jiffies_to_msecs(leavers_took));
	bench->remove = NULL;
}

static struct kunit_case restart_cases[] = {
	KUNIT_CASE(under_traffic),
	KUNIT_CASE(a_ring_made_anew_is_noticed),
	KUNIT_CASE(a_message_in_the_ring_is_taken_without_a_doorbell),
	KUNIT_CASE(while_a_callback_runs),
	KUNIT_CASE(up_that_fails_leaves_it_down),
	KUNIT_CASE(removed_while_senders_wait_and_a_callback_runs),
	{}
};

struct kunit_suite rpmsg_remote_restart_suite = {
	.name = "rpmsg_remote_restart",
	.exit = bench_close,
	.test_cases = restart_cases,
};
