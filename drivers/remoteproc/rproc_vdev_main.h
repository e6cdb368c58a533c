/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The main end of rproc_vdev: what its files share.
 *
 *   node   a vdev@N subnode, a platform device of its own: memory and mailboxes
 *   claim  a vdev of the firmware that is ours instead of the remoteproc core's: vrings, a virtio device
 *   host   a remote processor that has such subnodes: told by the core when it starts and stops
 *
 * A claim has a virtio device while its host runs and its node is bound. Locks, outermost first: rproc->lock (start,
 * stop, claims), the registry's (which nodes and hosts there are), node->lock (what an interrupt looks at).
 */
#ifndef RPROC_VDEV_MAIN_H
#define RPROC_VDEV_MAIN_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/virtio.h>
#include <linux/workqueue.h>

#include "rproc_vdev_doorbell.h"
#include "rproc_vdev_main_table.h"

struct reserved_mem;
struct rproc_vdev_claim;
struct rproc_vdev_host;
struct rproc_vdev_virtio;

/* Reserved memory in which vrings lie, mapped. */
struct rproc_vdev_main_region {
	phys_addr_t start;
	size_t size;
	void *va;
};

/**
 * struct rproc_vdev_node - a vdev@N subnode of a remoteproc node
 * @dev:	its platform device
 * @list:	in the registry
 * @index:	reg: which vdev of the table
 * @id:		virtio device id
 * @region:	memory of the vrings that have some, by vring; the same one for several: one behind the other
 * @num_regions: vrings that have some
 * @bells:	one per vring, or one for all
 * @num_bells:	how many; 0: those of the remoteproc driver
 * @one_bell:	it is for all
 * @lock:	guards @claim for interrupts
 * @claim:	which uses it; changes under the rproc->lock of its remote processor
 */
struct rproc_vdev_node {
	struct device *dev;
	struct list_head list;
	u32 index;
	u32 id;
	struct rproc_vdev_main_region region[AMP_MAIN_VRINGS_MAX];
	unsigned int num_regions;
	struct rproc_vdev_doorbell bells[AMP_MAIN_VRINGS_MAX];
	unsigned int num_bells;
	bool one_bell;
	spinlock_t lock; /* of claim */
	struct rproc_vdev_claim *claim;
};

/**
 * struct rproc_vdev_ring - a vring of a claim
 * @claim:	of
 * @index:	in it
 * @work:	looks into it, after a mailbox's interrupt
 * @core:	what the core finds by notify id, for interrupts that the remoteproc driver reports
 * @vq:		between find_vqs() and del_vqs()
 * @watched:	the same, for the watch
 * @va:		while @vq is there
 * @da:		the same
 * @dma:	where the memory is of the DMA API's
 * @dma_size:	not 0: it is
 * @callback:	the virtio driver's
 * @kicks_in:	interrupts of a mailbox of ours, or of the remoteproc driver's that found something
 * @kicks_out:	doorbells that the virtio driver rang
 * @offered:	buffers that it offered, as of @avail; both under the node's lock
 * @avail:	where the available ring stood
 */
struct rproc_vdev_ring {
	struct rproc_vdev_claim *claim;
	unsigned int index;
	struct work_struct work;
	struct rproc_vring core;
	struct virtqueue *vq;
	struct virtqueue *watched;
	void *va;
	u32 da;
	dma_addr_t dma;
	size_t dma_size;
	void (*callback)(struct virtqueue *vq);
	atomic_long_t kicks_in;
	atomic_long_t kicks_out;
	unsigned long offered;
	u16 avail;
};

enum rproc_vdev_watch_cause {
	RPROC_VDEV_WATCH_BESIDE = 1, /* another vdev of the link comes or goes, and may wait for our driver */
	RPROC_VDEV_WATCH_STARTS = 2, /* its driver is being bound */
	RPROC_VDEV_WATCH_LEAVES = 4, /* the device is taken away */
};

/**
 * struct rproc_vdev_watch - ends the wait of a driver for a remote that is silent
 * @timer:	looks each second
 * @lock:	guards what is watched
 * @causes:	why: rproc_vdev_watch_cause
 * @silent:	seconds in which no used ring moved
 * @busy:	seconds in all
 * @used:	where the used rings stood
 */
struct rproc_vdev_watch {
	struct timer_list timer;
	spinlock_t lock; /* of rings and the words below */
	unsigned int causes;
	unsigned int silent;
	unsigned int busy;
	u32 used;
};

/**
 * struct rproc_vdev_claim - a vdev of the firmware that is ours
 * @core:	as the core knows it: in rproc->rvdevs where it made @pdev, and this is its driver data
 * @pdev:	under rproc->dev; parent of the virtio device, which it gives its DMA configuration
 * @list:	in @host->claims
 * @host:	the remote processor
 * @of_node:	the subnode; a reference is held
 * @node:	the same, while it is bound
 * @entry:	in the resource table
 * @large:	the core passes its entry over: @pdev is ours
 * @usable:	its DMA configuration is in order
 * @restricted:	buffers bounce through @pool
 * @pool:	where buffers are from, and rings that have no memory of their own; NULL: system memory
 * @listening:	interrupts of the node's mailboxes are for its vrings; under the node's lock
 * @status:	of the virtio device, which is ours to say: what stands in the table the remote can write
 * @complained:	its virtio driver cannot have what it asked for, and we have said why
 * @virtio:	the virtio device, while there is one
 * @watch:	over its driver
 * @poll:	looks into the vrings where a doorbell was lost
 * @interval:	of @poll, in jiffies
 * @generation:	of the config space
 * @debugfs:	its file
 * @rings:	its vrings
 */
