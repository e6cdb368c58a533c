/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rpmsg bus of the remote role: what its files share.
 *
 *   rpmsg_remote_bus.c		one bus: rvdev driver, its life (probe, up, down, remove)
 *   rpmsg_remote_send.c	the way out: send family, poll
 *   rpmsg_remote_receive.c	the way in: worker, slots, dispatch
 *   rpmsg_remote_endpoint.c	local addresses and who listens on them
 *   rpmsg_remote_channel.c	rpmsg devices, where they come from
 *   rpmsg_remote_announce.c	telling the main about them
 *   rpmsg_remote_debugfs.c	counters
 *   rpmsg_remote_link.cpp	all that touches shared memory
 */
#ifndef RPMSG_REMOTE_H
#define RPMSG_REMOTE_H

#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rpmsg/ns.h>
#include <linux/rvdev.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <uapi/amp/rpmsg.h>

#include "rpmsg_abi.h"
#include "rpmsg_remote_link.h"

/* What a caller gets, once and for all: */
#define RPMSG_REMOTE_EDOWN	(-ENOTCONN)	/* the link is down, or went down while waiting */
#define RPMSG_REMOTE_EUNKNOWN	(-EDESTADDRREQ)	/* no destination was given and none is learnt yet */

/* A bus that is being removed gives the main so long to hear what ends. */
#define RPMSG_REMOTE_FAREWELL_TIMEOUT	msecs_to_jiffies(1000)

enum rpmsg_remote_vring {			/* as the main calls them */
	RPMSG_REMOTE_TO_MAIN = 0,
	RPMSG_REMOTE_FROM_MAIN = 1,
};

/**
 * struct rpmsg_remote_slot - a received message, out of the main's reach
 * @node:	in the bus's free or pending list, or parked at a paused endpoint
 * @incarnation: of the link that it came over
 * @frame:	its header
 * @payload:	@frame.len bytes, 16-byte aligned
 */
struct rpmsg_remote_slot {
	struct list_head node;
	u32 incarnation;
	struct amp_frame frame;
	u8 payload[] __aligned(16);
};

/**
 * struct rpmsg_remote_transmit - the way out
 * @lock:	serializes reserve and submit, and guards all of this; irq-safe, since trysend works in atomic context
 * @up:		messages are accepted
 * @in_flight:	buffers that are reserved and not yet submitted
 * @waiters:	senders and pollers that wait for a buffer: the main is asked for a doorbell while there are any
 * @polled:	a poller found no buffer and counts as a waiter until the next doorbell
 * @queue:	where they wait
 * @drained:	where down() waits for @in_flight to become 0
 * @refused_down: sends that found the link down
 * @refused_full: sends that found no buffer in their time
 * @refused_unknown: sends without a destination
 * @abandoned:	messages that were being written when the link went down; their senders were told
 */
struct rpmsg_remote_transmit {
	spinlock_t lock;
	bool up;
	atomic_t in_flight;
	unsigned int waiters;
	bool polled;
	wait_queue_head_t queue;
	wait_queue_head_t drained;
	atomic64_t refused_down;
	atomic64_t refused_full;
	atomic64_t refused_unknown;
	u64 abandoned;
};

/**
 * struct rpmsg_remote_receive - the way in
 * @worker:	one thread; its priority is the user's to set
 * @work:	runs while there are messages
 * @lock:	holds the ring still: taken by the worker around each look, by up() and down()
 * @up:		the ring may be touched; written under @lock
 * @slots:	the memory of all slots
 * @slot_size:	of one
 * @room:	payload bytes that fit a slot
 * @num_slots:	how many slots there are
 * @slots_lock:	guards the lists
 * @free:	slots that hold nothing
 * @pending:	slots that wait for the worker
 * @resumed:	endpoints whose parked messages the worker takes back
 * @delivering: the slot that the worker has
 * @starved:	the ring was left alone for want of a free slot
 * @rung:	the main rang since the ring was last looked at
 * @heard_in:	the incarnation whose message the worker hands to a callback
 * @no_endpoint: messages that nobody listened for
 * @refused:	messages whose callback returned an error: rpmsg_char does so where it has no memory to queue one
 * @bad_announcements: of the name service
 * @batches:	looks at the ring that found something
 * @parked:	messages that came for a paused endpoint
 */
struct rpmsg_remote_receive {
	struct kthread_worker *worker;
	struct kthread_work work;
	struct mutex lock;
	bool up;
	u8 *slots;
	size_t slot_size;
	size_t room;
	unsigned int num_slots;
	spinlock_t slots_lock;
	struct list_head free;
	struct list_head pending;
	struct list_head resumed;
	struct rpmsg_remote_slot *delivering;
	bool starved;
	bool rung;
	u32 heard_in;
	u64 no_endpoint;
	u64 refused;
	u64 bad_announcements;
	u64 batches;
	u64 parked;
};

