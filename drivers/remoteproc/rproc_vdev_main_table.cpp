// SPDX-License-Identifier: GPL-2.0-only
/* The entry of a vdev in a resource table, main end: behind a C ABI. */
#include "rproc_vdev_main_table.h"

#include <amp/env_kernel.hpp>
#include <amp/rsc/config_generation.hpp>
#include <amp/rsc/table.hpp>

using namespace amp;
using namespace amp::rsc;

using Env = KernelEnv;

static_assert(AMP_MAIN_VRINGS_MAX == kVringsMax);

namespace
{

constexpr int kEnoent = 2; // Linux's numbers, the same everywhere (uapi/asm-generic/errno-base.h)
constexpr int kEinval = 22;

// The entry in @table, which may have moved since it was found: the core works on a copy while nobody runs.
VdevEntry<Env> entry_in(void *table, const amp_main_entry *entry)
{
	const VdevLayout layout = {entry->offset, entry->slot,	     entry->type,
				   entry->id,	  entry->config_len, entry->vrings};

	return VdevEntry<Env>({static_cast<u8 *>(table), 0}, layout);
}

Result<void> parse(Table<Env> &parsed, void *table, amp_size size, amp_complaint *complaint)
{
	Complaint why;
	const auto result = parsed.parse({static_cast<u8 *>(table), size}, why);

	if (result.fault() == Fault::Again)
		why = {"version of the table, expected", 0, AMP_RSC_VERSION};
	*complaint = why.for_c();
	return result;
}

int take(const Table<Env> &parsed, u32 index, amp_main_entry *entry, amp_complaint *complaint)
{
	const auto vdev = parsed.vdev(index);
	Complaint why;

	if (!vdev.ok())
		return -kEnoent;
	const VdevLayout layout = vdev.value().layout();
	*entry = {};
	entry->offset = layout.offset;
	entry->slot = layout.slot;
	entry->type = layout.type;
	entry->id = layout.id;
	entry->config_len = layout.config_len;
	entry->vrings = layout.vrings;
	entry->index = index;
	for (u32 i = 0; i < layout.vrings; i++) {
		const auto words = vdev.value().vring(i, why);

		if (!words.ok()) {
			*complaint = why.for_c();
			return -kEinval;
		}
		entry->vring[i] = {words.value().num, words.value().align, words.value().da};
	}
	return 0;
}

} // namespace

int amp_main_count(void *table, amp_size size, amp_complaint *complaint)
{
	Table<Env> parsed;

	return parse(parsed, table, size, complaint).ok() ? int(parsed.vdevs()) : -kEinval;
}

int amp_main_find(void *table, amp_size size, u32 index, amp_main_entry *entry, amp_complaint *complaint)
{
	Table<Env> parsed;

	if (!parse(parsed, table, size, complaint).ok())
		return -kEinval;
	return take(parsed, index, entry, complaint);
}

int amp_main_find_at(void *table, amp_size size, u32 offset, amp_main_entry *entry, amp_complaint *complaint)
{
	Table<Env> parsed;

	if (!parse(parsed, table, size, complaint).ok())
		return -kEinval;
	for (u32 i = 0; i < parsed.vdevs(); i++)
		if (parsed.vdev(i).value().layout().offset == offset)
			return take(parsed, i, entry, complaint);
	return -kEnoent;
}

amp_size amp_main_vring_bytes(const amp_main_entry *entry, u32 vring)
{
	return VringLayout::of(entry->vring[vring].num, entry->vring[vring].align).size;
}

amp_u8 amp_main_status(const amp_main_entry *entry, void *table)
{
	return entry_in(table, entry).status();
}

void amp_main_put_status(const amp_main_entry *entry, void *table, amp_u8 status)
{
	// (B) What was prepared is visible before the status that says so, and a status before what follows from it.
	entry_in(table, entry).put_status(status);
	Env::full_barrier();
}

amp_u32 amp_main_offered(const amp_main_entry *entry, void *table)
{
	return entry_in(table, entry).dfeatures();
}

amp_u32 amp_main_taken(const amp_main_entry *entry, void *table)
{
	return entry_in(table, entry).gfeatures();
}

void amp_main_put_taken(const amp_main_entry *entry, void *table, u32 features)
{
	entry_in(table, entry).put_gfeatures(features);
}

void amp_main_put_vring(const amp_main_entry *entry, void *table, u32 vring, u32 da, u32 notifyid)
{
	auto vdev = entry_in(table, entry);

	vdev.put_vring_da(vring, da);
	vdev.put_vring_notifyid(vring, notifyid);
}

void amp_main_retype(const amp_main_entry *entry, void *table, u32 type)
{
	entry_in(table, entry).retype(type);
}

int amp_main_read_config(const amp_main_entry *entry, void *table, u32 offset, void *to, u32 len)
{
	return entry_in(table, entry).read_config(offset, to, len).ok() ? 0 : -kEinval;
}

int amp_main_write_config(const amp_main_entry *entry, void *table, u32 offset, const void *from, u32 len)
{
	return entry_in(table, entry).write_config(offset, from, len).ok() ? 0 : -kEinval;
}

u32 amp_main_generation_of(const amp_main_entry *entry, void *table, amp_main_generation *generation)
{
	ConfigGeneration known = {generation->number, generation->changes};
	const u32 number = known.look(entry_in(table, entry), generation->seen);

	generation->number = known.number;
	generation->changes = known.changes;
	return number;
}

void amp_main_clear(void *va, amp_size size)
{
	memset(va, 0, size);
}

void amp_main_indices(void *va, u32 num, u32 align, u32 *avail, u32 *used)
{
	Vring<Env> vring;
	Complaint ignored;

	*avail = *used = 0;
	if (!vring.map({va, VringLayout::of(num, align).size, num, align}, ignored).ok())
		return;
	*avail = vring.avail->idx.fetch().unchecked();
	*used = vring.used->idx.fetch().unchecked();
}
