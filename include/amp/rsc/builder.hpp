// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RSC_BUILDER_HPP
#define AMP_RSC_BUILDER_HPP

#include <amp/rsc/table.hpp>

namespace amp::rsc
{

// A virtio device that the builder's processor offers.
struct VdevDraft {
	u32 id = 0;
	u32 dfeatures = 0;
	const VringWords *vring = nullptr;
	u32 vrings = 0;
	const u8 *config = nullptr; // initial config space
	u32 config_len = 0;
};

struct CarveoutDraft {
	u32 da = 0;
	u32 len = 0;
	const char *name = nullptr;
};

/*
 * Writes a resource table into memory that the main processor may be reading: it sees no table or the whole table,
 * never a part. (A): version 0 stands before anything else changes; the version is stored with release when everything
 * else is there, which pairs with the acquire in Table::parse().
 *
 *   TableBuilder<Env> build(memory, entries);  build.vdev(..) or build.carveout(..) once per entry;  build.publish(..)
 *
 * Invalid, with @complaint: our own caller wants more than fits. The memory then holds no table.
 */
template <typename Env> class TableBuilder {
public:
	TableBuilder(Window memory, u32 entries)
		: memory_(memory), entries_(entries), end_(sizeof(amp_rsc_header) + sizeof(u32) * u64(entries))
	{
		invalidate(memory);
	}

	// There is no table from now on.
	static void invalidate(Window memory)
	{
		if (memory.size < sizeof(amp_rsc_header))
			return;
		reinterpret_cast<HeaderCells<Env> *>(memory.va)->ver.put(0);
		Env::full_barrier(); // (A) before whatever is written next
	}

	Result<void> vdev(const VdevDraft &draft, Complaint &complaint)
	{
		const u32 rings_size = u32(sizeof(amp_rsc_vring)) * draft.vrings;
		u8 *const at = AMP_TRY(next(sizeof(amp_rsc_vdev) + u64(rings_size) + draft.config_len, complaint));
		auto *const cell = reinterpret_cast<VdevCells<Env> *>(at);
		auto *const ring = reinterpret_cast<VringCells<Env> *>(at + sizeof(amp_rsc_vdev));

		cell->type.put(AMP_RSC_VDEV);
		cell->id.put(draft.id);
		cell->notifyid.put(0);
		cell->dfeatures.put(draft.dfeatures);
		cell->gfeatures.put(0);
		cell->config_len.put(draft.config_len);
		cell->status.put(0);
		cell->num_of_vrings.put(u8(draft.vrings));
		for (auto &reserved : cell->reserved)
			reserved.put(0);
		for (u32 i = 0; i < draft.vrings; i++) {
			ring[i].da.put(draft.vring[i].da);
			ring[i].align.put(draft.vring[i].align);
			ring[i].num.put(draft.vring[i].num);
			ring[i].notifyid.put(draft.vring[i].notifyid);
			ring[i].pa.put(0);
		}
		if (draft.config_len)
			Env::copy_out(at + sizeof(amp_rsc_vdev) + rings_size, draft.config, draft.config_len);
		return {};
	}

	Result<void> carveout(const CarveoutDraft &draft, Complaint &complaint)
	{
		amp_rsc_carveout made = {};

		made.type = Env::wire(u32(AMP_RSC_CARVEOUT));
		made.da = Env::wire(draft.da);
		made.pa = Env::wire(draft.da);
		made.len = Env::wire(draft.len);
		for (u32 i = 0; draft.name && draft.name[i] && i < AMP_RSC_NAME_SIZE - 1; i++)
			made.name[i] = u8(draft.name[i]);
		return entry(&made, sizeof(made), complaint);
	}

	// An entry of any other type, as it stands in a table.
	Result<void> entry(const void *bytes, u32 size, Complaint &complaint)
	{
		Env::copy_out(AMP_TRY(next(size, complaint)), bytes, size);
		return {};
	}

	// @incarnation: a random number; 0 says that the builder draws none.
	Result<void> publish(u32 incarnation, Complaint &complaint)
	{
		if (added_ != entries_) {
			complaint = {"entries added to the table, expected", added_, entries_};
			return Fault::Invalid;
		}
		auto *const header = reinterpret_cast<HeaderCells<Env> *>(memory_.va);

		header->num.put(entries_);
		header->reserved.put(0);
		header->incarnation.put(incarnation);
		header->ver.put_release(AMP_RSC_VERSION); // (A)
		return {};
	}

private:
	// Room for the next entry.
	Result<u8 *> next(u64 size, Complaint &complaint)
	{
		if (added_ == entries_) {
			complaint = {"entries added to the table, expected at most", added_ + 1, entries_};
			return Fault::Invalid;
		}
		const u64 at = (end_ + sizeof(u32) - 1) & ~u64(sizeof(u32) - 1);
		const u64 most = min<u64>(memory_.size, kTableBytesMax);
		if (at > most || size > most - at) {
			complaint = {"bytes for the table, expected at most its region,", at + size, most};
			return Fault::Invalid;
		}
		reinterpret_cast<Shared<u32, Env> *>(memory_.va + sizeof(amp_rsc_header))[added_].put(u32(at));
		added_++;
		end_ = at + size;
		return memory_.va + at;
	}

	Window memory_;
	u32 entries_;
	u64 end_;
	u32 added_ = 0;
};

} // namespace amp::rsc

#endif
