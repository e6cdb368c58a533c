// SPDX-License-Identifier: GPL-2.0-only
/* The vdev that the tests work on: its memory, its transport, its life. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>

#include "rpmsg_remote_kunit_bench.h"

#define BENCH_ALIGN	16

static const u64 bench_da[2] = { 0x10000000, 0x20000000 };

struct bench_vdev {
	struct rvdev_device rvdev;
	struct bench *bench;
	struct amp_region regions[2];
};

static struct bench *to_bench(struct rvdev_device *rvdev)
{
	return container_of(rvdev, struct bench_vdev, rvdev)->bench;
}

struct bench *bench_from_device(struct device *dev)
{
	return to_bench(to_rvdev(dev));
}

static int bench_vring(struct rvdev_device *rvdev, unsigned int index, struct amp_vring_memory *out)
{
	struct bench *bench = to_bench(rvdev);

	*out = bench->memory.ring[index].memory;
	return bench->vring_error;
}

static const struct amp_region *bench_regions(struct rvdev_device *rvdev, unsigned int *count)
{
	*count = 2;
	return container_of(rvdev, struct bench_vdev, rvdev)->regions;
}

static u64 bench_features(struct rvdev_device *rvdev)
{
	return to_bench(rvdev)->features;
}

static int bench_kick(struct rvdev_device *rvdev, unsigned int index)
{
	struct bench *bench = to_bench(rvdev);

	atomic_inc(&bench->kicks[index]);
	wake_up_all(&bench->rung);
	return 0;
}

static void bench_fault(struct rvdev_device *rvdev)
{
	struct bench *bench = to_bench(rvdev);

	atomic_inc(&bench->faults);
	wake_up_all(&bench->rung);
}

static int bench_no_config(struct rvdev_device *rvdev, unsigned int offset, void *to, unsigned int len)
{
	return -EINVAL;
}

static int bench_no_set_config(struct rvdev_device *rvdev, unsigned int offset, const void *from, unsigned int len)
{
	return -EINVAL;
}

static const struct rvdev_ops bench_ops = {
	.vring = bench_vring,
	.regions = bench_regions,
	.features = bench_features,
	.kick = bench_kick,
	.fault = bench_fault,
	.get_config = bench_no_config,
	.set_config = bench_no_set_config,
};

static void bench_release(struct device *dev)
{
	struct bench_vdev *vdev = container_of(dev, struct bench_vdev, rvdev.dev);

	complete(&vdev->bench->released);
	kfree(vdev);
}

/* Each piece is an allocation of its own, so that KASAN sees what runs over its ends. */
static void bench_plan_memory(struct bench *bench, const struct bench_plan *plan)
{
	const unsigned int num = plan->num ?: BENCH_NUM;
	const unsigned int buffers[2] = { plan->to_main ?: num, plan->from_main ?: num };
	struct kunit *test = bench->test;
	int i;

	for (i = 0; i < 2; i++) {
		struct amp_main_ring *ring = &bench->memory.ring[i];

		ring->memory.size = vring_size(num, BENCH_ALIGN);
		ring->memory.num = num;
		ring->memory.align = BENCH_ALIGN;
		ring->memory.va = kunit_kzalloc(test, ring->memory.size, GFP_KERNEL);
		ring->buffer_size = plan->buffer_size ?: BENCH_BUFFER;
		ring->buffers.da = bench_da[i];
		ring->buffers.size = buffers[i] * ring->buffer_size;
		ring->buffers.va = kunit_kzalloc(test, ring->buffers.size, GFP_KERNEL);
		ring->words = kunit_kcalloc(test, amp_main_words(num), sizeof(u32), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, ring->memory.va);
		KUNIT_ASSERT_NOT_NULL(test, ring->buffers.va);
		KUNIT_ASSERT_NOT_NULL(test, ring->words);
	}
	bench->features = plan->features | (plan->no_ns ? 0 : BIT_ULL(AMP_VIRTIO_RPMSG_F_NS));
	bench->memory.event_idx = plan->features & BIT_ULL(AMP_VIRTIO_RING_F_EVENT_IDX);
}

struct bench *bench_open(struct kunit *test, const struct bench_plan *plan)
{
	static const struct bench_plan usual;
	struct bench_vdev *vdev;
	struct bench *bench;
	int i;

	bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench);
	bench->test = test;
	init_completion(&bench->released);
	spin_lock_init(&bench->main_lock);
	init_waitqueue_head(&bench->rung);
	inbox_init(&bench->inbox);
	INIT_LIST_HEAD(&bench->threads);
	bench->main = kunit_kzalloc(test, amp_main_size(), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench->main);
	amp_main_init(bench->main);
	bench_plan_memory(bench, plan ?: &usual);

	vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vdev);
	vdev->bench = bench;
	for (i = 0; i < 2; i++)
		vdev->regions[i] = bench->memory.ring[i].buffers;
	vdev->rvdev.id.device = AMP_VIRTIO_ID_RPMSG;
	vdev->rvdev.num_vrings = 2;
	vdev->rvdev.ops = &bench_ops;
	rvdev_init(&vdev->rvdev);
	vdev->rvdev.dev.release = bench_release;
	bench->rvdev = &vdev->rvdev;
	test->priv = bench;
	KUNIT_ASSERT_EQ(test, dev_set_name(&vdev->rvdev.dev, BENCH_NAME), 0);
	KUNIT_ASSERT_EQ(test, rvdev_register(&vdev->rvdev), 0);
	KUNIT_ASSERT_NOT_NULL_MSG(test, rvdev_get_drvdata(bench->rvdev),
				  "no driver for a vdev of device 7: load rpmsg_remote");
	bench->control = bench_remote(bench)->control;
	return bench;
}

struct bench *bench_open_up(struct kunit *test, const struct bench_plan *plan)
{
	struct bench *bench = bench_open(test, plan);

	KUNIT_ASSERT_EQ(test, bench_up(bench), 0);
	return bench;
}

void bench_close(struct kunit *test)
{
	struct bench *bench = test->priv;
	struct bench_thread *thread, *next;

	kunit_log_stop();
	if (!bench)
		return;
	bench_down(bench);
	list_for_each_entry_safe(thread, next, &bench->threads, node)
		bench_join(bench, thread, BENCH_PATIENCE);
	if (device_is_registered(&bench->rvdev->dev))
		rvdev_unregister(bench->rvdev);
	else
		put_device(&bench->rvdev->dev);
	KUNIT_EXPECT_NE_MSG(test, wait_for_completion_timeout(&bench->released, BENCH_PATIENCE), 0,
			    "somebody still holds the vdev");
	test->priv = NULL;
}

void bench_make_rings(struct bench *bench)
{
	int err;

	scoped_guard(spinlock_irqsave, &bench->main_lock)
		err = amp_main_make(bench->main, &bench->memory);
	KUNIT_EXPECT_EQ(bench->test, err, 0);
}

int bench_up(struct bench *bench)
{
	bench_make_rings(bench);
	return rvdev_up(bench->rvdev);
}

void bench_down(struct bench *bench)
{
	rvdev_down(bench->rvdev);
}

struct rpmsg_remote *bench_remote(struct bench *bench)
{
	return rvdev_get_drvdata(bench->rvdev);
}

/* Reading a file of debugfs takes a user's memory; what fills it does not. */
u64 bench_counter(struct bench *bench, const char *name)
{
	const size_t len = strlen(name);
	struct seq_file *seq;
	struct file *file;
	char *line = NULL;
	u64 value = 0;

	file = filp_open("/sys/kernel/debug/rpmsg_remote/" BENCH_NAME "/counters", O_RDONLY, 0);
	KUNIT_ASSERT_FALSE_MSG(bench->test, IS_ERR(file), "no counters in debugfs: %ld", PTR_ERR(file));
	seq = file->private_data;
	seq->size = PAGE_SIZE;
	seq->buf = kvzalloc(seq->size, GFP_KERNEL);
	if (seq->buf && !seq->op->show(seq, NULL))
		line = seq->buf;
	while (line && (strncmp(line, name, len) || line[len] != ' ')) {
		line = strchr(line, '\n');
		line += !!line;
	}
	if (!line || sscanf(line + len, " %llu", &value) != 1)
		KUNIT_FAIL(bench->test, "no counter %s", name);
	filp_close(file, NULL);
	return value;
}
