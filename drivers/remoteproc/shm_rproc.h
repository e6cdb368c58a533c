/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHM_RPROC_H
#define SHM_RPROC_H

#include <linux/completion.h>
#include <linux/irqreturn.h>
#include <linux/mailbox_client.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/remoteproc.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "shm_rproc_control.h"
#include "shm_rproc_table.h"

/* Exported by remoteproc, declared in its internal header only. */
irqreturn_t rproc_vq_interrupt(struct rproc *rproc, int vq_id);

#define SHM_RPROC_VDEVS_MAX 16
#define SHM_RPROC_VDEV_VRINGS_MAX 16 /* of a vdev with a subnode; mainline's have RVDEV_NUM_VRINGS */
#define SHM_RPROC_VRINGS_MAX (SHM_RPROC_VDEVS_MAX * SHM_RPROC_VDEV_VRINGS_MAX)
#define SHM_RPROC_LOADS_MAX 7 /* regions to load firmware into */
#define SHM_RPROC_REGIONS_MAX (2 + SHM_RPROC_LOADS_MAX + SHM_RPROC_VDEVS_MAX * (SHM_RPROC_VDEV_VRINGS_MAX + 1))
#define SHM_RPROC_BELLS_MAX 32 /* vq0 to vq31 */

#define SHM_RPROC_CONTROL "control" /* the region through which we start and stop a remote */

/* A memory-region of our node. */
struct shm_rproc_region {
	const char *name;
	phys_addr_t base;
	size_t size;
	void *va; /* NULL: a pool, which mainline maps */
	bool loadable; /* firmware may be loaded there */
	bool named; /* a resource table may name it */
};

/* A mailbox, as a doorbell in both directions. */
struct shm_rproc_bell {
	struct mbox_client client;
	struct mbox_chan *chan;
	struct shm_rproc *owner;
	spinlock_t lock; /* one ring at a time, from send to completion */
	u32 message;
	bool told; /* that rings wait */
};

/* A vring of the remote's, by notify id: the worker that looks into it. */
struct shm_rproc_vring {
	struct work_struct work;
	struct shm_rproc *owner;
	int notifyid;
};

struct shm_rproc {
	struct device *dev;
	struct rproc *rproc;

	/* memory, fixed at probe */
	u32 declared; /* bit N: vdev N has a subnode, whose driver owns its memory and doorbells */
	struct shm_rproc_region *regions;
	const char **names;
	unsigned int region_count;
	unsigned int name_count;
	struct amp_shm_carveout carveouts[SHM_RPROC_VDEVS_MAX * RVDEV_NUM_VRINGS];

	/* starting and stopping the remote ourselves */
	bool bootable;
	struct shm_rproc_boot *boot; /* NULL where somebody else does */

	/* the resource table */
	struct amp_shm_table *table;
	void *copy; /* what mainline works on */
	size_t copy_size;
	spinlock_t table_lock; /* calls on table while attached; before, rproc->lock */
	bool claimed; /* the remote was told of us; rproc->lock */
	bool absence_told;

	/* doorbells */
	struct shm_rproc_bell vq[SHM_RPROC_BELLS_MAX];
	u32 bells; /* bit N: vqN is there */
	bool one_bell; /* vq[0] is for all vrings */
	DECLARE_BITMAP(mute_told, SHM_RPROC_VRINGS_MAX); /* that there is no mailbox for it */
	struct shm_rproc_bell ctrl;
	struct completion answered;
	struct shm_rproc_vring *vrings;
	DECLARE_BITMAP(open, SHM_RPROC_VRINGS_MAX); /* between the virtio driver's probe and its remove */
	struct workqueue_struct *workers;

	/* the life of the link */
	struct delayed_work look;
	unsigned long interval; /* jiffies between two looks when nobody rings; 0: none */
	bool rung; /* since the last look: what failed before is tried, and told, again */
	bool failed; /* to attach to the table of incarnation failed_in */
	u32 failed_in;
	struct amp_complaint refused; /* the last refusal that was told */
	bool ready; /* rproc_add() was done */
	bool closing;
	bool wanted; /* nobody asked to stay detached */
	bool attached;
	unsigned long attached_at;
	struct rproc_subdev subdev; /* started last, stopped first */
	bool subdev_added;
	struct notifier_block virtio_events;
	struct mutex gate; /* started against opening */
	bool started;

	/* debugfs */
	atomic_t rings_in;
	atomic_t rings_out;
	atomic_t restarts;
	atomic_t tables_refused;
};

/* shm_rproc_memory.c */
struct shm_rproc_region *shm_rproc_find_region(struct shm_rproc *shm, const char *name);
int shm_rproc_read_regions(struct shm_rproc *shm);
int shm_rproc_add_carveouts(struct shm_rproc *shm);
int shm_rproc_init_table(struct shm_rproc *shm);

/* shm_rproc_doorbell.c */
int shm_rproc_request_bells(struct shm_rproc *shm);
void shm_rproc_free_bells(struct shm_rproc *shm);
bool shm_rproc_has_bell(struct shm_rproc *shm, int notifyid);
void shm_rproc_ring_vring(struct shm_rproc *shm, int notifyid);
void shm_rproc_ring_ctrl(struct shm_rproc *shm);
void shm_rproc_await_answer(struct shm_rproc *shm);
void shm_rproc_open_vring(struct shm_rproc *shm, int notifyid);
void shm_rproc_close_vring(struct shm_rproc *shm, int notifyid);
void shm_rproc_wake_vrings(struct shm_rproc *shm);
void shm_rproc_close_vrings(struct shm_rproc *shm);

/* shm_rproc_vdevs.c */
int shm_rproc_vdevs_init(void);
void shm_rproc_vdevs_exit(void);
void shm_rproc_init_vdevs(struct shm_rproc *shm);
bool shm_rproc_publish(struct shm_rproc *shm);

/* shm_rproc_life.c */
extern const struct rproc_ops shm_rproc_ops;
int shm_rproc_init_life(struct shm_rproc *shm);
void shm_rproc_look_soon(struct shm_rproc *shm);
void shm_rproc_withdraw(struct shm_rproc *shm);
void shm_rproc_let_go(struct shm_rproc *shm);
bool shm_rproc_tidy(struct shm_rproc *shm);
void shm_rproc_link_up(struct shm_rproc *shm);
void shm_rproc_tell_refusal(struct shm_rproc *shm, const struct amp_shm_complaint *complaint, bool asked);
enum amp_shm_sight shm_rproc_look_at_table(struct shm_rproc *shm);
void shm_rproc_kick(struct rproc *rproc, int notifyid);

/* shm_rproc_boot.c */
extern const struct rproc_ops shm_rproc_boot_ops;
int shm_rproc_init_boot(struct shm_rproc *shm);
unsigned long shm_rproc_watch_boot(struct shm_rproc *shm, unsigned long delay);
void shm_rproc_tidy_boot(struct shm_rproc *shm);
void shm_rproc_end_boot(struct shm_rproc *shm);

#endif
