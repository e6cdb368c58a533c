/* SPDX-License-Identifier: GPL-2.0-only */
/* C border of the resource table of a remote that somebody else started (shm_rproc_mirror.hpp). */
#ifndef SHM_RPROC_TABLE_H
#define SHM_RPROC_TABLE_H

#include <amp/complaint.h>

#ifdef __cplusplus
extern "C" {
#else
#include <linux/types.h>
#endif

#define AMP_SHM_NOWHERE 0xffffffffu

/* Memory for a vring of a vdev that mainline drives, by the index vdev * 2 + vring; size 0 where DT has none. */
struct amp_shm_carveout {
	amp_u32 da;
	amp_u32 size;
};

/* What a table may ask for: all of it from our own DT. The arrays outlive the table. */
struct amp_shm_limits {
	const struct amp_shm_carveout *carveouts;
	amp_u32 carveout_count;
	const char *const *names; /* of all regions */
	amp_u32 name_count;
	amp_u32 bells; /* bit N: there is a doorbell for the N-th vring that mainline sees */
	amp_u32 page_size; /* power of two */
	amp_u32 declared; /* bit N: vdev N has a subnode, whose driver owns its memory and doorbells */
};

struct amp_shm_complaint {
	struct amp_complaint why;
	amp_u32 entry; /* of the table, or AMP_SHM_NOWHERE */
	amp_u32 vdev; /* counted in the table, or AMP_SHM_NOWHERE */
	amp_u32 vring; /* of that vdev, or AMP_SHM_NOWHERE */
};

enum amp_shm_take { AMP_SHM_TAKEN, AMP_SHM_ABSENT, AMP_SHM_REFUSED };
enum amp_shm_sight { AMP_SHM_INTACT, AMP_SHM_REBUILT, AMP_SHM_GONE };

struct amp_shm_table; /* opaque, in storage of amp_shm_table_footprint() bytes, aligned to 8 */

/* All calls on one table are serialized by the caller; none sleeps. */
amp_size amp_shm_table_footprint(void);
void amp_shm_table_init(struct amp_shm_table *table, void *live, void *copy, void *base, amp_size size,
			const struct amp_shm_limits *limits);
enum amp_shm_take amp_shm_table_take(struct amp_shm_table *table, struct amp_shm_complaint *complaint);
bool amp_shm_table_adopt(struct amp_shm_table *table, amp_size size, struct amp_shm_complaint *complaint);
bool amp_shm_table_lay(struct amp_shm_table *table, void *live, amp_size size);
amp_size amp_shm_table_size(const struct amp_shm_table *table);
amp_u32 amp_shm_table_incarnation(const struct amp_shm_table *table);
bool amp_shm_table_claim(struct amp_shm_table *table);
bool amp_shm_table_publish(struct amp_shm_table *table);
void amp_shm_table_refresh(struct amp_shm_table *table);
enum amp_shm_sight amp_shm_table_look(const struct amp_shm_table *table);
bool amp_shm_table_withdraw(struct amp_shm_table *table);

#ifdef __cplusplus
}
#endif

#endif
