// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message costs: the two ends of a channel named rpmsg-bench measure each other, whatever bus they are on. In
 * the device's folder of sysfs, a write runs and "result" says what was measured; numbers of bytes are payload.
 *
 *   ping COUNT SIZE		round trips, one after the other
 *   stream COUNT SIZE		messages one way as fast as they go, until the other end has had the last one
 *   burst COUNT SIZE [N]	the same without ever waiting for a buffer; to N endpoints of the other end in turn
 *   endpoints N		have N endpoints beside the channel's own
 *   received			what came: messages, and when the other end was last asked for an answer
 *
 * Times are CLOCK_MONOTONIC. On one processor nobody receives a burst before its last message is out, so that two ends
 * in one kernel are measured apart.
 */
#include <linux/completion.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rpmsg.h>
#include <linux/sched/rt.h>
#include <linux/slab.h>
#include <linux/sort.h>

#define RPMSG_BENCH_SIZE_MAX		4096
#define RPMSG_BENCH_PINGS_MAX		100000
#define RPMSG_BENCH_MESSAGES_MAX	10000000
#define RPMSG_BENCH_ENDPOINTS_MAX	20000

/* The endpoints' addresses; dynamic ones begin lower. */
#define RPMSG_BENCH_ADDRESS		2048

/* Endpoints in turn are no neighbours: a prime. */
#define RPMSG_BENCH_STRIDE		7919

/* The other end may be restarting. */
#define RPMSG_BENCH_PATIENCE		msecs_to_jiffies(5000)

enum {
	RPMSG_BENCH_COUNT,	/* for the receiver to count */
	RPMSG_BENCH_ASK,	/* and to answer */
	RPMSG_BENCH_ANSWER,
};

/* Every message begins with it. */
struct rpmsg_bench_header {
	__le32 kind;
	__le32 number;		/* of a question and its answer */
};

/**
 * struct rpmsg_bench - one end of the channel
 * @rpdev:	the channel
 * @lock:	one measurement at a time
 * @number:	of the last question
 * @answered:	its answer is there
 * @received:	messages that came, answers left out
 * @asked_at:	when the last question came
 * @message:	what goes out
 * @answer:	what goes out in the callback
 * @endpoints:	beside the channel's own
 * @num_endpoints: how many
 * @result:	what was measured last, as text
 */
struct rpmsg_bench {
	struct rpmsg_device *rpdev;
	struct mutex lock;
	u32 number;
	struct completion answered;
	u64 received;
	u64 asked_at;
	u8 message[RPMSG_BENCH_SIZE_MAX] __aligned(16);
	u8 answer[RPMSG_BENCH_SIZE_MAX] __aligned(16);
	struct rpmsg_endpoint **endpoints;
	unsigned int num_endpoints;
	char result[160];
};

static int rpmsg_bench_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct rpmsg_bench *bench = dev_get_drvdata(&rpdev->dev);
	struct rpmsg_bench_header header;

	/* Mainline's bus delivers before probe() has ended. */
	if (!bench || len < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	switch (le32_to_cpu(header.kind)) {
	case RPMSG_BENCH_COUNT:
		bench->received++;
		return 0;
	case RPMSG_BENCH_ASK:
		bench->received++;
		bench->asked_at = ktime_get_ns();
		if (len > sizeof(bench->answer))
			return -EINVAL;
		header.kind = cpu_to_le32(RPMSG_BENCH_ANSWER);
		memcpy(bench->answer, &header, sizeof(header));
		return rpmsg_sendto(rpdev->ept, bench->answer, len, src);
	case RPMSG_BENCH_ANSWER:
		/* One that comes after its time has no reader. */
		if (le32_to_cpu(header.number) == READ_ONCE(bench->number))
			complete(&bench->answered);
		return 0;
	}
	return -EINVAL;
}

static void rpmsg_bench_prepare(struct rpmsg_bench *bench, u32 kind)
{
	struct rpmsg_bench_header header = { .kind = cpu_to_le32(kind) };

	if (kind == RPMSG_BENCH_ASK) {
		WRITE_ONCE(bench->number, bench->number + 1);
		reinit_completion(&bench->answered);
	}
	header.number = cpu_to_le32(bench->number);
	memcpy(bench->message, &header, sizeof(header));
}

static int rpmsg_bench_wait(struct rpmsg_bench *bench)
{
	long left = wait_for_completion_killable_timeout(&bench->answered, RPMSG_BENCH_PATIENCE);

	return left > 0 ? 0 : left < 0 ? left : -ETIMEDOUT;
}

static int rpmsg_bench_ask(struct rpmsg_bench *bench, int size, u32 dst)
{
	int err;

	rpmsg_bench_prepare(bench, RPMSG_BENCH_ASK);
	err = rpmsg_sendto(bench->rpdev->ept, bench->message, size, dst);
	return err ? err : rpmsg_bench_wait(bench);
}

