// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtio transport over mailboxes costs its driver: from the mailbox's interrupt to the virtqueue's callback,
 * and from the virtqueue's kick to the mailbox. A virtio driver of its own, in the place of mainline's rpmsg bus: it
 * sends one message at a time to the echo service of the other end.
 *
 * In the virtio device's folder of sysfs, "ping" takes a number of messages and then says how many ns both took in all
 * for the middle half of them: a timer's interrupt is in few, and a clock's steps are even among many. The
 * link's mailboxes are those of a mailbox-stamps device, channel n for vring n.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <uapi/amp/rpmsg.h>

#include "virtio_bench.h"

#define VIRTIO_BENCH_PINGS_MAX	100000
#define VIRTIO_BENCH_PATIENCE	msecs_to_jiffies(5000)
#define VIRTIO_BENCH_BUFFERS	8	/* each way */
#define VIRTIO_BENCH_BYTES	64	/* of a message, header included */
#define VIRTIO_BENCH_ECHO	0x400	/* where the echo service listens */

enum { RECEIVE, SEND, VIRTQUEUES };

/**
 * struct virtio_bench - a virtio device that is measured
 * @vdev:	it
 * @vqs:	its virtqueues
 * @buffers:	those of RECEIVE and then those of SEND
 * @dma:	the same
 * @lock:	one measurement at a time
 * @sent:	messages; which buffer is the next
 * @answered:	the echo is there
 * @called_at:	when its callback began
 * @ping:	what was measured last, as text
 */
struct virtio_bench {
	struct virtio_device *vdev;
	struct virtqueue *vqs[VIRTQUEUES];
	u8 *buffers;
	dma_addr_t dma;
	struct mutex lock;
	unsigned int sent;
	struct completion answered;
	u64 called_at;
	char ping[100];
};

static int virtio_bench_add(struct virtio_bench *bench, unsigned int which, u8 *buffer)
{
	struct scatterlist sg;

	/* As mainline's bus does: the pool may be mapped like vmalloc()'s memory. */
	sg_init_table(&sg, 1);
	if (is_vmalloc_addr(buffer))
		sg_set_page(&sg, vmalloc_to_page(buffer), AMP_RPMSG_BUFFER_SIZE, offset_in_page(buffer));
	else
		sg_set_buf(&sg, buffer, AMP_RPMSG_BUFFER_SIZE);
	return which == RECEIVE ? virtqueue_add_inbuf(bench->vqs[which], &sg, 1, buffer, GFP_ATOMIC) :
				  virtqueue_add_outbuf(bench->vqs[which], &sg, 1, buffer, GFP_ATOMIC);
}

static void virtio_bench_received(struct virtqueue *vq)
{
	const u64 now = ktime_get_ns();
	struct virtio_bench *bench = vq->vdev->priv;
	unsigned int len;
	u8 *buffer;

	for (;;) {
		while ((buffer = virtqueue_get_buf(vq, &len))) {
			bench->called_at = now;
			virtio_bench_add(bench, RECEIVE, buffer);
			complete(&bench->answered);
		}
		if (virtqueue_enable_cb(vq))
			break;
		virtqueue_disable_cb(vq);
	}
	virtqueue_kick(vq);
}

static int virtio_bench_send(struct virtio_bench *bench, u32 *kick)
{
	u8 *buffer = bench->buffers + (VIRTIO_BENCH_BUFFERS + bench->sent++ % VIRTIO_BENCH_BUFFERS) *
		     AMP_RPMSG_BUFFER_SIZE;
	struct amp_rpmsg_header header = {
		.src = VIRTIO_BENCH_ECHO + 1,
		.dst = VIRTIO_BENCH_ECHO,
		.len = VIRTIO_BENCH_BYTES - sizeof(header),
	};
	unsigned int len;
	u64 start;
	int ret;

	while (virtqueue_get_buf(bench->vqs[SEND], &len))
		;
	memcpy(buffer, &header, sizeof(header));
	ret = virtio_bench_add(bench, SEND, buffer);
	if (ret)
		return ret;
	/* Whether the other end wants it is the virtqueue's business, not the transport's: it is rung each time. */
	virtqueue_kick_prepare(bench->vqs[SEND]);
	start = ktime_get_ns();
	if (!virtqueue_notify(bench->vqs[SEND]))
		return -EIO;
	if (virtio_bench_stamps[SEND].rang < start)
		return -ENOLINK;
	*kick = virtio_bench_stamps[SEND].rang - start;
	return 0;
}

static int virtio_bench_echo(struct virtio_bench *bench, u32 *kick, u32 *callback)
{
	const u64 start = ktime_get_ns();
	long left;
	int ret;

	reinit_completion(&bench->answered);
	ret = virtio_bench_send(bench, kick);
	if (ret)
		return ret;
	left = wait_for_completion_killable_timeout(&bench->answered, VIRTIO_BENCH_PATIENCE);
	if (left <= 0)
		return left < 0 ? left : -ETIMEDOUT;
	if (virtio_bench_stamps[RECEIVE].rung < start || virtio_bench_stamps[RECEIVE].rung > bench->called_at)
		return -EAGAIN;
	*callback = bench->called_at - virtio_bench_stamps[RECEIVE].rung;
	return 0;
}

