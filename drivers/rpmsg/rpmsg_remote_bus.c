// SPDX-License-Identifier: GPL-2.0-only
/* One rpmsg bus on a vdev whose device end is this Linux: its life from probe to remove. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/utsname.h>
#include <uapi/amp/virtio_ring.h>

#include "rpmsg_remote.h"

#define RPMSG_REMOTE_FEATURES	(BIT_ULL(AMP_VIRTIO_RPMSG_F_NS) | BIT_ULL(AMP_VIRTIO_RING_F_EVENT_IDX))

/* A payload of none at all is legal, a buffer that holds no header is not. */
#define RPMSG_REMOTE_BUFFER_MIN	sizeof(struct amp_rpmsg_header)

struct rpmsg_remote *rpmsg_remote_get(struct rpmsg_remote *remote)
{
	kref_get(&remote->refs);
	return remote;
}

static void rpmsg_remote_release(struct kref *ref)
{
	struct rpmsg_remote *remote = container_of(ref, struct rpmsg_remote, refs);

	put_device(&remote->rvdev->dev);
	xa_destroy(&remote->endpoints);
	kvfree(remote->lent);
	kfree(remote->link);
	kfree(remote);
}

void rpmsg_remote_put(struct rpmsg_remote *remote)
{
	kref_put(&remote->refs, rpmsg_remote_release);
}

void rpmsg_remote_complain(struct rpmsg_remote *remote, enum rpmsg_remote_vring vring,
			   const struct amp_complaint *complaint)
{
	if (__ratelimit(&remote->complaints))
		dev_err(&remote->rvdev->dev, "vring%d: %s 0x%llx: got 0x%llx\n", vring, complaint->what,
			complaint->limit, complaint->value);
}

void rpmsg_remote_broken(struct rpmsg_remote *remote, enum rpmsg_remote_vring vring,
			 const struct amp_complaint *complaint)
{
	rpmsg_remote_complain(remote, vring, complaint);
	remote->rvdev->ops->fault(remote->rvdev);
}

static int rpmsg_remote_start_link(struct rpmsg_remote *remote, u64 features)
{
	struct rvdev_device *rvdev = remote->rvdev;
	struct amp_link_config config = { .features = features };
	struct amp_complaint complaint;
	unsigned int num_regions;
	size_t lent_size;
	int vring, err;

	err = rvdev->ops->vring(rvdev, RPMSG_REMOTE_TO_MAIN, &config.to_peer);
	if (!err)
		err = rvdev->ops->vring(rvdev, RPMSG_REMOTE_FROM_MAIN, &config.from_peer);
	if (err) {
		dev_err(&rvdev->dev, "vrings 0 and 1 are not there (%d), expected both\n", err);
		return err;
	}
	config.regions = rvdev->ops->regions(rvdev, &num_regions);
	config.num_regions = num_regions;

	kvfree(remote->lent);
	lent_size = amp_link_lent_size(config.to_peer.num);
	remote->lent = kvzalloc(lent_size + amp_link_lent_size(config.from_peer.num), GFP_KERNEL);
	if (!remote->lent)
		return -ENOMEM;
	config.lent_to_peer = remote->lent;
	config.lent_from_peer = remote->lent + lent_size / sizeof(u32);

	err = amp_link_start(remote->link, &config, &vring, &complaint);
	if (err) {
		rpmsg_remote_complain(remote, vring, &complaint);
		return err;
	}
	remote->num_from_peer = config.from_peer.num;
	return 0;
}

/* The main's receive buffers tell how large a message may be, both ways. */
static unsigned int rpmsg_remote_buffer_size(struct rpmsg_remote *remote)
{
	size_t room = amp_link_transmit_room(remote->link);

	return room < RPMSG_REMOTE_BUFFER_MIN ? AMP_RPMSG_BUFFER_SIZE : room;
}

static int rpmsg_remote_up(struct rvdev_device *rvdev)
{
	struct rpmsg_remote *remote = rvdev_get_drvdata(rvdev);
	const u64 features = rvdev->ops->features(rvdev);
	unsigned int largest;
	int err;

	if (features & ~RPMSG_REMOTE_FEATURES) {
		dev_err(&rvdev->dev, "main chose features 0x%llx, expected none but 0x%llx\n", features,
			RPMSG_REMOTE_FEATURES);
		return -EOPNOTSUPP;
	}
	err = rpmsg_remote_start_link(remote, features);
	if (err)
		return err;
	scoped_guard(mutex, &remote->channels_lock) {
		WRITE_ONCE(remote->incarnation, remote->incarnation + 1);
		remote->ns = features & BIT_ULL(AMP_VIRTIO_RPMSG_F_NS);
	}
	WRITE_ONCE(remote->buffer_size, rpmsg_remote_buffer_size(remote));
	largest = max(remote->buffer_size, AMP_RPMSG_BUFFER_SIZE);
	err = rpmsg_remote_receive_resize(remote, remote->num_from_peer, largest - sizeof(struct amp_rpmsg_header));
	if (err)
		return err;
	err = rpmsg_remote_channels_up(remote);
	if (err)
		return err;
	rpmsg_remote_transmit_up(remote);
	rpmsg_remote_receive_up(remote);
	rpmsg_remote_announce_all(remote);
	dev_info(&rvdev->dev, "rpmsg link is up: messages of up to %u bytes, name service %s, event index %s\n",
		 rpmsg_remote_mtu(remote), str_on_off(remote->ns),
		 str_on_off(features & BIT_ULL(AMP_VIRTIO_RING_F_EVENT_IDX)));
	return 0;
}