static int rpmsg_bench_compare(const void *a, const void *b)
{
	const u32 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int rpmsg_bench_run_ping(struct rpmsg_bench *bench, unsigned int count, int size, unsigned int endpoints)
{
	u32 *times;
	unsigned int i;
	int err = 0;
	u64 start;

	if (count > RPMSG_BENCH_PINGS_MAX || endpoints)
		return -EINVAL;
	times = kvmalloc_array(count, sizeof(*times), GFP_KERNEL);
	if (!times)
		return -ENOMEM;
	for (i = 0; i < count && !err; i++) {
		start = ktime_get_ns();
		err = rpmsg_bench_ask(bench, size, bench->rpdev->dst);
		times[i] = min_t(u64, ktime_get_ns() - start, U32_MAX);
	}
	if (!err) {
		sort(times, count, sizeof(*times), rpmsg_bench_compare, NULL);
		scnprintf(bench->result, sizeof(bench->result),
			  "round_trips=%u median_ns=%u p99_ns=%u least_ns=%u most_ns=%u", count, times[count / 2],
			  times[count * 99 / 100], times[0], times[count - 1]);
	}
	kvfree(times);
	return err;
}

static int rpmsg_bench_run_stream(struct rpmsg_bench *bench, unsigned int count, int size, unsigned int endpoints)
{
	const u64 start = ktime_get_ns();
	unsigned int i;
	int err;

	if (endpoints)
		return -EINVAL;
	rpmsg_bench_prepare(bench, RPMSG_BENCH_COUNT);
	for (i = 1; i < count; i++) {
		err = rpmsg_sendto(bench->rpdev->ept, bench->message, size, bench->rpdev->dst);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	err = rpmsg_bench_ask(bench, size, bench->rpdev->dst);
	if (!err)
		scnprintf(bench->result, sizeof(bench->result), "messages=%u ns=%llu", count,
			  ktime_get_ns() - start);
	return err;
}

/* The first message is not in the time: it may ring the doorbell, the others need not. */
static int rpmsg_bench_send_burst(struct rpmsg_bench *bench, unsigned int count, int size, unsigned int endpoints)
{
	u32 dst = endpoints ? RPMSG_BENCH_ADDRESS : bench->rpdev->dst;
	const u32 stride = endpoints ? RPMSG_BENCH_STRIDE % endpoints : 0;
	const u32 beyond = dst + endpoints;
	u64 start = 0, end;
	unsigned int i;
	int err;

	rpmsg_bench_prepare(bench, RPMSG_BENCH_COUNT);
	for (i = 1; i < count; i++) {
		err = rpmsg_trysendto(bench->rpdev->ept, bench->message, size, dst);
		if (err)
			return err;
		dst += stride;
		if (dst >= beyond)
			dst -= endpoints;
		if (i == 1)
			start = ktime_get_ns();
	}
	end = ktime_get_ns();
	rpmsg_bench_prepare(bench, RPMSG_BENCH_ASK);
	err = rpmsg_trysendto(bench->rpdev->ept, bench->message, size, dst);
	if (err)
		return err;
	scnprintf(bench->result, sizeof(bench->result), "messages=%u timed=%u ns=%llu sent_at=%llu", count,
		  count - 2, end - start, ktime_get_ns());
	return 0;
}

static int rpmsg_bench_run_burst(struct rpmsg_bench *bench, unsigned int count, int size, unsigned int endpoints)
{
	const bool preemptible = !rt_task(current);
	int err;

	if (count < 3)
		return -EINVAL;
	if (preemptible)
		sched_set_fifo(current);
	err = rpmsg_bench_send_burst(bench, count, size, endpoints);
	if (preemptible)
		sched_set_normal(current, task_nice(current));
	return err ? err : rpmsg_bench_wait(bench);
}

static ssize_t rpmsg_bench_run(struct device *dev, const char *text, size_t length,
			       int (*run)(struct rpmsg_bench *bench, unsigned int count, int size,
					  unsigned int endpoints))
{
	struct rpmsg_bench *bench = dev_get_drvdata(dev);
	unsigned int count, size, endpoints = 0;
	int numbers = sscanf(text, "%u %u %u", &count, &size, &endpoints);
	ssize_t err = rpmsg_get_mtu(bench->rpdev->ept);

	if (err < 0)
		return err;
	if (numbers < 2 || !count || count > RPMSG_BENCH_MESSAGES_MAX || endpoints > RPMSG_BENCH_ENDPOINTS_MAX ||
	    size < sizeof(struct rpmsg_bench_header) || size > min_t(size_t, err, RPMSG_BENCH_SIZE_MAX))
		return -EINVAL;
	if (mutex_lock_killable(&bench->lock))
		return -EINTR;
	err = run(bench, count, size, endpoints);
	mutex_unlock(&bench->lock);
	return err ? err : length;
}

#define RPMSG_BENCH_ATTRIBUTE(what)									\
static ssize_t what##_store(struct device *dev, struct device_attribute *attr, const char *text,	\
			    size_t length)								\
{													\
	return rpmsg_bench_run(dev, text, length, rpmsg_bench_run_##what);				\
}													\
static DEVICE_ATTR_WO(what)

RPMSG_BENCH_ATTRIBUTE(ping);
RPMSG_BENCH_ATTRIBUTE(stream);
RPMSG_BENCH_ATTRIBUTE(burst);

static ssize_t result_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct rpmsg_bench *bench = dev_get_drvdata(dev);

	return sysfs_emit(text, "%s\n", bench->result);
}
static DEVICE_ATTR_RO(result);

static ssize_t received_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct rpmsg_bench *bench = dev_get_drvdata(dev);

	return sysfs_emit(text, "messages=%llu asked_at=%llu\n", bench->received, bench->asked_at);
}
static DEVICE_ATTR_RO(received);

