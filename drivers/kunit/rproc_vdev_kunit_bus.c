// SPDX-License-Identifier: GPL-2.0-only
/* The rvdev bus: the calls of a driver come in their order, whatever its device, the main and module loading do. */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rvdev.h>
#include <linux/slab.h>

/* Virtio ids that nobody has. */
#define ID_OURS		0xfff0u
#define ID_OTHERS	0xfff1u
#define VRINGS		3
#define PATIENCE	(10 * HZ)

/**
 * struct play - one device and the calls that its driver got
 * @rvdev:	the device
 * @released:	its memory goes
 * @calls:	a letter each: p(robe) u(p) n(otify) d(own) l(eave) r(emove), f(ault) of the transport
 * @usable:	between the end of up() and the begin of down()
 * @wild:	notify() came at another time
 * @probe_error: of the next probe(); 0 from then on
 * @up_error:	of the next up(); 0 from then on
 * @intact:	what the driver says of its rings
 * @notified:	how often each vring was rung
 */
struct play {
	struct rvdev_device *rvdev;
	struct completion released;
	char calls[32];
	bool usable;
	bool wild;
	int probe_error;
	int up_error;
	bool intact;
	atomic_t notified[VRINGS];
};

struct play_device {
	struct rvdev_device rvdev;
	struct play *play;
};

static struct play *to_play(struct rvdev_device *rvdev)
{
	return container_of(rvdev, struct play_device, rvdev)->play;
}

static void note(struct play *play, char what)
{
	const size_t len = strlen(play->calls);

	if (len < sizeof(play->calls) - 1)
		play->calls[len] = what;
}

static int play_probe(struct rvdev_device *rvdev)
{
	struct play *play = to_play(rvdev);

	note(play, 'p');
	return xchg(&play->probe_error, 0);
}

static void play_leave(struct rvdev_device *rvdev)
{
	note(to_play(rvdev), 'l');
}

static void play_remove(struct rvdev_device *rvdev)
{
	note(to_play(rvdev), 'r');
}

static int play_up(struct rvdev_device *rvdev)
{
	struct play *play = to_play(rvdev);

	note(play, 'u');
	WRITE_ONCE(play->usable, !play->up_error);
	return xchg(&play->up_error, 0);
}

static void play_down(struct rvdev_device *rvdev)
{
	struct play *play = to_play(rvdev);

	WRITE_ONCE(play->usable, false);
	note(play, 'd');
}

static void play_notify(struct rvdev_device *rvdev, unsigned int index)
{
	struct play *play = to_play(rvdev);

	if (!READ_ONCE(play->usable) || index >= VRINGS)
		WRITE_ONCE(play->wild, true);
	else
		atomic_inc(&play->notified[index]);
}

static bool play_intact(struct rvdev_device *rvdev)
{
	return to_play(rvdev)->intact;
}

static const struct rvdev_id play_ids[] = {
	{ ID_OURS },
	{ }
};

static struct rvdev_driver play_driver = {
	.driver.name = "rproc_vdev_kunit",
	.id_table = play_ids,
	.probe = play_probe,
	.leave = play_leave,
	.remove = play_remove,
	.up = play_up,
	.down = play_down,
	.notify = play_notify,
	.intact = play_intact,
};

static u64 play_features(struct rvdev_device *rvdev)
{
	return 0;
}

static void play_fault(struct rvdev_device *rvdev)
{
	note(to_play(rvdev), 'f');
}

static const struct rvdev_ops play_ops = {
	.features = play_features,
	.fault = play_fault,
};

static void play_release(struct device *dev)
{
	struct play_device *device = container_of(dev, struct play_device, rvdev.dev);

	complete(&device->play->released);
	kfree(device);
}

static struct play *play_open(struct kunit *test, const char *name, u32 id)
{
	struct play *play = kunit_kzalloc(test, sizeof(*play), GFP_KERNEL);
	struct play_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, play);
	KUNIT_ASSERT_NOT_NULL(test, device);
	init_completion(&play->released);
	play->intact = true;
	play->rvdev = &device->rvdev;
	device->play = play;
	device->rvdev.id.device = id;
	device->rvdev.num_vrings = VRINGS;
	device->rvdev.ops = &play_ops;
	rvdev_init(&device->rvdev);
	device->rvdev.dev.release = play_release;
	KUNIT_ASSERT_EQ(test, dev_set_name(&device->rvdev.dev, "%s", name), 0);
	return play;
}

