/* SPDX-License-Identifier: GPL-2.0-only */
/* C border of the control block through which a remote is started and stopped (shm_rproc_control.hpp). */
#ifndef SHM_RPROC_CONTROL_H
#define SHM_RPROC_CONTROL_H

#include <amp/complaint.h>
#include <uapi/amp/boot.h>

#ifdef __cplusplus
extern "C" {
#else
#include <linux/types.h>
#endif

enum amp_shm_sign {
	AMP_SHM_ABSENT_STUB, /* nobody is there */
	AMP_SHM_SILENT, /* somebody is, and has not answered the last command */
	AMP_SHM_QUIET, /* nothing that was loaded runs */
	AMP_SHM_RUNNING,
	AMP_SHM_CRASHED,
	AMP_SHM_NONSENSE, /* the complaint says what */
};

struct amp_shm_answer {
	enum amp_shm_sign sign;
	amp_u32 reason; /* of a crash, or of not running; 0: none */
	amp_u32 machine; /* e_machine; 0: it does not say */
	struct amp_complaint why;
};

struct amp_shm_control; /* opaque, in storage of amp_shm_control_footprint() bytes, aligned to 8 */

/* All calls on one control block are serialized by the caller; none sleeps. */
amp_size amp_shm_control_footprint(void);
void amp_shm_control_init(struct amp_shm_control *control, void *memory, amp_size size);
void amp_shm_control_start(struct amp_shm_control *control, amp_u64 entry, amp_u64 table, amp_u32 table_size);
void amp_shm_control_stop(struct amp_shm_control *control);
void amp_shm_control_look(const struct amp_shm_control *control, struct amp_shm_answer *answer);

#ifdef __cplusplus
}
#endif

#endif
