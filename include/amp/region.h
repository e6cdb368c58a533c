/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Memory that both processors see, as one side has it mapped. Not on the wire: the C ABI between a shim, which maps,
 * and the C++ classes, which alone touch what is mapped.
 */
#ifndef AMP_REGION_H
#define AMP_REGION_H

#include <uapi/amp/types.h>

struct amp_region {
	amp_u64 da; /* address by which the link's tables and descriptors name it */
	void *va; /* where we have it mapped */
	amp_size size; /* bytes */
};

struct amp_vring_memory {
	void *va; /* start of the vring, legacy layout */
	amp_size size; /* bytes from there to the end of its region */
	amp_u32 num; /* descriptors: a power of two, at most AMP_VRING_NUM_MAX */
	amp_u32 align; /* of the used ring: a power of two */
};

#endif