static void play_close(struct kunit *test, struct play *play)
{
	rvdev_unregister(play->rvdev);
	KUNIT_EXPECT_NE_MSG(test, wait_for_completion_timeout(&play->released, PATIENCE), 0,
			    "somebody still holds the device");
}

/* The calls since the last look. */
static void expect_calls(struct kunit *test, struct play *play, const char *calls)
{
	KUNIT_EXPECT_STREQ(test, play->calls, calls);
	memset(play->calls, 0, sizeof(play->calls));
}

static struct play *play_open_bound(struct kunit *test)
{
	struct play *play = play_open(test, "kunit-play", ID_OURS);

	KUNIT_ASSERT_EQ(test, rvdev_register(play->rvdev), 0);
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	expect_calls(test, play, "p");
	return play;
}

static void calls_come_in_their_order(struct kunit *test)
{
	struct play *play = play_open_bound(test);
	int i;

	rvdev_notify(play->rvdev, 0);
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	expect_calls(test, play, "u");
	/* Every vring once: the main may have rung before. */
	for (i = 0; i < VRINGS; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&play->notified[i]), 1);
	rvdev_notify(play->rvdev, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&play->notified[1]), 2);
	rvdev_notify(play->rvdev, VRINGS);
	rvdev_notify(play->rvdev, ~0u);
	rvdev_down(play->rvdev);
	rvdev_notify(play->rvdev, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&play->notified[1]), 2);
	expect_calls(test, play, "d");
	rvdev_unregister_driver(&play_driver);
	expect_calls(test, play, "lr");
	KUNIT_EXPECT_FALSE(test, play->wild);
	play_close(test, play);
}

static void said_twice_is_done_once(struct kunit *test)
{
	struct play *play = play_open_bound(test);

	rvdev_down(play->rvdev);
	expect_calls(test, play, "");
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	expect_calls(test, play, "u");
	rvdev_down(play->rvdev);
	rvdev_down(play->rvdev);
	expect_calls(test, play, "d");
	rvdev_unregister_driver(&play_driver);
	play_close(test, play);
}

static void a_late_driver_finds_it_up(struct kunit *test)
{
	struct play *play = play_open(test, "kunit-play", ID_OURS);

	KUNIT_ASSERT_EQ(test, rvdev_register(play->rvdev), 0);
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	expect_calls(test, play, "");
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	expect_calls(test, play, "pu");
	KUNIT_EXPECT_EQ(test, atomic_read(&play->notified[0]), 1);
	/* Gone and back, while the main notices nothing. */
	rvdev_unregister_driver(&play_driver);
	expect_calls(test, play, "ldr");
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	expect_calls(test, play, "pu");
	/* One that comes while it is down waits for the main. */
	rvdev_unregister_driver(&play_driver);
	rvdev_down(play->rvdev);
	expect_calls(test, play, "ldr");
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	expect_calls(test, play, "p");
	rvdev_unregister_driver(&play_driver);
	play_close(test, play);
}

static void the_device_goes_while_up(struct kunit *test)
{
	struct play *play = play_open_bound(test);

	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	play_close(test, play);
	expect_calls(test, play, "uldr");
	rvdev_unregister_driver(&play_driver);
}

static void up_that_fails_is_not_up(struct kunit *test)
{
	struct play *play = play_open_bound(test);

	play->up_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), -ENOMEM);
	rvdev_notify(play->rvdev, 0);
	rvdev_down(play->rvdev);
	expect_calls(test, play, "u");
	KUNIT_EXPECT_EQ(test, atomic_read(&play->notified[0]), 0);
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	expect_calls(test, play, "u");
	rvdev_unregister_driver(&play_driver);
	expect_calls(test, play, "ldr");

	/* At the end of a probe there is nobody to tell but the transport. */
	play->up_error = -ENOMEM;
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	expect_calls(test, play, "puf");
	KUNIT_EXPECT_PTR_EQ(test, play->rvdev->bound, &play_driver);
	rvdev_down(play->rvdev);
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	expect_calls(test, play, "u");
	rvdev_unregister_driver(&play_driver);
	KUNIT_EXPECT_FALSE(test, play->wild);
	play_close(test, play);
}

static void probe_that_fails_leaves_nothing(struct kunit *test)
{
	struct play *play = play_open(test, "kunit-play", ID_OURS);

	play->probe_error = -EIO;
	KUNIT_ASSERT_EQ(test, rvdev_register(play->rvdev), 0);
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	expect_calls(test, play, "p");
	KUNIT_EXPECT_NULL(test, play->rvdev->bound);
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	rvdev_notify(play->rvdev, 0);
	rvdev_down(play->rvdev);
	expect_calls(test, play, "");
	rvdev_unregister_driver(&play_driver);
	expect_calls(test, play, "");
	play_close(test, play);
}

