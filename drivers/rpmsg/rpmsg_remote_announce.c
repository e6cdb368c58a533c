// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the main which services there are: each of ours once in every life of the link, and its end. One work item
 * sends them in order; it alone waits where the main is slow.
 */
#include <linux/slab.h>

#include "rpmsg_remote.h"

/* Sending waits this long for a main that takes nothing; a bus that is being removed does not. */
#define RPMSG_REMOTE_ANNOUNCE_TIMEOUT	msecs_to_jiffies(15000)

/* A service that ended: its channel is gone, so what has to be said is kept here. */
struct rpmsg_remote_farewell {
	struct list_head node;
	u32 incarnation;
	u32 addr;
	char name[RPMSG_NAME_SIZE];
};

struct rpmsg_remote_news {
	u32 addr;
	char name[RPMSG_NAME_SIZE];
	bool destroy;
};

/* Farewells first: a channel of the same name that lives now was made after. */
static bool rpmsg_remote_next_news(struct rpmsg_remote *remote, struct rpmsg_remote_news *news)
{
	struct rpmsg_remote_farewell *farewell, *next;
	struct rpmsg_remote_channel *channel;

	guard(mutex)(&remote->channels_lock);
	list_for_each_entry_safe(farewell, next, &remote->farewells, node) {
		const bool current_life = farewell->incarnation == remote->incarnation;

		news->addr = farewell->addr;
		news->destroy = true;
		strscpy(news->name, farewell->name, sizeof(news->name));
		list_del(&farewell->node);
		kfree(farewell);
		if (current_life)
			return true;
	}
	if (!remote->ns || !READ_ONCE(remote->transmit.up))
		return false;
	list_for_each_entry(channel, &remote->channels, node) {
		if (!channel->wants_announcement || channel->announced_in == remote->incarnation)
			continue;
		/* Before it is sent: should the channel end meanwhile, a farewell follows. */
		channel->announced_in = remote->incarnation;
		news->addr = channel->rpdev.src;
		news->destroy = false;
		strscpy(news->name, channel->rpdev.id.name, sizeof(news->name));
		return true;
	}
	return false;
}

static void rpmsg_remote_not_told(struct rpmsg_remote *remote, const char *name, u32 addr, bool destroy, int err)
{
	remote->announcements_lost++;
	dev_warn_ratelimited(&remote->rvdev->dev, "main was not told that %s at 0x%x %s: %d\n", name, addr,
			     destroy ? "ended" : "is there", err);
}

static void rpmsg_remote_announce_work(struct work_struct *work)
{
	struct rpmsg_remote *remote = container_of(work, struct rpmsg_remote, announce);
	u8 message[sizeof(struct amp_rpmsg_ns_message)];
	struct rpmsg_remote_news news;

	while (rpmsg_remote_next_news(remote, &news)) {
		const bool leaving = READ_ONCE(remote->leaving);
		const size_t size = amp_announcement_make(message, news.name, news.addr, news.destroy);
		int err;

		err = rpmsg_remote_send(remote, news.addr, RPMSG_NS_ADDR, message, size,
					leaving ? RPMSG_REMOTE_FAREWELL_TIMEOUT : RPMSG_REMOTE_ANNOUNCE_TIMEOUT);
		if (!err)
			continue;
		/* A link that went down takes its announcements along; the next one gets all of them. */
		if (err == RPMSG_REMOTE_EDOWN)
			return;
		rpmsg_remote_not_told(remote, news.name, news.addr, news.destroy, err);
		if (leaving)
			return;
	}
}

void rpmsg_remote_announce_all(struct rpmsg_remote *remote)
{
	queue_work(remote->announcer, &remote->announce);
}

int rpmsg_remote_announce_create(struct rpmsg_device *rpdev)
{
	struct rpmsg_remote_channel *channel = to_remote_channel(rpdev);
	struct rpmsg_remote *remote = channel->remote;

	/* The core calls this when probe has succeeded. */
	rpmsg_remote_receive_open(to_remote_endpoint(rpdev->ept));
	if (channel->from_main)
		return 0;
	scoped_guard(mutex, &remote->channels_lock)
		channel->wants_announcement = true;
	rpmsg_remote_announce_all(remote);
	return 0;
}

int rpmsg_remote_announce_destroy(struct rpmsg_device *rpdev)
{
	struct rpmsg_remote_channel *channel = to_remote_channel(rpdev);
	struct rpmsg_remote *remote = channel->remote;
	struct rpmsg_remote_farewell *farewell;

	/*
	 * The core calls this, then the driver's remove, and destroys the driver's endpoint only after that: a driver
	 * that frees in remove what its callback uses (rpmsg_char does) must hear nothing from here on.
	 */
	if (rpdev->ept)
		rpmsg_remote_close_ept(rpdev->ept);
	scoped_guard(mutex, &remote->channels_lock) {
		const bool told = channel->announced_in == remote->incarnation && channel->announced_in;

		channel->wants_announcement = false;
		channel->announced_in = 0;
		if (!told)
			return 0;
		farewell = kmalloc(sizeof(*farewell), GFP_KERNEL);
		if (!farewell) {
			rpmsg_remote_not_told(remote, rpdev->id.name, rpdev->src, true, -ENOMEM);
			return -ENOMEM;
		}
		farewell->incarnation = remote->incarnation;
		farewell->addr = rpdev->src;
		strscpy(farewell->name, rpdev->id.name, sizeof(farewell->name));
		list_add_tail(&farewell->node, &remote->farewells);
	}
	rpmsg_remote_announce_all(remote);
	return 0;
}

int rpmsg_remote_announce_init(struct rpmsg_remote *remote)
{
	INIT_LIST_HEAD(&remote->farewells);
	INIT_WORK(&remote->announce, rpmsg_remote_announce_work);
	remote->announcer = alloc_ordered_workqueue("rpmsg_announce/%s", 0, dev_name(&remote->rvdev->dev));
	return remote->announcer ? 0 : -ENOMEM;
}

/* Says what there is to say, then ends. */
void rpmsg_remote_announce_exit(struct rpmsg_remote *remote)
{
	struct rpmsg_remote_farewell *farewell, *next;

	destroy_workqueue(remote->announcer);
	list_for_each_entry_safe(farewell, next, &remote->farewells, node)
		kfree(farewell);
}
