// SPDX-License-Identifier: GPL-2.0-only
#include "shm_rproc_image.h"

#include "shm_rproc_image.hpp"

bool amp_shm_image_check(const void *file, amp_size size, amp_u32 machine, const amp_region *areas, amp_u32 area_count,
			 amp_shm_image *image, amp_shm_image_complaint *complaint)
{
	amp::Image elf(static_cast<const amp::u8 *>(file), size, areas, area_count);
	amp::Complaint why;
	const auto checked = elf.check(machine, *image, why);

	*complaint = {why.for_c(), elf.segment()};
	return checked.ok();
}