static void rpmsg_bench_close_endpoints(struct rpmsg_bench *bench)
{
	while (bench->num_endpoints)
		rpmsg_destroy_ept(bench->endpoints[--bench->num_endpoints]);
	kvfree(bench->endpoints);
	bench->endpoints = NULL;
}

static int rpmsg_bench_open_endpoints(struct rpmsg_bench *bench, unsigned int num)
{
	struct rpmsg_channel_info info = { .name = "rpmsg-bench", .dst = RPMSG_ADDR_ANY };
	struct rpmsg_endpoint *endpoint;

	bench->endpoints = kvcalloc(num, sizeof(*bench->endpoints), GFP_KERNEL);
	if (!bench->endpoints)
		return -ENOMEM;
	while (bench->num_endpoints < num) {
		info.src = RPMSG_BENCH_ADDRESS + bench->num_endpoints;
		endpoint = rpmsg_create_ept(bench->rpdev, rpmsg_bench_callback, NULL, info);
		if (!endpoint) {
			rpmsg_bench_close_endpoints(bench);
			return -ENOMEM;
		}
		bench->endpoints[bench->num_endpoints++] = endpoint;
	}
	return 0;
}

static ssize_t endpoints_store(struct device *dev, struct device_attribute *attr, const char *text, size_t length)
{
	struct rpmsg_bench *bench = dev_get_drvdata(dev);
	unsigned int num;
	int err;

	err = kstrtouint(text, 0, &num);
	if (err)
		return err;
	if (num > RPMSG_BENCH_ENDPOINTS_MAX)
		return -EINVAL;
	mutex_lock(&bench->lock);
	rpmsg_bench_close_endpoints(bench);
	err = num ? rpmsg_bench_open_endpoints(bench, num) : 0;
	mutex_unlock(&bench->lock);
	return err ? err : length;
}

static ssize_t endpoints_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct rpmsg_bench *bench = dev_get_drvdata(dev);

	return sysfs_emit(text, "%u\n", bench->num_endpoints);
}
static DEVICE_ATTR_RW(endpoints);

static struct attribute *rpmsg_bench_attrs[] = {
	&dev_attr_ping.attr,
	&dev_attr_stream.attr,
	&dev_attr_burst.attr,
	&dev_attr_result.attr,
	&dev_attr_received.attr,
	&dev_attr_endpoints.attr,
	NULL
};
ATTRIBUTE_GROUPS(rpmsg_bench);

static int rpmsg_bench_probe(struct rpmsg_device *rpdev)
{
	struct rpmsg_bench *bench;

	bench = devm_kzalloc(&rpdev->dev, sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	bench->rpdev = rpdev;
	mutex_init(&bench->lock);
	init_completion(&bench->answered);
	dev_set_drvdata(&rpdev->dev, bench);
	return 0;
}

static void rpmsg_bench_remove(struct rpmsg_device *rpdev)
{
	rpmsg_bench_close_endpoints(dev_get_drvdata(&rpdev->dev));
}

static const struct rpmsg_device_id rpmsg_bench_ids[] = {
	{ .name = "rpmsg-bench" },
	{ }
};
MODULE_DEVICE_TABLE(rpmsg, rpmsg_bench_ids);

static struct rpmsg_driver rpmsg_bench_driver = {
	.drv.name = "rpmsg_bench",
	.drv.dev_groups = rpmsg_bench_groups,
	.id_table = rpmsg_bench_ids,
	.probe = rpmsg_bench_probe,
	.remove = rpmsg_bench_remove,
	.callback = rpmsg_bench_callback,
};
module_rpmsg_driver(rpmsg_bench_driver);

MODULE_DESCRIPTION("What rpmsg messages cost");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