static int virtio_bench_compare(const void *a, const void *b)
{
	const u32 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static u64 virtio_bench_middle(u32 *times, unsigned int count)
{
	u64 sum = 0;
	unsigned int i;

	sort(times, count, sizeof(*times), virtio_bench_compare, NULL);
	for (i = count / 4; i < count - count / 4; i++)
		sum += times[i];
	return sum;
}

static int virtio_bench_run(struct virtio_bench *bench, unsigned int count)
{
	u32 *kicks = kvmalloc_array(2 * count, sizeof(*kicks), GFP_KERNEL);
	u32 *callbacks = kicks + count;
	unsigned int i = 0, missed = 0;
	int ret = 0;

	if (!kicks)
		return -ENOMEM;
	while (i < count && !ret) {
		ret = virtio_bench_echo(bench, &kicks[i], &callbacks[i]);
		if (ret == -EAGAIN)
			/* A link looks into its vrings without being rung, too, but not each time. */
			ret = missed++ <= count ? 0 : -ENOLINK;
		else
			i++;
	}
	if (!ret)
		scnprintf(bench->ping, sizeof(bench->ping), "messages=%u timed=%u kick_ns=%llu callback_ns=%llu", count,
			  count - 2 * (count / 4), virtio_bench_middle(kicks, count),
			  virtio_bench_middle(callbacks, count));
	kvfree(kicks);
	return ret;
}

static ssize_t ping_store(struct device *dev, struct device_attribute *attr, const char *text, size_t length)
{
	struct virtio_bench *bench = dev_to_virtio(dev)->priv;
	unsigned int count;
	int ret;

	ret = kstrtouint(text, 0, &count);
	if (ret)
		return ret;
	if (!count || count > VIRTIO_BENCH_PINGS_MAX)
		return -EINVAL;
	ret = mutex_lock_killable(&bench->lock);
	if (ret)
		return ret;
	ret = virtio_bench_run(bench, count);
	mutex_unlock(&bench->lock);
	return ret ? ret : length;
}

static ssize_t ping_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct virtio_bench *bench = dev_to_virtio(dev)->priv;

	return sysfs_emit(text, "%s\n", bench->ping);
}
static DEVICE_ATTR_RW(ping);

static struct attribute *virtio_bench_attrs[] = { &dev_attr_ping.attr, NULL };
ATTRIBUTE_GROUPS(virtio_bench);

static int virtio_bench_find_vqs(struct virtio_bench *bench)
{
#ifdef AMP_HAVE_VIRTQUEUE_INFO
	struct virtqueue_info info[] = { { "receive", virtio_bench_received }, { "send" } };

	return virtio_find_vqs(bench->vdev, VIRTQUEUES, bench->vqs, info, NULL);
#else
	vq_callback_t *callbacks[] = { virtio_bench_received, NULL };
	const char * const names[] = { "receive", "send" };

	return virtio_find_vqs(bench->vdev, VIRTQUEUES, bench->vqs, callbacks, names, NULL);
#endif
}

static int virtio_bench_probe(struct virtio_device *vdev)
{
	const size_t size = 2 * VIRTIO_BENCH_BUFFERS * AMP_RPMSG_BUFFER_SIZE;
	struct virtio_bench *bench;
	unsigned int i;
	int ret;

	bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	bench->vdev = vdev;
	vdev->priv = bench;
	mutex_init(&bench->lock);
	init_completion(&bench->answered);
	ret = virtio_bench_find_vqs(bench);
	if (ret)
		goto err_free;
	bench->buffers = dma_alloc_coherent(vdev->dev.parent, size, &bench->dma, GFP_KERNEL);
	if (!bench->buffers) {
		ret = -ENOMEM;
		goto err_vqs;
	}
	virtqueue_disable_cb(bench->vqs[SEND]);
	for (i = 0; i < VIRTIO_BENCH_BUFFERS && !ret; i++)
		ret = virtio_bench_add(bench, RECEIVE, bench->buffers + i * AMP_RPMSG_BUFFER_SIZE);
	if (ret)
		goto err_buffers;
	virtio_device_ready(vdev);
	virtqueue_kick(bench->vqs[RECEIVE]);
	return 0;

err_buffers:
	dma_free_coherent(vdev->dev.parent, size, bench->buffers, bench->dma);
err_vqs:
	vdev->config->del_vqs(vdev);
err_free:
	kfree(bench);
	return ret;
}

static void virtio_bench_remove(struct virtio_device *vdev)
{
	struct virtio_bench *bench = vdev->priv;

	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
	dma_free_coherent(vdev->dev.parent, 2 * VIRTIO_BENCH_BUFFERS * AMP_RPMSG_BUFFER_SIZE, bench->buffers,
			  bench->dma);
	kfree(bench);
}

/* Not a device table: such a device is the rpmsg bus's, unless somebody measures. */
static const struct virtio_device_id virtio_bench_ids[] = {
	{ AMP_VIRTIO_ID_RPMSG, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_driver virtio_bench_driver = {
	.driver.name = "virtio_bench",
	.driver.owner = THIS_MODULE,
	.driver.dev_groups = virtio_bench_groups,
	.id_table = virtio_bench_ids,
	.probe = virtio_bench_probe,
	.remove = virtio_bench_remove,
};

static int __init virtio_bench_init(void)
{
	int ret = platform_driver_register(&virtio_bench_mailbox_driver);

	if (ret)
		return ret;
	ret = register_virtio_driver(&virtio_bench_driver);
	if (ret)
		platform_driver_unregister(&virtio_bench_mailbox_driver);
	return ret;
}

static void __exit virtio_bench_exit(void)
{
	unregister_virtio_driver(&virtio_bench_driver);
	platform_driver_unregister(&virtio_bench_mailbox_driver);
}

module_init(virtio_bench_init);
module_exit(virtio_bench_exit);

MODULE_DESCRIPTION("What a virtio transport over mailboxes costs");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