static void probe_that_defers_is_asked_again(struct kunit *test)
{
	struct play *play = play_open(test, "kunit-play", ID_OURS);
	struct play *trigger = play_open(test, "kunit-trigger", ID_OURS);
	const unsigned long until = jiffies + PATIENCE;

	play->probe_error = -EPROBE_DEFER;
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	KUNIT_ASSERT_EQ(test, rvdev_register(play->rvdev), 0);
	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	/* Any device that is bound makes the driver core try the others again. */
	KUNIT_ASSERT_EQ(test, rvdev_register(trigger->rvdev), 0);
	while (!READ_ONCE(play->rvdev->up) && time_before(jiffies, until))
		usleep_range(100, 500);
	expect_calls(test, play, "ppu");
	rvdev_unregister_driver(&play_driver);
	play_close(test, trigger);
	play_close(test, play);
}

static void only_its_own_devices(struct kunit *test)
{
	struct play *play = play_open(test, "kunit-play", ID_OTHERS);

	KUNIT_ASSERT_EQ(test, rvdev_register_driver(&play_driver, THIS_MODULE), 0);
	KUNIT_ASSERT_EQ(test, rvdev_register(play->rvdev), 0);
	expect_calls(test, play, "");
	rvdev_unregister_driver(&play_driver);
	play_close(test, play);
}

static void intact_is_asked_of_a_driver_that_is_up(struct kunit *test)
{
	struct play *play = play_open_bound(test);

	play->intact = false;
	KUNIT_EXPECT_TRUE(test, rvdev_intact(play->rvdev));
	KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
	KUNIT_EXPECT_FALSE(test, rvdev_intact(play->rvdev));
	play->intact = true;
	KUNIT_EXPECT_TRUE(test, rvdev_intact(play->rvdev));
	play->intact = false;
	/* It is polled: it does not wait for a driver that takes its time. */
	mutex_lock(&play->rvdev->lock);
	KUNIT_EXPECT_TRUE(test, rvdev_intact(play->rvdev));
	mutex_unlock(&play->rvdev->lock);
	rvdev_unregister_driver(&play_driver);
	play_close(test, play);
}

static int ring_on(void *data)
{
	struct play *play = data;
	unsigned int i;

	for (i = 0; !kthread_should_stop(); i++) {
		rvdev_notify(play->rvdev, i % (VRINGS + 1));
		cond_resched();
	}
	return 0;
}

static void no_doorbell_while_down(struct kunit *test)
{
	struct play *play = play_open_bound(test);
	struct task_struct *ringer = kthread_run(ring_on, play, "kunit-ringer");
	unsigned long until;
	int i, before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(ringer));
	for (i = 0; i < 50; i++) {
		before = atomic_read(&play->notified[2]);
		KUNIT_EXPECT_EQ(test, rvdev_up(play->rvdev), 0);
		until = jiffies + PATIENCE;
		while (atomic_read(&play->notified[2]) < before + 2 && time_before(jiffies, until))
			cond_resched();
		KUNIT_EXPECT_GE(test, atomic_read(&play->notified[2]), before + 2);
		if (i % 2)
			rvdev_down(play->rvdev);
		else
			device_release_driver(&play->rvdev->dev);
		if (!(i % 2))
			KUNIT_EXPECT_EQ(test, device_attach(&play->rvdev->dev), 1);
	}
	kthread_stop(ringer);
	KUNIT_EXPECT_FALSE(test, play->wild);
	rvdev_unregister_driver(&play_driver);
	play_close(test, play);
}

static struct kunit_case bus_cases[] = {
	KUNIT_CASE(calls_come_in_their_order),
	KUNIT_CASE(said_twice_is_done_once),
	KUNIT_CASE(a_late_driver_finds_it_up),
	KUNIT_CASE(the_device_goes_while_up),
	KUNIT_CASE(up_that_fails_is_not_up),
	KUNIT_CASE(probe_that_fails_leaves_nothing),
	KUNIT_CASE(probe_that_defers_is_asked_again),
	KUNIT_CASE(only_its_own_devices),
	KUNIT_CASE(intact_is_asked_of_a_driver_that_is_up),
	KUNIT_CASE(no_doorbell_while_down),
	{}
};

static struct kunit_suite bus_suite = {
	.name = "rvdev_bus",
	.test_cases = bus_cases,
};

kunit_test_suite(bus_suite);

MODULE_DESCRIPTION("Tests of the rvdev bus");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
