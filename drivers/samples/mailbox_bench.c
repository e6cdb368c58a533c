// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a doorbell costs by itself: one end rings, the other rings back from its interrupt. In the device's folder of
 * sysfs, "ping" takes a number of round trips and then says what they took. Both ends at once would ring each other
 * for ever: an end answers only while it does not ask.
 */
#include <linux/completion.h>
#include <linux/ktime.h>
#include <linux/mailbox_client.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sort.h>

#define MAILBOX_BENCH_PINGS_MAX	100000
#define MAILBOX_BENCH_PATIENCE	msecs_to_jiffies(5000)

/**
 * struct mailbox_bench - one end of a doorbell
 * @client:	of the mailbox
 * @chan:	its channel
 * @message:	what the controller is given; nobody gets it
 * @ringing:	one ring at a time
 * @lock:	one measurement at a time
 * @asking:	a ring that comes is the answer
 * @answered:	it came
 * @ping:	what was measured last, as text
 */
struct mailbox_bench {
	struct mbox_client client;
	struct mbox_chan *chan;
	u32 message;
	spinlock_t ringing;
	struct mutex lock;
	bool asking;
	struct completion answered;
	char ping[160];
};

static int mailbox_bench_ring(struct mailbox_bench *bench)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&bench->ringing, flags);
	err = mbox_send_message(bench->chan, &bench->message);
	if (err >= 0)
		mbox_client_txdone(bench->chan, 0);
	spin_unlock_irqrestore(&bench->ringing, flags);
	return min(err, 0);
}

static void mailbox_bench_rung(struct mbox_client *client, void *message)
{
	struct mailbox_bench *bench = container_of(client, struct mailbox_bench, client);

	if (READ_ONCE(bench->asking))
		complete(&bench->answered);
	else if (READ_ONCE(bench->chan)) /* while the channel is being opened nobody can ring */
		mailbox_bench_ring(bench);
}

static int mailbox_bench_ask(struct mailbox_bench *bench)
{
	long left;
	int err;

	reinit_completion(&bench->answered);
	err = mailbox_bench_ring(bench);
	if (err)
		return err;
	left = wait_for_completion_killable_timeout(&bench->answered, MAILBOX_BENCH_PATIENCE);
	return left > 0 ? 0 : left < 0 ? left : -ETIMEDOUT;
}

static int mailbox_bench_compare(const void *a, const void *b)
{
	const u32 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int mailbox_bench_run(struct mailbox_bench *bench, u32 *times, unsigned int count)
{
	unsigned int i;
	u64 start;
	int err;

	for (i = 0; i < count; i++) {
		start = ktime_get_ns();
		err = mailbox_bench_ask(bench);
		if (err)
			return err;
		times[i] = min_t(u64, ktime_get_ns() - start, U32_MAX);
	}
	sort(times, count, sizeof(*times), mailbox_bench_compare, NULL);
	scnprintf(bench->ping, sizeof(bench->ping),
		  "round_trips=%u median_ns=%u p99_ns=%u least_ns=%u most_ns=%u", count, times[count / 2],
		  times[count * 99 / 100], times[0], times[count - 1]);
	return 0;
}

static ssize_t ping_store(struct device *dev, struct device_attribute *attr, const char *text, size_t length)
{
	struct mailbox_bench *bench = dev_get_drvdata(dev);
	unsigned int count;
	u32 *times;
	int err;

	err = kstrtouint(text, 0, &count);
	if (err)
		return err;
	if (!count || count > MAILBOX_BENCH_PINGS_MAX)
		return -EINVAL;
	times = kvmalloc_array(count, sizeof(*times), GFP_KERNEL);
	if (!times)
		return -ENOMEM;
	err = mutex_lock_killable(&bench->lock);
	if (!err) {
		WRITE_ONCE(bench->asking, true);
		err = mailbox_bench_run(bench, times, count);
		WRITE_ONCE(bench->asking, false);
		mutex_unlock(&bench->lock);
	}
	kvfree(times);
	return err ? err : length;
}

static ssize_t ping_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct mailbox_bench *bench = dev_get_drvdata(dev);

	return sysfs_emit(text, "%s\n", bench->ping);
}
static DEVICE_ATTR_RW(ping);

static struct attribute *mailbox_bench_attrs[] = { &dev_attr_ping.attr, NULL };
ATTRIBUTE_GROUPS(mailbox_bench);

static void mailbox_bench_free(void *chan)
{
	mbox_free_channel(chan);
}

static int mailbox_bench_probe(struct platform_device *pdev)
{
	struct mailbox_bench *bench;
	struct mbox_chan *chan;

	bench = devm_kzalloc(&pdev->dev, sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	spin_lock_init(&bench->ringing);
	mutex_init(&bench->lock);
	init_completion(&bench->answered);
	bench->client.dev = &pdev->dev;
	bench->client.knows_txdone = true;
	bench->client.rx_callback = mailbox_bench_rung;
	platform_set_drvdata(pdev, bench);
	chan = mbox_request_channel(&bench->client, 0);
	if (IS_ERR(chan))
		return dev_err_probe(&pdev->dev, PTR_ERR(chan), "no mailbox\n");
	WRITE_ONCE(bench->chan, chan);
	return devm_add_action_or_reset(&pdev->dev, mailbox_bench_free, chan);
}

static const struct of_device_id mailbox_bench_match[] = {
	{ .compatible = "linux-remote,mailbox-bench" },
	{ }
};
MODULE_DEVICE_TABLE(of, mailbox_bench_match);

static struct platform_driver mailbox_bench_driver = {
	.driver = {
		.name = "mailbox_bench",
		.of_match_table = mailbox_bench_match,
		.dev_groups = mailbox_bench_groups,
	},
	.probe = mailbox_bench_probe,
};
module_platform_driver(mailbox_bench_driver);

MODULE_DESCRIPTION("What a doorbell costs");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