struct rproc_vdev_claim {
	struct rproc_vdev core;
	struct platform_device *pdev;
	struct list_head list;
	struct rproc_vdev_host *host;
	struct device_node *of_node;
	struct rproc_vdev_node *node;
	struct amp_main_entry entry;
	bool large;
	bool usable;
	bool restricted;
	const struct reserved_mem *pool;
	bool listening;
	u8 status;
	bool complained;
	struct rproc_vdev_virtio *virtio;
	struct rproc_vdev_watch watch;
	struct delayed_work poll;
	unsigned long interval;
	struct amp_main_generation generation;
	struct dentry *debugfs;
	struct rproc_vdev_ring rings[AMP_MAIN_VRINGS_MAX];
};

/**
 * struct rproc_vdev_host - a remote processor with vdev subnodes
 * @list:	in the registry
 * @rproc:	a reference to its device is held
 * @of_node:	of its driver's device, which may go before we do; a reference is held
 * @subdev:	how the core tells us
 * @started:	between the calls of start() and stop()
 * @claims:	by index
 *
 * All but @list under rproc->lock.
 */
struct rproc_vdev_host {
	struct list_head list;
	struct rproc *rproc;
	struct device_node *of_node;
	struct rproc_subdev subdev;
	bool started;
	struct list_head claims;
};

/*
 * Looks into vrings: mainline's rpmsg takes mutexes where it is told of a message. Frozen while the system is
 * suspended, so that drivers above us hear of what was rung meanwhile when they are awake.
 */
extern struct workqueue_struct *rproc_vdev_workers;

/* rproc_vdev_main.c: what devicetree describes */
bool rproc_vdev_is_subnode(struct device_node *node);
bool rproc_vdev_has_subnodes(struct rproc *rproc);
bool rproc_vdev_is_rproc(struct device *dev);
void rproc_vdev_complain_missing(struct rproc *rproc, u32 count);
struct device_node *rproc_vdev_subnode(struct device_node *parent, u32 index);

/* rproc_vdev_main_registry.c: which remote processors and bound subnodes there are */
struct rproc_vdev_host *rproc_vdev_host_get(struct rproc *rproc);
void rproc_vdev_host_meet(struct rproc *rproc);
void rproc_vdev_host_forget(struct rproc_vdev_host *host);
bool rproc_vdev_hosts_are_gone(struct device *dev);
void rproc_vdev_drop_gone_hosts(void);
void rproc_vdev_drop_all_hosts(void);
void rproc_vdev_node_add(struct rproc_vdev_node *node);
struct rproc_vdev_node *rproc_vdev_node_take(struct rproc_vdev_claim *claim);
void rproc_vdev_node_release(struct rproc_vdev_node *node);
void rproc_vdev_node_remove(struct rproc_vdev_node *node);

/* rproc_vdev_main_node.c: the subnode's driver */
extern struct platform_driver rproc_vdev_node_driver;
u32 rproc_vdev_node_vring(struct rproc_vdev_node *node, const struct amp_main_entry *entry, unsigned int vring,
			  struct rproc_vdev_main_region *where);

/* rproc_vdev_main_claim.c: vdevs of the firmware */
extern struct platform_driver rproc_vdev_claim_driver;
bool rproc_vdev_is_core_device(struct device *dev);
void rproc_vdev_claim_decide(struct platform_device *pdev);
struct rproc_vdev_claim *rproc_vdev_claim_new(struct rproc_vdev_host *host, struct platform_device *pdev,
					      struct device_node *of_node, const struct amp_main_entry *entry);
void rproc_vdev_claim_free(struct rproc_vdev_claim *claim);
void rproc_vdev_claim_up(struct rproc_vdev_claim *claim);
void rproc_vdev_claim_down(struct rproc_vdev_claim *claim);

/* rproc_vdev_main_memory.c: where vrings and buffers lie */
void rproc_vdev_claim_init_dma(struct rproc_vdev_claim *claim);
void rproc_vdev_claim_tell_pool(struct rproc_vdev_claim *claim);
int rproc_vdev_ring_memory(struct rproc_vdev_ring *ring);
void rproc_vdev_ring_forget(struct rproc_vdev_ring *ring);

/* rproc_vdev_main_host.c: start and stop of a remote processor */
void rproc_vdev_host_init(struct rproc_vdev_host *host);
void rproc_vdev_host_catch_up(struct rproc_vdev_host *host);
void rproc_vdev_host_drop(struct rproc_vdev_host *host);

/* rproc_vdev_main_virtio.c: the virtio device */
bool rproc_vdev_ring_count(struct rproc_vdev_ring *ring, u32 *used);
int rproc_vdev_virtio_register(struct rproc_vdev_claim *claim);
void rproc_vdev_virtio_unregister(struct rproc_vdev_claim *claim);
void rproc_vdev_virtio_break(struct rproc_vdev_claim *claim);
bool rproc_vdev_virtio_is_bound(struct rproc_vdev_claim *claim);

/* rproc_vdev_main_watch.c: drivers that wait for a silent remote */
void rproc_vdev_watch_init(struct rproc_vdev_claim *claim);
void rproc_vdev_watch_start(struct rproc_vdev_claim *claim, enum rproc_vdev_watch_cause cause);
void rproc_vdev_watch_stop(struct rproc_vdev_claim *claim, enum rproc_vdev_watch_cause cause);
void rproc_vdev_watch_ring(struct rproc_vdev_ring *ring, struct virtqueue *vq);
void rproc_vdev_watch_end(struct rproc_vdev_claim *claim);

/* rproc_vdev_main_debugfs.c */
void rproc_vdev_main_debugfs_add(struct rproc_vdev_claim *claim);
void rproc_vdev_main_debugfs_remove(struct rproc_vdev_claim *claim);

#endif
