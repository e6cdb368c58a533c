/* SPDX-License-Identifier: GPL-2.0-only */
/* The rings of a device on the rvdev bus, from the shim that was told of them to the class that works them. */
#ifndef RVDEV_RINGS_H
#define RVDEV_RINGS_H

#include <amp/complaint.h>
#include <amp/region.h>

#define AMP_RVDEV_RINGS_MAX 16
#define AMP_RVDEV_RING_NUM_MAX 1024 /* descriptors */

struct amp_rvdev_rings {
	struct amp_vring_memory memory[AMP_RVDEV_RINGS_MAX];
	amp_u32 count;
	const struct amp_region *regions; /* outlive the rings */
	amp_size num_regions;
	amp_u64 features; /* negotiated */
};

/* What is wrong, and with which vring. */
struct amp_rvdev_complaint {
	amp_u32 vring;
	struct amp_complaint complaint;
};

#ifndef __cplusplus
#include <linux/errno.h>
#include <linux/rvdev.h>

/* In up(): 0 or an errno, which was reported. */
static inline int amp_rvdev_rings_get(struct rvdev_device *rvdev, struct amp_rvdev_rings *rings)
{
	unsigned int num_regions, i;

	if (rvdev->num_vrings > AMP_RVDEV_RINGS_MAX) {
		dev_err(&rvdev->dev, "%u vrings, expected at most %d\n", rvdev->num_vrings, AMP_RVDEV_RINGS_MAX);
		return -EINVAL;
	}
	for (i = 0; i < rvdev->num_vrings; i++) {
		int err = rvdev->ops->vring(rvdev, i, &rings->memory[i]);

		if (err) {
			dev_err(&rvdev->dev, "vring%u is not there (%d)\n", i, err);
			return err;
		}
	}
	rings->count = rvdev->num_vrings;
	rings->regions = rvdev->ops->regions(rvdev, &num_regions);
	rings->num_regions = num_regions;
	rings->features = rvdev->ops->features(rvdev);
	return 0;
}

static inline void amp_rvdev_complain(struct rvdev_device *rvdev, const struct amp_rvdev_complaint *complaint)
{
	const struct amp_complaint *c = &complaint->complaint;

	dev_err_ratelimited(&rvdev->dev, "vring%u: %s 0x%llx, got 0x%llx\n", complaint->vring, c->what, c->limit,
			    c->value);
}
#endif

#endif
