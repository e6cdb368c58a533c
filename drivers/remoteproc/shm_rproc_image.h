/* SPDX-License-Identifier: GPL-2.0-only */
/* C border of the check of firmware before it is loaded (shm_rproc_image.hpp). */
#ifndef SHM_RPROC_IMAGE_H
#define SHM_RPROC_IMAGE_H

#include <amp/complaint.h>
#include <amp/region.h>

#ifdef __cplusplus
extern "C" {
#else
#include <linux/types.h>
#endif

#define AMP_SHM_NO_SEGMENT 0xffffffffu

/* What an ELF file says of itself. */
struct amp_shm_image {
	amp_u8 elf_class;
	amp_u16 machine;
	amp_u64 entry;
	amp_u64 table; /* address of the resource table; 0: it is not loaded with the rest */
	amp_u64 loads; /* bit N: something is loaded into area N */
};

struct amp_shm_image_complaint {
	struct amp_complaint why;
	amp_u32 segment; /* number of the program header, or AMP_SHM_NO_SEGMENT */
};

/*
 * Is this firmware for @machine (0: any), and does everything that is loaded fit into @areas, at most 64? True:
 * everything that the remoteproc core's ELF loader reads of the file is inside of it. Else @complaint says why not.
 */
bool amp_shm_image_check(const void *file, amp_size size, amp_u32 machine, const struct amp_region *areas,
			 amp_u32 area_count, struct amp_shm_image *image, struct amp_shm_image_complaint *complaint);

#ifdef __cplusplus
}
#endif

#endif
