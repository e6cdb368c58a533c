// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg devices and where they come from: drivers and RPMSG_CREATE_DEV_IOCTL, child nodes of the vdev, the main's name
 * service. Those of the main end with the link; ours stay, and are announced anew when it is back.
 */
#include <linux/of.h>
#include <linux/rpmsg/byteorder.h>
#include <linux/slab.h>

#include "rpmsg_remote.h"

/* However many services a main announces, it gets no more devices here. */
#define RPMSG_REMOTE_FROM_MAIN_MAX	1024

/* A channel that is being registered: there is no device to be found yet, but the name is taken. */
struct rpmsg_remote_claim {
	struct list_head node;
	const struct rpmsg_channel_info *chinfo;
};

static const struct amp_rpmsg_device_ops rpmsg_remote_device_ops;

static void rpmsg_remote_channel_release(struct device *dev)
{
	struct rpmsg_remote_channel *channel = container_of(dev, struct rpmsg_remote_channel, rpdev.dev);

	of_node_put(dev->of_node);
	rpmsg_remote_put(channel->remote);
	kfree(channel);
}

static struct rpmsg_remote_channel *rpmsg_remote_channel_alloc(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_channel *channel;

	channel = kzalloc(sizeof(*channel), GFP_KERNEL);
	if (!channel)
		return NULL;
	channel->remote = rpmsg_remote_get(remote);
	INIT_LIST_HEAD(&channel->node);
	channel->rpdev.src = RPMSG_ADDR_ANY;
	channel->rpdev.dst = RPMSG_ADDR_ANY;
	channel->rpdev.little_endian = rpmsg_is_little_endian();
	channel->rpdev.ops = (const struct rpmsg_device_ops *)&rpmsg_remote_device_ops;
	channel->rpdev.dev.parent = &remote->rvdev->dev;
	channel->rpdev.dev.release = rpmsg_remote_channel_release;
	return channel;
}

/* As rpmsg_find_device() matches: RPMSG_ADDR_ANY in @chinfo stands for every address. */
static bool rpmsg_remote_matches(const struct rpmsg_channel_info *chinfo, const char *name, u32 src, u32 dst)
{
	return (chinfo->src == RPMSG_ADDR_ANY || chinfo->src == src) &&
	       (chinfo->dst == RPMSG_ADDR_ANY || chinfo->dst == dst) &&
	       !strncmp(chinfo->name, name, RPMSG_NAME_SIZE);
}

static struct rpmsg_remote_channel *rpmsg_remote_find_channel(struct rpmsg_remote *remote,
							      const struct rpmsg_channel_info *chinfo)
{
	struct rpmsg_remote_channel *channel;

	lockdep_assert_held(&remote->channels_lock);
	list_for_each_entry(channel, &remote->channels, node) {
		const struct rpmsg_device *rpdev = &channel->rpdev;

		if (rpmsg_remote_matches(chinfo, rpdev->id.name, rpdev->src, rpdev->dst))
			return channel;
	}
	return NULL;
}

static bool rpmsg_remote_is_claimed(struct rpmsg_remote *remote, const struct rpmsg_channel_info *chinfo)
{
	struct rpmsg_remote_claim *claim;

	list_for_each_entry(claim, &remote->claims, node) {
		const struct rpmsg_channel_info *other = claim->chinfo;

		if (rpmsg_remote_matches(chinfo, other->name, other->src, other->dst))
			return true;
	}
	return false;
}

/* The main that announced a channel in @incarnation is gone; or we are going. */
static bool rpmsg_remote_is_too_late(struct rpmsg_remote *remote, bool from_main, u32 incarnation)
{
	lockdep_assert_held(&remote->channels_lock);
	return remote->leaving ||
	       (from_main && (incarnation != remote->incarnation || !READ_ONCE(remote->transmit.up)));
}

