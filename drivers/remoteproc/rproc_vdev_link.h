/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C ABI of the vdevs of a link, remote end (rproc_vdev_link.cpp): the resource table, and where each vdev stands in the
 * life of the link. It touches the table, decides, and returns what to do; the shim does it. One caller at a time;
 * nothing here sleeps or allocates.
 */
#ifndef RPROC_VDEV_LINK_H
#define RPROC_VDEV_LINK_H

#include <amp/complaint.h>
#include <amp/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AMP_VDEVS_MAX 16u /* per link */
#define AMP_VDEV_VRINGS_MAX 16u

/* What devicetree says of one vdev. */
struct amp_vdev_plan {
	amp_u32 id; /* virtio device id */
	amp_u32 features; /* what we offer, and all that we accept */
	amp_u32 vrings;
	amp_u32 align; /* of the used rings, where we build the table */
	amp_u32 ring_num[AMP_VDEV_VRINGS_MAX]; /* descriptors; 0: the table decides */
	amp_u32 ring_region[AMP_VDEV_VRINGS_MAX]; /* index in @regions, or AMP_VDEV_NO_REGION */
	const amp_u8 *config; /* initial config space */
	amp_u32 config_len;
	const struct amp_region *regions; /* where rings and buffers may lie */
	amp_u32 num_regions;
};

#define AMP_VDEV_NO_REGION (~0u)

struct amp_vdevs_plan {
	void *table; /* its region, as mapped */
	amp_size table_size;
	_Bool build; /* the table is ours to build */
	amp_u32 vdevs;
	struct amp_vdev_plan vdev[AMP_VDEVS_MAX];
};

/* What is wrong, and where: vring and vdev are -1 where it is none of one. */
struct amp_vdev_complaint {
	struct amp_complaint complaint;
	int vdev;
	int vring;
};

enum amp_table_news {
	AMP_TABLE_NO_NEWS,
	AMP_TABLE_AWAITED, /* there is none; said once */
	AMP_TABLE_BAD, /* complaint says why; said once per reason */
	AMP_TABLE_FOUND,
	AMP_TABLE_BUILT, /* tell the main */
	AMP_TABLE_LOST, /* taken away or written anew: every vdev goes down, look again soon */
};

enum amp_vdev_action {
	AMP_VDEV_STAY,
	AMP_VDEV_GO_UP,
	AMP_VDEV_GO_DOWN,
};

/* What a look at a vdev found. */
struct amp_vdev_news {
	enum amp_vdev_action action;
	_Bool status_changed;
	_Bool mark; /* after going down: amp_vdevs_mark() */
	_Bool again; /* look once more now */
	_Bool changing; /* the main is on its way to DRIVER_OK */
	amp_u8 status;
	amp_u32 features; /* taken by the main; for GO_UP */
	const char *why; /* for GO_DOWN */
	_Bool refused; /* what the main set up is refused: */
	struct amp_vdev_complaint complaint;
};

enum amp_vdev_state {
	AMP_VDEV_DOWN,
	AMP_VDEV_UP,
	AMP_VDEV_BROKEN, /* until the main resets, or makes its rings anew */
};

struct amp_vdev_view {
	_Bool table; /* the rest is valid */
	enum amp_vdev_state state;
	amp_u8 status;
	amp_u32 offered;
	amp_u32 taken;
	amp_u32 config_len;
	amp_u32 vrings;
	struct {
		amp_u32 da, align, num, notifyid;
	} vring[AMP_VDEV_VRINGS_MAX];
};

struct amp_vdevs;

amp_size amp_vdevs_size(void);
/* @plan and all that it points to outlive the vdevs. */
void amp_vdevs_init(void *storage, const struct amp_vdevs_plan *plan);
/* Is the plan sound? 0, or -EINVAL and @complaint. */
int amp_vdevs_check(struct amp_vdevs *vdevs, struct amp_vdev_complaint *complaint);
/* Where the table stands. @random: not 0, names the next table that is built. */
enum amp_table_news amp_vdevs_look_at_table(struct amp_vdevs *vdevs, amp_u32 random,
					    struct amp_vdev_complaint *complaint);
/* The table that we built is no more. True: there was one. */
_Bool amp_vdevs_withdraw(struct amp_vdevs *vdevs);

/* Where vdev @index stands. @intact: what its driver says of its rings; @fault: its driver gave a ring up. */
void amp_vdevs_look(struct amp_vdevs *vdevs, amp_u32 index, _Bool intact, _Bool fault, struct amp_vdev_news *news);
/* Memory of a vring that GO_UP accepted. 0 or -EINVAL. */
int amp_vdevs_vring(const struct amp_vdevs *vdevs, amp_u32 index, amp_u32 vring, struct amp_vring_memory *memory);
/* The device does not work its rings any more, and they are no good: mark them to see when the main replaces them. */
void amp_vdevs_mark(struct amp_vdevs *vdevs, amp_u32 index);
/* Config space: 0, or -EINVAL outside of it or where there is no table. */
int amp_vdevs_read_config(const struct amp_vdevs *vdevs, amp_u32 index, amp_u32 offset, void *to, amp_u32 len);
int amp_vdevs_write_config(struct amp_vdevs *vdevs, amp_u32 index, amp_u32 offset, const void *from, amp_u32 len);
void amp_vdevs_view(const struct amp_vdevs *vdevs, amp_u32 index, struct amp_vdev_view *view);

#ifdef __cplusplus
}
#endif

#endif
