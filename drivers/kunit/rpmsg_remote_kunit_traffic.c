// SPDX-License-Identifier: GPL-2.0-only
/* What goes through the vdev of the tests: the main's hand on it, inboxes, an rpmsg driver, threads. */
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "rpmsg_remote_kunit_bench.h"

static int bench_try_send(struct bench *bench, const struct amp_frame *frame, const void *payload)
{
	int sent;

	scoped_guard(spinlock_irqsave, &bench->main_lock) {
		do
			sent = amp_main_send(bench->main, frame, payload, frame->len);
		while (sent == -EAGAIN && amp_main_listen(bench->main, 1));
	}
	return sent;
}

void bench_send(struct bench *bench, u32 src, u32 dst, const void *payload, int len)
{
	const struct amp_frame frame = { .src = src, .dst = dst, .len = len };
	long left;
	int sent;

	left = wait_event_timeout(bench->rung, (sent = bench_try_send(bench, &frame, payload)) != -EAGAIN,
				  BENCH_PATIENCE);
	KUNIT_EXPECT_GE_MSG(bench->test, sent, 0, "no buffer to send to 0x%x came back", dst);
	/* True at the last look only: nobody rang. */
	KUNIT_EXPECT_NE_MSG(bench->test, left, 1, "a buffer came back without a doorbell");
	if (sent > 0)
		rvdev_notify(bench->rvdev, RPMSG_REMOTE_FROM_MAIN);
}

void bench_send_number(struct bench *bench, u32 dst, u32 number)
{
	bench_send(bench, BENCH_MAIN, dst, &number, sizeof(number));
}

static int bench_try_receive(struct bench *bench, struct amp_frame *frame, void *payload, u32 *used_len, bool *kick)
{
	int err;

	scoped_guard(spinlock_irqsave, &bench->main_lock) {
		do
			err = amp_main_receive(bench->main, frame, payload, BENCH_BUFFER, used_len);
		while (err == -EAGAIN && amp_main_listen(bench->main, 0));
		if (!err)
			*kick = amp_main_publish(bench->main);
	}
	return err;
}

bool bench_receive(struct bench *bench, struct amp_frame *frame, void *payload, u32 *used_len)
{
	u8 scratch[BENCH_BUFFER];
	u32 unused;
	bool kick = false;
	long left;
	int err;

	left = wait_event_timeout(bench->rung,
				  (err = bench_try_receive(bench, frame, payload ?: scratch, used_len ?: &unused,
							   &kick)) != -EAGAIN, BENCH_PATIENCE);
	if (kick)
		rvdev_notify(bench->rvdev, RPMSG_REMOTE_TO_MAIN);
	KUNIT_EXPECT_EQ_MSG(bench->test, err, 0, "no message came, or a bad one");
	KUNIT_EXPECT_NE_MSG(bench->test, left, 1, "a message came without a doorbell");
	return !err && left != 1;
}

bool bench_nothing_received(struct bench *bench)
{
	u8 scratch[BENCH_BUFFER];
	struct amp_frame frame;
	bool kick;
	u32 len;

	return bench_try_receive(bench, &frame, scratch, &len, &kick) == -EAGAIN;
}

void bench_await_waiters(struct bench *bench, unsigned int count)
{
	bench_await(bench, READ_ONCE(bench_remote(bench)->transmit.waiters) == count);
}

struct rpmsg_device *bench_create_channel(struct bench *bench, const char *name, u32 src, u32 dst)
{
	struct rpmsg_channel_info chinfo = { .src = src, .dst = dst };

	strscpy(chinfo.name, name, sizeof(chinfo.name));
	return rpmsg_create_channel(bench->control, &chinfo);
}

int bench_release_channel(struct bench *bench, const char *name, u32 src, u32 dst)
{
	struct rpmsg_channel_info chinfo = { .src = src, .dst = dst };

	strscpy(chinfo.name, name, sizeof(chinfo.name));
	return rpmsg_release_channel(bench->control, &chinfo);
}

struct rpmsg_endpoint *bench_channel(struct bench *bench)
{
	struct rpmsg_device *rpdev;
	struct amp_frame frame;

