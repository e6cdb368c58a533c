// SPDX-License-Identifier: GPL-2.0-only
/* Holds our mirror of what the remoteproc core keeps to itself against the kernel's own. No code. */
#include <linux/build_bug.h>
#include <linux/remoteproc.h>

#include "remoteproc_internal.h"
#include "rproc_vdev_main_core.h"

#define SAME(member)									\
	static_assert(offsetof(struct rproc_vdev_data, member) ==				\
		      offsetof(struct amp_rproc_vdev_data, member) &&			\
		      __same_type(((struct rproc_vdev_data *)0)->member, ((struct amp_rproc_vdev_data *)0)->member))

static_assert(sizeof(struct rproc_vdev_data) == sizeof(struct amp_rproc_vdev_data));
SAME(rsc_offset);
SAME(id);
SAME(index);
SAME(rsc);
