// SPDX-License-Identifier: GPL-2.0-only
#include "shm_rproc_table.h"

#include <amp/env_kernel.hpp>

#include "shm_rproc_mirror.hpp"

struct amp_shm_table : amp::Mirror<amp::KernelEnv> {
	using Mirror::Mirror;
};

static_assert(alignof(amp_shm_table) <= 8);

amp_size amp_shm_table_footprint()
{
	return sizeof(amp_shm_table);
}

void amp_shm_table_init(amp_shm_table *table, void *live, void *copy, void *base, amp_size size,
			const amp_shm_limits *limits)
{
	new (table) amp_shm_table({static_cast<amp::u8 *>(live), size}, static_cast<amp::u8 *>(copy),
				  static_cast<amp::u8 *>(base), *limits);
}

amp_shm_take amp_shm_table_take(amp_shm_table *table, amp_shm_complaint *complaint)
{
	const auto taken = table->take(*complaint);

	if (taken.ok())
		return AMP_SHM_TAKEN;
	return taken.fault() == amp::Fault::Again ? AMP_SHM_ABSENT : AMP_SHM_REFUSED;
}

bool amp_shm_table_adopt(amp_shm_table *table, amp_size size, amp_shm_complaint *complaint)
{
	return table->adopt(size, *complaint).ok();
}

bool amp_shm_table_lay(amp_shm_table *table, void *live, amp_size size)
{
	return table->lay({static_cast<amp::u8 *>(live), size}).ok();
}

amp_size amp_shm_table_size(const amp_shm_table *table)
{
	return table->size();
}

amp_u32 amp_shm_table_incarnation(const amp_shm_table *table)
{
	return table->incarnation();
}

bool amp_shm_table_claim(amp_shm_table *table)
{
	return table->claim();
}

bool amp_shm_table_publish(amp_shm_table *table)
{
	return table->publish();
}

void amp_shm_table_refresh(amp_shm_table *table)
{
	table->refresh();
}

amp_shm_sight amp_shm_table_look(const amp_shm_table *table)
{
	return table->look();
}

bool amp_shm_table_withdraw(amp_shm_table *table)
{
	return table->withdraw();
}
