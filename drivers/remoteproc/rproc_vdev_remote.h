/* SPDX-License-Identifier: GPL-2.0-only */
/* The remote end of rproc_vdev: what its files share. */
#ifndef RPROC_VDEV_REMOTE_H
#define RPROC_VDEV_REMOTE_H

#include <linux/ioport.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/ratelimit.h>
#include <linux/rvdev.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "rproc_vdev_doorbell.h"
#include "rproc_vdev_link.h"

#define RPROC_VDEV_REGIONS_MAX (1 + AMP_VDEVS_MAX * (AMP_VDEV_VRINGS_MAX + 1)) /* each vring its own, and a buffer */

struct rproc_vdev_remote;

/**
 * struct rproc_vdev_region - reserved memory of a link, mapped
 * @node:	of the reserved memory; a reference is held
 * @start:	physical address
 * @size:	bytes
 * @va:		where it is mapped
 */
struct rproc_vdev_region {
	struct device_node *node;
	phys_addr_t start;
	size_t size;
	void *va;
};

/**
 * struct rproc_vdev_counters - what happened to a vdev
 * @kicks_in:	doorbells of its vrings that the main rang
 * @kicks_out:	doorbells that its driver rang
 * @ups:	times that it came up
 * @downs:	times that it went down
 * @resets:	of these, because the main reset it or made its rings anew
 * @refused:	times that what the main had set up was refused
 * @faults:	times that its driver gave a ring up
 */
struct rproc_vdev_counters {
	atomic_long_t kicks_in;
	atomic_long_t kicks_out;
	unsigned long ups;
	unsigned long downs;
	unsigned long resets;
	unsigned long refused;
	unsigned long faults;
};

/**
 * struct rproc_vdev_device - a vdev@N subnode, remote end
 * @rvdev:	the device on the rvdev bus; owns this memory
 * @remote:	its link
 * @plan:	what devicetree says of it, in @remote->plan
 * @bells:	one per vring, or one for all
 * @num_bells:	how many of them
 * @vring:	what the main set up; valid from before rvdev_up() until after rvdev_down()
 * @features:	the same
 * @fault:	its driver gave a ring up, not yet dealt with
 * @registered:	on the rvdev bus
 * @count:	see there
 */
struct rproc_vdev_device {
	struct rvdev_device rvdev;
	struct rproc_vdev_remote *remote;
	struct amp_vdev_plan *plan;
	struct rproc_vdev_doorbell bells[AMP_VDEV_VRINGS_MAX];
	unsigned int num_bells;
	struct amp_vring_memory vring[AMP_VDEV_VRINGS_MAX];
	u64 features;
	atomic_t fault;
	bool registered;
	struct rproc_vdev_counters count;
};

/**
 * struct rproc_vdev_remote - a link whose remote end is this Linux
 * @dev:	the link's platform device
 * @lock:	serializes the calls to @vdevs; innermost, never held around calls of the bus
 * @vdevs:	the C++ side
 * @plan:	what devicetree says
 * @regions:	all memory of the link
 * @num_regions: how many of them
 * @vdev:	the subnodes by reg
 * @ctrl:	doorbell for the table and status, optional
 * @all:	one doorbell for all vrings, where there is one
 * @look:	looks at table and status
 * @timing_lock: guards @live, @not_before and the queueing of @look
 * @live:	doorbells and faults queue @look
 * @not_before:	jiffies before which @look does not run, however often the main rings
 * @pause:	jiffies between two looks; grows while the main keeps restarting
 * @last_change: jiffies when something changed
 * @interval:	jiffies between two looks when nothing happens
 * @said:	limits the messages on what the main does
 * @complaints:	limits those on what it does wrong
 * @bad_tables:	malformed tables seen
 * @tables:	tables found or built
 * @debugfs:	directory
 */
struct rproc_vdev_remote {
	struct device *dev;
	struct mutex lock; /* of vdevs */
	struct amp_vdevs *vdevs;
	struct amp_vdevs_plan plan;
	struct rproc_vdev_region regions[RPROC_VDEV_REGIONS_MAX];
	unsigned int num_regions;
	struct rproc_vdev_device *vdev[AMP_VDEVS_MAX];
	struct rproc_vdev_doorbell ctrl;
	struct rproc_vdev_doorbell all;
	struct delayed_work look;
	spinlock_t timing_lock; /* of live, not_before and look */
	bool live;
	unsigned long not_before;
	unsigned long pause;
	unsigned long last_change;
	unsigned long interval;
	struct ratelimit_state said;
	struct ratelimit_state complaints;
	unsigned long bad_tables;
	unsigned long tables;
	struct dentry *debugfs;
};

#define to_rproc_vdev_device(r) container_of(r, struct rproc_vdev_device, rvdev)

/* rproc_vdev_remote.c: the driver */
extern struct platform_driver rproc_vdev_remote_driver;
extern const struct rvdev_ops rproc_vdev_rvdev_ops;

/* rproc_vdev_remote_memory.c: reserved memory */
int rproc_vdev_region_get(struct rproc_vdev_remote *remote, struct device_node *node, int index,
			  struct rproc_vdev_region **found);

/* rproc_vdev_remote_dt.c: what devicetree describes */
int rproc_vdev_remote_describe(struct rproc_vdev_remote *remote);
int rproc_vdev_remote_doorbells(struct rproc_vdev_remote *remote);
void rproc_vdev_remote_forget(struct rproc_vdev_remote *remote);

/* rproc_vdev_remote_look.c: the life of the link */
void rproc_vdev_look_init(struct rproc_vdev_remote *remote);
void rproc_vdev_look_start(struct rproc_vdev_remote *remote);
void rproc_vdev_look_stop(struct rproc_vdev_remote *remote);
void rproc_vdev_look_soon(struct rproc_vdev_remote *remote);
void rproc_vdev_complain(struct rproc_vdev_remote *remote, const struct amp_vdev_complaint *complaint);

/* rproc_vdev_remote_debugfs.c */
void rproc_vdev_debugfs_init(void);
void rproc_vdev_debugfs_exit(void);
void rproc_vdev_debugfs_add(struct rproc_vdev_remote *remote);
void rproc_vdev_debugfs_remove(struct rproc_vdev_remote *remote);

#endif