	rpdev = bench_create_channel(bench, "kunit", BENCH_SERVICE, BENCH_MAIN);
	KUNIT_ASSERT_NOT_NULL(bench->test, rpdev);
	KUNIT_ASSERT_NOT_NULL(bench->test, rpdev->ept);
	if (bench->rvdev->up && bench_remote(bench)->ns && bench_receive(bench, &frame, NULL, NULL))
		KUNIT_EXPECT_EQ(bench->test, frame.dst, RPMSG_NS_ADDR);
	return rpdev->ept;
}

struct rpmsg_endpoint *bench_endpoint(struct bench *bench, u32 src, rpmsg_rx_cb_t cb, void *priv)
{
	const struct rpmsg_channel_info chinfo = { .name = "kunit-endpoint", .src = src, .dst = RPMSG_ADDR_ANY };

	return rpmsg_create_ept(bench->control, cb, priv, chinfo);
}

void inbox_init(struct inbox *inbox)
{
	spin_lock_init(&inbox->lock);
	init_waitqueue_head(&inbox->wait);
}

void inbox_put(struct inbox *inbox, const void *data, int len, u32 src)
{
	scoped_guard(spinlock, &inbox->lock) {
		if (len >= sizeof(u32))
			memcpy(&inbox->first[inbox->count % ARRAY_SIZE(inbox->first)], data, sizeof(u32));
		inbox->src = src;
		inbox->len = len;
		memcpy(inbox->data, data, min_t(int, len, sizeof(inbox->data)));
		inbox->count++;
	}
	wake_up_all(&inbox->wait);
}

bool inbox_await(struct inbox *inbox, unsigned int count)
{
	return wait_event_timeout(inbox->wait, READ_ONCE(inbox->count) >= count, BENCH_PATIENCE);
}

int inbox_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	inbox_put(priv, data, len, src);
	return 0;
}

static int bench_driver_probe(struct rpmsg_device *rpdev)
{
	struct bench *bench = bench_from_device(rpdev->dev.parent);

	return bench->probe ? bench->probe(bench, rpdev) : 0;
}

static void bench_driver_remove(struct rpmsg_device *rpdev)
{
	struct bench *bench = bench_from_device(rpdev->dev.parent);

	if (bench->remove)
		bench->remove(bench, rpdev);
}

static int bench_driver_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct bench *bench = bench_from_device(rpdev->dev.parent);

	if (bench->callback)
		return bench->callback(rpdev, data, len, bench, src);
	inbox_put(&bench->inbox, data, len, src);
	return 0;
}

static const struct rpmsg_device_id bench_driver_ids[] = {
	{ .name = "kunit" },
	{ .name = "kunit-other" },
	{ }
};

struct rpmsg_driver bench_driver = {
	.drv.name = "rpmsg_remote_kunit",
	.id_table = bench_driver_ids,
	.probe = bench_driver_probe,
	.remove = bench_driver_remove,
	.callback = bench_driver_callback,
};

static int bench_thread_run(void *data)
{
	struct bench_thread *thread = data;

	thread->result = thread->run(thread->data);
	complete(&thread->done);
	return 0;
}

struct bench_thread *bench_spawn(struct bench *bench, int (*run)(void *data), void *data)
{
	struct bench_thread *thread;

	thread = kunit_kzalloc(bench->test, sizeof(*thread), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(bench->test, thread);
	init_completion(&thread->done);
	thread->run = run;
	thread->data = data;
	thread->task = kthread_create(bench_thread_run, thread, "kunit-bench");
	KUNIT_ASSERT_FALSE(bench->test, IS_ERR(thread->task));
	get_task_struct(thread->task);
	list_add_tail(&thread->node, &bench->threads);
	wake_up_process(thread->task);
	return thread;
}

int bench_join(struct bench *bench, struct bench_thread *thread, long timeout)
{
	const bool ended = wait_for_completion_timeout(&thread->done, timeout);

	KUNIT_EXPECT_TRUE_MSG(bench->test, ended, "a thread did not end within %u ms", jiffies_to_msecs(timeout));
	/* Its memory goes with the case. */
	if (!ended)
		wait_for_completion(&thread->done);
	kthread_stop_put(thread->task);
	list_del(&thread->node);
	return thread->result;
}
