/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RPROC_VDEV_DOORBELL_H
#define RPROC_VDEV_DOORBELL_H

#include <linux/atomic.h>
#include <linux/mailbox_client.h>
#include <linux/types.h>

struct rproc_vdev_doorbell;

/**
 * struct rproc_vdev_doorbell - a mailbox that is only rung
 * @client:	of the mailbox framework
 * @chan:	NULL before open and after close
 * @rung:	the other end rang it. Atomic context.
 * @state:	whether a ring is on its way, and whether another one has to follow
 * @acked_by_us: a ring is through once it is sent; else the controller's interrupt says when
 * @message:	what the mailbox carries: the vring's index, which no receiver needs
 * @name:	in mbox-names
 * @through:	rings that the controller took, or that were acknowledged
 * @seen:	@through, when somebody watched
 * @since:	in jiffies: @through has not changed, though a ring waits
 * @stuck:	how often that was for too long
 */
struct rproc_vdev_doorbell {
	struct mbox_client client;
	struct mbox_chan *chan;
	void (*rung)(struct rproc_vdev_doorbell *bell);
	atomic_t state;
	bool acked_by_us;
	u32 message;
	char name[8];
	unsigned long through;
	unsigned long seen;
	unsigned long since;
	unsigned long stuck;
};

/* rproc_vdev_module.c: between two looks for what a lost doorbell was about */
unsigned int rproc_vdev_poll_ms(void);

int rproc_vdev_doorbell_open(struct rproc_vdev_doorbell *bell, struct device *dev, const char *name);
void rproc_vdev_doorbell_close(struct rproc_vdev_doorbell *bell);
int rproc_vdev_doorbell_ring(struct rproc_vdev_doorbell *bell);
void rproc_vdev_doorbell_watch(struct rproc_vdev_doorbell *bell);

#endif