/**
 * struct rpmsg_remote - one rpmsg bus
 * @rvdev:	the vdev that it runs on
 * @refs:	held by probe, by every channel and every endpoint
 * @link:	rings and buffers (C++)
 * @lent:	storage of @link, of one life
 * @incarnation: counts the lives of the link; announcements and learnt addresses belong to one
 * @buffer_size: of the main's receive buffers, header included
 * @ns:		the name service was negotiated
 * @endpoints:	by local address
 * @next_address: where the search for a dynamic one begins
 * @num_from_peer: buffers of the ring from the main
 * @transmit:	the way out
 * @receive:	the way in
 * @channels_lock: guards the channels, claims and farewells
 * @channels:	those that are registered
 * @claims:	those that are being registered
 * @farewells:	services whose end the main has to be told
 * @control:	the device behind /dev/rpmsg_ctrl*
 * @name_service: the device that hears the main's announcements
 * @num_from_main: channels that the main announced
 * @leaving:	the bus is being removed
 * @announce:	the work that tells the main, on @announcer
 * @announcer:	its queue
 * @complaints:	limits messages about the peer's faults
 * @strays:	limits messages about unknown addresses
 * @debugfs:	our folder
 * @restarts:	how often the link went down
 * @channels_refused: announcements of the main over the limit
 * @announcements_lost: what the main could not be told
 */
struct rpmsg_remote {
	struct rvdev_device *rvdev;
	struct kref refs;
	struct amp_link *link;
	u32 *lent;
	u32 incarnation;
	unsigned int buffer_size;
	bool ns;
	unsigned int num_from_peer;
	struct rpmsg_remote_transmit transmit;
	struct rpmsg_remote_receive receive;
	struct xarray endpoints;
	u32 next_address;
	struct mutex channels_lock;
	struct list_head channels;
	struct list_head claims;
	struct list_head farewells;
	struct rpmsg_device *control;
	struct rpmsg_device *name_service;
	unsigned int num_from_main;
	bool leaving;
	struct work_struct announce;
	struct workqueue_struct *announcer;
	struct ratelimit_state complaints;
	struct ratelimit_state strays;
	struct dentry *debugfs;
	u64 restarts;
	u64 channels_refused;
	u64 announcements_lost;
};

/**
 * struct rpmsg_remote_endpoint - an endpoint and what the bus knows of it
 * @ept:	the rpmsg core's part
 * @remote:	its bus
 * @learnt:	the first sender's address: messages go there where no other destination was given
 * @learnt_in:	the incarnation in which it sent; 0 never
 * @quiet:	its driver is being probed and has not spoken yet: its callback may not be ready, so messages are parked
 * @paused:	flow control: messages are parked
 * @parked:	slots that wait here; guarded by receive.slots_lock, as the two flags
 * @resumed:	in receive.resumed
 * @rcu:	the worker looks endpoints up without a lock
 */
struct rpmsg_remote_endpoint {
	struct rpmsg_endpoint ept;
	struct rpmsg_remote *remote;
	u32 learnt;
	u32 learnt_in;
	bool quiet;
	bool paused;
	struct list_head parked;
	struct list_head resumed;
	struct rcu_head rcu;
};

#define to_remote_endpoint(e) container_of(e, struct rpmsg_remote_endpoint, ept)

/**
 * struct rpmsg_remote_channel - an rpmsg device on this bus
 * @rpdev:	the rpmsg core's part
 * @remote:	its bus
 * @node:	in @remote->channels; guarded by channels_lock as the rest
 * @given_dst:	the main's address as its maker gave it; what was learnt later ends with the link
 * @from_main:	the main announced it, so it ends with the link
 * @wants_announcement: a driver serves it
 * @announced_in: the incarnation in which the main was told; 0 never
 */
struct rpmsg_remote_channel {
	struct rpmsg_device rpdev;
	struct rpmsg_remote *remote;
	struct list_head node;
	u32 given_dst;
	bool from_main;
	bool wants_announcement;
	u32 announced_in;
};

#define to_remote_channel(d) container_of(d, struct rpmsg_remote_channel, rpdev)

struct rpmsg_remote *rpmsg_remote_get(struct rpmsg_remote *remote);
void rpmsg_remote_put(struct rpmsg_remote *remote);

static inline int rpmsg_remote_mtu(const struct rpmsg_remote *remote)
{
	return READ_ONCE(remote->buffer_size) - sizeof(struct amp_rpmsg_header);
}