/* 0, or why there shall be no such channel. */
static int rpmsg_remote_claim(struct rpmsg_remote *remote, struct rpmsg_remote_claim *claim, bool from_main,
			      u32 incarnation)
{
	const struct rpmsg_channel_info *chinfo = claim->chinfo;

	guard(mutex)(&remote->channels_lock);
	if (rpmsg_remote_is_too_late(remote, from_main, incarnation))
		return -ENODEV;
	if (rpmsg_remote_find_channel(remote, chinfo) || rpmsg_remote_is_claimed(remote, chinfo)) {
		if (!from_main || __ratelimit(&remote->complaints))
			dev_err(&remote->rvdev->dev, "channel %s:%x:%x exists already\n", chinfo->name, chinfo->src,
				chinfo->dst);
		return -EEXIST;
	}
	if (from_main && remote->num_from_main >= RPMSG_REMOTE_FROM_MAIN_MAX) {
		if (!remote->channels_refused++)
			dev_err(&remote->rvdev->dev, "main announced channel %s, expected at most %u channels\n",
				chinfo->name, RPMSG_REMOTE_FROM_MAIN_MAX);
		return -ENOSPC;
	}
	list_add(&claim->node, &remote->claims);
	return 0;
}

static struct rpmsg_device *rpmsg_remote_add_channel(struct rpmsg_remote *remote,
						     const struct rpmsg_channel_info *chinfo, bool from_main,
						     struct device_node *np)
{
	/* What comes from the main comes by the worker. */
	const u32 incarnation = from_main ? remote->receive.heard_in : 0;
	struct rpmsg_remote_claim claim = { .chinfo = chinfo };
	struct rpmsg_remote_channel *channel;
	struct rpmsg_device *rpdev = NULL;
	bool too_late = false;
	int err = -ENOMEM;

	if (rpmsg_remote_claim(remote, &claim, from_main, incarnation))
		return NULL;
	channel = rpmsg_remote_channel_alloc(remote);
	if (!channel)
		goto unclaim;
	rpdev = &channel->rpdev;
	rpdev->src = chinfo->src;
	rpdev->dst = chinfo->dst;
	rpdev->announce = !from_main;
	/* With an of_node the modalias is that of its compatible: only where it has one. */
	if (np && of_property_present(np, "compatible"))
		rpdev->dev.of_node = of_node_get(np);
	channel->from_main = from_main;
	channel->given_dst = chinfo->dst;
	strscpy(rpdev->id.name, chinfo->name, sizeof(rpdev->id.name));
	err = rpmsg_register_device(rpdev); /* where it fails, channel is gone */
unclaim:
	scoped_guard(mutex, &remote->channels_lock) {
		list_del(&claim.node);
		if (err)
			return NULL;
		too_late = rpmsg_remote_is_too_late(remote, from_main, incarnation);
		if (!too_late) {
			list_add_tail(&channel->node, &remote->channels);
			remote->num_from_main += from_main;
		}
	}
	if (too_late) {
		device_unregister(&rpdev->dev);
		return NULL;
	}
	rpmsg_remote_announce_all(remote);
	return rpdev;
}

/* It was taken off the list before, so it ends once. */
static void rpmsg_remote_remove_channel(struct rpmsg_remote_channel *channel)
{
	device_unregister(&channel->rpdev.dev);
}

static struct rpmsg_device *rpmsg_remote_create_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo)
{
	struct rpmsg_remote *remote = to_remote_channel(rpdev)->remote;

	return rpmsg_remote_add_channel(remote, chinfo, rpdev == remote->name_service, NULL);
}

static int rpmsg_remote_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo)
{
	struct rpmsg_remote *remote = to_remote_channel(rpdev)->remote;
	struct rpmsg_remote_channel *channel;

	scoped_guard(mutex, &remote->channels_lock) {
		channel = rpmsg_remote_find_channel(remote, chinfo);
		/* The main ends what it announced, nothing of ours. */
		if (!channel || (rpdev == remote->name_service && !channel->from_main))
			return -EINVAL;
		list_del_init(&channel->node);
		remote->num_from_main -= channel->from_main;
	}
	rpmsg_remote_remove_channel(channel);
	return 0;
}