static void rpmsg_remote_down(struct rvdev_device *rvdev)
{
	struct rpmsg_remote *remote = rvdev_get_drvdata(rvdev);

	/* Senders first: a callback that waits in one holds the worker. */
	rpmsg_remote_transmit_down(remote);
	rpmsg_remote_receive_down(remote);
	remote->restarts++;
	rpmsg_remote_channels_down(remote);
	dev_info(&rvdev->dev, "rpmsg link is down\n");
}

static bool rpmsg_remote_intact(struct rvdev_device *rvdev)
{
	struct rpmsg_remote *remote = rvdev_get_drvdata(rvdev);
	bool intact;

	guard(mutex)(&remote->receive.lock);
	scoped_guard(spinlock_irqsave, &remote->transmit.lock)
		intact = amp_link_intact(remote->link);
	return intact;
}

static void rpmsg_remote_notify(struct rvdev_device *rvdev, unsigned int index)
{
	struct rpmsg_remote *remote = rvdev_get_drvdata(rvdev);

	if (index == RPMSG_REMOTE_TO_MAIN)
		rpmsg_remote_transmit_doorbell(remote);
	else if (index == RPMSG_REMOTE_FROM_MAIN)
		rpmsg_remote_receive_doorbell(remote);
}

static int rpmsg_remote_probe(struct rvdev_device *rvdev)
{
	struct rpmsg_remote *remote;
	int err;

	if (rvdev->num_vrings < 2) {
		dev_err(&rvdev->dev, "%u vrings, expected 2\n", rvdev->num_vrings);
		return -EINVAL;
	}
	remote = kzalloc(sizeof(*remote), GFP_KERNEL);
	if (!remote)
		return -ENOMEM;
	kref_init(&remote->refs);
	get_device(&rvdev->dev);
	remote->rvdev = rvdev;
	remote->buffer_size = AMP_RPMSG_BUFFER_SIZE;
	xa_init_flags(&remote->endpoints, XA_FLAGS_ALLOC);
	mutex_init(&remote->channels_lock);
	INIT_LIST_HEAD(&remote->channels);
	INIT_LIST_HEAD(&remote->claims);
	ratelimit_state_init(&remote->complaints, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
	ratelimit_state_init(&remote->strays, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
	rpmsg_remote_transmit_init(remote);

	err = -ENOMEM;
	remote->link = kmalloc(amp_link_size(), GFP_KERNEL);
	if (!remote->link)
		goto put;
	amp_link_init(remote->link);
	err = rpmsg_remote_receive_init(remote);
	if (err)
		goto put;
	err = rpmsg_remote_announce_init(remote);
	if (err)
		goto receive_exit;
	rvdev_set_drvdata(rvdev, remote);
	err = rpmsg_remote_channels_init(remote);
	if (err)
		goto announce_exit;
	rpmsg_remote_debugfs_add(remote);
	return 0;

announce_exit:
	rpmsg_remote_announce_exit(remote);
receive_exit:
	rpmsg_remote_receive_exit(remote);
put:
	rpmsg_remote_put(remote);
	return err;
}

/* The link may still be up: the main is told of what ends. */
static void rpmsg_remote_leave(struct rvdev_device *rvdev)
{
	struct rpmsg_remote *remote = rvdev_get_drvdata(rvdev);

	rpmsg_remote_debugfs_remove(remote);
	rpmsg_remote_channels_exit(remote);
	rpmsg_remote_announce_exit(remote);
}

static void rpmsg_remote_remove(struct rvdev_device *rvdev)
{
	struct rpmsg_remote *remote = rvdev_get_drvdata(rvdev);

	rpmsg_remote_receive_exit(remote);
	rpmsg_remote_put(remote);
}

static const struct rvdev_id rpmsg_remote_ids[] = {
	{ AMP_VIRTIO_ID_RPMSG },
	{ }
};

static struct rvdev_driver rpmsg_remote_driver = {
	.driver.name = "rpmsg_remote",
	.id_table = rpmsg_remote_ids,
	.probe = rpmsg_remote_probe,
	.leave = rpmsg_remote_leave,
	.remove = rpmsg_remote_remove,
	.up = rpmsg_remote_up,
	.down = rpmsg_remote_down,
	.notify = rpmsg_remote_notify,
	.intact = rpmsg_remote_intact,
};

static bool unchecked_abi;
module_param(unchecked_abi, bool, 0444);
MODULE_PARM_DESC(unchecked_abi, "load on a kernel whose private rpmsg tables this module was not held against");

static int __init rpmsg_remote_init(void)
{
	int err;

#ifndef AMP_HAVE_RPMSG_INTERNAL
	if (!AMP_RPMSG_ABI_CHECKED && !unchecked_abi) {
		pr_err("rpmsg_remote: refused: nobody compared the rpmsg core of Linux %s with what this module expects of it; build it with the kernel's source at hand, or compare them with tools/build/abi-check and load it with unchecked_abi=1\n",
		       init_utsname()->release);
		return -ENODEV;
	}
#endif
	rpmsg_remote_debugfs_init();
	err = rvdev_register_driver(&rpmsg_remote_driver, THIS_MODULE);
	if (err)
		rpmsg_remote_debugfs_exit();
	return err;
}
module_init(rpmsg_remote_init);

static void __exit rpmsg_remote_exit(void)
{
	rvdev_unregister_driver(&rpmsg_remote_driver);
	rpmsg_remote_debugfs_exit();
	/* Links that firmware devlink made hold our devices, whose release is code of ours, until a worker lets go. */
	device_link_wait_removal();
}
module_exit(rpmsg_remote_exit);

MODULE_DESCRIPTION("rpmsg bus of the remote processor");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
MODULE_ALIAS(RVDEV_ALIAS(7));