/* One message about what the peer did wrong, at a limited rate. */
void rpmsg_remote_complain(struct rpmsg_remote *remote, enum rpmsg_remote_vring vring,
			   const struct amp_complaint *complaint);
/* The ring cannot be worked any more: report, and have the transport take the link down. Any context. */
void rpmsg_remote_broken(struct rpmsg_remote *remote, enum rpmsg_remote_vring vring,
			 const struct amp_complaint *complaint);

/* rpmsg_remote_send.c */
extern const struct amp_rpmsg_endpoint_ops rpmsg_remote_endpoint_ops;
void rpmsg_remote_transmit_init(struct rpmsg_remote *remote);
void rpmsg_remote_transmit_up(struct rpmsg_remote *remote);
/* Wakes all that wait, with an error; on return nobody writes into a buffer. */
void rpmsg_remote_transmit_down(struct rpmsg_remote *remote);
/* The bus is being removed: senders that wait get an error, and nobody waits any more but to say farewell. */
void rpmsg_remote_transmit_leave(struct rpmsg_remote *remote);
/* The main gave buffers back. Atomic. */
void rpmsg_remote_transmit_doorbell(struct rpmsg_remote *remote);
/* Send one message; @timeout 0 never waits. Negative errno. */
int rpmsg_remote_send(struct rpmsg_remote *remote, u32 src, u32 dst, const void *data, int len, long timeout);

/* rpmsg_remote_receive.c */
int rpmsg_remote_receive_init(struct rpmsg_remote *remote);
void rpmsg_remote_receive_exit(struct rpmsg_remote *remote);
/* Slots for @num buffers with payloads of at most @room bytes; while the link is down. May wait for callbacks. */
int rpmsg_remote_receive_resize(struct rpmsg_remote *remote, unsigned int num, size_t room);
void rpmsg_remote_receive_up(struct rpmsg_remote *remote);
void rpmsg_remote_receive_down(struct rpmsg_remote *remote);
void rpmsg_remote_receive_doorbell(struct rpmsg_remote *remote);
/* For the worker, while a callback of its own waits: did the main ring, and if so keep the ring moving. */
bool rpmsg_remote_receive_is_worker(struct rpmsg_remote *remote);
bool rpmsg_remote_receive_rung(struct rpmsg_remote *remote);
void rpmsg_remote_receive_pump(struct rpmsg_remote *remote);
void rpmsg_remote_receive_pause(struct rpmsg_remote_endpoint *endpoint, bool pause);
/* Its driver is ready for messages. */
void rpmsg_remote_receive_open(struct rpmsg_remote_endpoint *endpoint);
void rpmsg_remote_receive_forget(struct rpmsg_remote_endpoint *endpoint);

/* rpmsg_remote_endpoint.c */
struct rpmsg_endpoint *rpmsg_remote_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb, void *priv,
					       struct rpmsg_channel_info chinfo);
/* From its return on the endpoint's callback is not called; the address stays taken. */
void rpmsg_remote_close_ept(struct rpmsg_endpoint *ept);
void rpmsg_remote_destroy_ept(struct rpmsg_endpoint *ept);
struct rpmsg_remote_endpoint *rpmsg_remote_find_endpoint(struct rpmsg_remote *remote, u32 addr);
void rpmsg_remote_put_endpoint(struct rpmsg_remote_endpoint *endpoint);
/* Where a message to @dst goes: RPMSG_ADDR_ANY as @dst stands for the usual one, as a result for "not known yet". */
u32 rpmsg_remote_destination(struct rpmsg_endpoint *ept, u32 dst);
void rpmsg_remote_learn(struct rpmsg_remote_endpoint *endpoint, u32 src, u32 incarnation);

/* rpmsg_remote_channel.c */
int rpmsg_remote_channels_init(struct rpmsg_remote *remote);
void rpmsg_remote_channels_exit(struct rpmsg_remote *remote);
int rpmsg_remote_channels_up(struct rpmsg_remote *remote);
void rpmsg_remote_channels_down(struct rpmsg_remote *remote);

/* rpmsg_remote_announce.c */
int rpmsg_remote_announce_init(struct rpmsg_remote *remote);
void rpmsg_remote_announce_exit(struct rpmsg_remote *remote);
void rpmsg_remote_announce_all(struct rpmsg_remote *remote);
int rpmsg_remote_announce_create(struct rpmsg_device *rpdev);
int rpmsg_remote_announce_destroy(struct rpmsg_device *rpdev);

/* rpmsg_remote_debugfs.c */
void rpmsg_remote_debugfs_init(void);
void rpmsg_remote_debugfs_exit(void);
void rpmsg_remote_debugfs_add(struct rpmsg_remote *remote);
void rpmsg_remote_debugfs_remove(struct rpmsg_remote *remote);

#endif