static const struct amp_rpmsg_device_ops rpmsg_remote_device_ops = {
	.create_channel = rpmsg_remote_create_channel,
	.release_channel = rpmsg_remote_release_channel,
	.create_ept = rpmsg_remote_create_ept,
	.announce_create = rpmsg_remote_announce_create,
	.announce_destroy = rpmsg_remote_announce_destroy,
};

/* Child nodes of the vdev that name a channel; a bad one is reported and left out. */
static void rpmsg_remote_add_static_channels(struct rpmsg_remote *remote)
{
	struct device *dev = &remote->rvdev->dev;
	struct device_node *np;

	for_each_available_child_of_node(dev->of_node, np) {
		struct rpmsg_channel_info chinfo = { .src = RPMSG_ADDR_ANY, .dst = RPMSG_ADDR_ANY };
		const char *name;

		if (of_property_read_string(np, "virtio,rpmsg-channel", &name)) {
			dev_err(dev, "%pOF: no virtio,rpmsg-channel, expected the channel's name\n", np);
			continue;
		}
		if (strscpy(chinfo.name, name, sizeof(chinfo.name)) <= 0) {
			dev_err(dev, "%pOF: virtio,rpmsg-channel \"%s\", expected 1 to %u characters\n", np, name,
				RPMSG_NAME_SIZE - 1);
			continue;
		}
		of_property_read_u32(np, "reg", &chinfo.src);
		if (!rpmsg_remote_add_channel(remote, &chinfo, false, np))
			dev_err(dev, "%pOF: no channel %s\n", np, chinfo.name);
	}
}

int rpmsg_remote_channels_init(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_channel *channel;
	int err;

	channel = rpmsg_remote_channel_alloc(remote);
	if (!channel)
		return -ENOMEM;
	err = rpmsg_register_device_override(&channel->rpdev, "rpmsg_ctrl");
	if (err)
		return err;
	remote->control = &channel->rpdev;
	rpmsg_remote_add_static_channels(remote);
	return 0;
}

int rpmsg_remote_channels_up(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_channel *channel;
	int err;

	if (!IS_REACHABLE(CONFIG_RPMSG_NS) || !remote->ns || remote->name_service)
		return 0;
	channel = rpmsg_remote_channel_alloc(remote);
	if (!channel)
		return -ENOMEM;
	/* Its endpoint may be called before the registration returns. */
	remote->name_service = &channel->rpdev;
	err = rpmsg_ns_register_device(&channel->rpdev);
	if (err)
		remote->name_service = NULL;
	return err;
}

/* The main's channels end; what ours had learnt of it is forgotten. */
void rpmsg_remote_channels_down(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_channel *channel, *next;
	LIST_HEAD(gone);

	scoped_guard(mutex, &remote->channels_lock) {
		list_for_each_entry_safe(channel, next, &remote->channels, node) {
			if (channel->from_main)
				list_move_tail(&channel->node, &gone);
			else
				WRITE_ONCE(channel->rpdev.dst, channel->given_dst);
		}
		remote->num_from_main = 0;
	}
	list_for_each_entry_safe(channel, next, &gone, node) {
		list_del_init(&channel->node);
		rpmsg_remote_remove_channel(channel);
	}
}

void rpmsg_remote_channels_exit(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_channel *channel;

	scoped_guard(mutex, &remote->channels_lock)
		WRITE_ONCE(remote->leaving, true);
	rpmsg_remote_transmit_leave(remote);
	/* No new ones from here on; first who could make them. */
	if (remote->name_service)
		device_unregister(&remote->name_service->dev);
	device_unregister(&remote->control->dev);
	for (;;) {
		scoped_guard(mutex, &remote->channels_lock) {
			channel = list_first_entry_or_null(&remote->channels, struct rpmsg_remote_channel, node);
			if (channel)
				list_del_init(&channel->node);
		}
		if (!channel)
			return;
		rpmsg_remote_remove_channel(channel);
	}
}
