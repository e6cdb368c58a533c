// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RSC_TABLE_HPP
#define AMP_RSC_TABLE_HPP

#include <amp/rsc/vdev_entry.hpp>

namespace amp::rsc
{

template <typename Env> struct HeaderCells {
	Shared<u32, Env> ver;
	Shared<u32, Env> num;
	Shared<u32, Env> reserved;
	Shared<u32, Env> incarnation;
};

constexpr u32 kTableBytesMax = 1 << 20; // what lies further in is none of a table's

static_assert(sizeof(amp_rsc_header) == 16);
static_assert(sizeof(amp_rsc_carveout) == 56 && sizeof(amp_rsc_devmem) == 56 && sizeof(amp_rsc_trace) == 48);

/*
 * A resource table that somebody else may write at any time. parse() checks the whole of it once and keeps where its
 * vdevs are; nothing that is read later decides where we read or write.
 *
 *   word                 writer   our private truth    may the peer lie?
 *   ver                  builder  parsed_              0: no table (yet), 1: the rest is complete
 *   num, offset[], type  builder  vdev_[]              yes: all bounded by the region
 *   incarnation          builder  incarnation_         a lie costs the peer a restart of the link
 *
 * Barrier (A): load-acquire of ver pairs with the builder's store-release of it: a version means a whole table.
 */
template <typename Env> class Table {
public:
	// Again: there is no table yet. BadTable: there is a bad one, and @complaint says what is bad.
	Result<void> parse(Window memory, Complaint &complaint)
	{
		static_assert(sizeof(HeaderCells<Env>) == sizeof(amp_rsc_header));
		parsed_ = false;
		vdevs_ = 0;
		num_ = slot_ = 0;
		memory.size = min<usize>(memory.size, kTableBytesMax);
		memory_ = memory;
		if (memory.size < sizeof(amp_rsc_header)) {
			complaint = {"bytes of memory for the table, expected at least", memory.size,
				     sizeof(amp_rsc_header)};
			return Fault::BadTable;
		}
		if (reinterpret_cast<uptr>(memory.va) % sizeof(u32)) {
			complaint = {"address of the table, expected a multiple of", reinterpret_cast<uptr>(memory.va),
				     sizeof(u32)};
			return Fault::BadTable;
		}

		const auto version = header()->ver.fetch_acquire(); // (A)
		if (version.is(0))
			return Fault::Again;
		if (!version.is(AMP_RSC_VERSION)) {
			complaint = {"version of the table, expected", version.unchecked(), AMP_RSC_VERSION};
			return Fault::BadTable;
		}
		const auto reserved = header()->reserved.fetch();
		if (!reserved.is(0)) {
			complaint = {"reserved word of the table, expected", reserved.unchecked(), 0};
			return Fault::BadTable;
		}
		incarnation_ = header()->incarnation.fetch().unchecked();

		const u64 room = (memory.size - sizeof(amp_rsc_header)) / sizeof(u32);
		const u32 most = u32(min<u64>(room, kEntriesMax));
		const auto num = header()->num.fetch();
		const auto bounded = num.at_most(most, Fault::BadTable);
		if (!bounded.ok()) {
			complaint = {"entries in the table, expected at most", num.unchecked(), most};
			return Fault::BadTable;
		}
		num_ = bounded.value();
		size_ = u32(sizeof(amp_rsc_header) + sizeof(u32) * num_);
		for (slot_ = 0; slot_ < num_; slot_++)
			AMP_TRY(parse_entry(slot_, complaint));
		parsed_ = true;
		return {};
	}

	constexpr bool parsed() const { return parsed_; }
	constexpr u32 vdevs() const { return vdevs_; }
	// Bytes from the start of the table to the end of its last entry.
	constexpr u32 size() const { return size_; }
	constexpr u32 incarnation() const { return incarnation_; }

	// After parse() refused: which entry it was, or how many there are where it was none of them.
	constexpr u32 slot() const { return slot_; }
	// 0, too, while the header was refused.
	constexpr u32 entries() const { return num_; }

	// The vdev entry @index, counted in the order of the offsets: vdev N is the N-th, of whichever of the two types.
	Result<VdevEntry<Env>> vdev(u32 index) const
	{
		if (!parsed_ || index >= vdevs_)
			return Fault::Invalid;
		return VdevEntry<Env>(memory_, vdev_[index]);
	}

	// VdevEntry::retype() of vdev @index, for the holder of the table: it stays unchanged().
	void retype(u32 index, u32 type)
	{
		if (!parsed_ || index >= vdevs_)
			return;
		VdevEntry<Env>(memory_, vdev_[index]).retype(type);
		vdev_[index].type = type;
	}

	// False: the table was taken away or built anew; what was parsed is still safe to use, but nobody's.
	bool unchanged() const
	{
		if (!parsed_ || !header()->ver.fetch_acquire().is(AMP_RSC_VERSION) || !header()->num.fetch().is(num_) ||
		    !header()->incarnation.fetch().is(incarnation_))
			return false;
		for (u32 i = 0; i < vdevs_; i++)
			if (!offset_cell(vdev_[i].slot)->fetch().is(vdev_[i].offset) ||
			    !VdevEntry<Env>(memory_, vdev_[i]).unchanged())
				return false;
		return true;
	}

private:
	HeaderCells<Env> *header() const { return reinterpret_cast<HeaderCells<Env> *>(memory_.va); }
	Shared<u32, Env> *offset_cell(u32 slot) const
	{
		return reinterpret_cast<Shared<u32, Env> *>(memory_.va + sizeof(amp_rsc_header)) + slot;
	}

	Result<void> parse_entry(u32 slot, Complaint &complaint)
	{
		const u32 offset = offset_cell(slot)->fetch().unchecked();
		const u32 first = u32(sizeof(amp_rsc_header) + sizeof(u32) * num_);

		if (offset % sizeof(u32)) {
			complaint = {"offset of an entry, expected a multiple of", offset, sizeof(u32)};
			return Fault::BadTable;
		}
		if (offset < first) {
			complaint = {"offset of an entry, expected at least", offset, first};
			return Fault::BadTable;
		}
		if (offset > memory_.size || memory_.size - offset < sizeof(u32)) {
			complaint = {"offset of an entry, expected within a region of bytes", offset, memory_.size};
			return Fault::BadTable;
		}
		const u64 room = memory_.size - offset;
		const u32 type = reinterpret_cast<Shared<u32, Env> *>(memory_.va + offset)->fetch().unchecked();

		switch (type) {
		case AMP_RSC_CARVEOUT:
		case AMP_RSC_DEVMEM:
			return occupy(offset, sizeof(amp_rsc_carveout), room, complaint);
		case AMP_RSC_TRACE:
			return occupy(offset, sizeof(amp_rsc_trace), room, complaint);
		case AMP_RSC_VDEV:
		case AMP_RSC_VDEV_LARGE:
			return parse_vdev(slot, offset, type, room, complaint);
		default:
			if (type >= AMP_RSC_VENDOR_FIRST && type <= AMP_RSC_VENDOR_LAST)
				return occupy(offset, sizeof(u32), room, complaint);
			complaint = {"type of an entry, expected up to 3 or 128 to", type, AMP_RSC_VENDOR_LAST};
			return Fault::BadTable;
		}
	}

	Result<void> parse_vdev(u32 slot, u32 offset, u32 type, u64 room, Complaint &complaint)
	{
		AMP_TRY(occupy(offset, sizeof(amp_rsc_vdev), room, complaint));
		if (vdevs_ == kVdevsMax) {
			complaint = {"vdevs in the table, expected at most", vdevs_ + 1, kVdevsMax};
			return Fault::BadTable;
		}
		const auto *cell = reinterpret_cast<VdevCells<Env> *>(memory_.va + offset);
		const auto vrings = cell->num_of_vrings.fetch();
		const auto bounded = vrings.at_most(u8(kVringsMax), Fault::BadTable);
		if (!bounded.ok()) {
			complaint = {"vrings of a vdev, expected at most", vrings.unchecked(), kVringsMax};
			return Fault::BadTable;
		}
		for (const auto &reserved : cell->reserved) {
			const auto value = reserved.fetch();
			if (!value.is(0)) {
				complaint = {"reserved byte of a vdev, expected", value.unchecked(), 0};
				return Fault::BadTable;
			}
		}
		const VdevLayout layout = {
			offset,		slot, type, cell->id.fetch().unchecked(), cell->config_len.fetch().unchecked(),
			bounded.value()};
		AMP_TRY(occupy(offset, layout.size(), room, complaint));
		// One of two that share an entry, or a part of it, would undo what the other sets up.
		for (u32 i = 0; i < vdevs_; i++)
			if (offset < vdev_[i].offset + vdev_[i].size() && vdev_[i].offset < offset + layout.size()) {
				complaint = {"offset of a vdev, expected clear of the vdev at", offset,
					     vdev_[i].offset};
				return Fault::BadTable;
			}
		const VdevEntry<Env> entry(memory_, layout);
		for (u32 i = 0; i < layout.vrings; i++)
			AMP_TRY(entry.vring(i, complaint));
		vdev_[vdevs_++] = layout;
		return {};
	}

	Result<void> occupy(u32 offset, u64 size, u64 room, Complaint &complaint)
	{
		if (size > room) {
			complaint = {"bytes of an entry, expected at most the rest of the region,", size, room};
			return Fault::BadTable;
		}
		size_ = max(size_, u32(offset + size));
		return {};
	}

	Window memory_ = {};
	VdevLayout vdev_[kVdevsMax] = {};
	u32 vdevs_ = 0;
	u32 num_ = 0;
	u32 slot_ = 0;
	u32 size_ = 0;
	u32 incarnation_ = 0;
	bool parsed_ = false;
};

} // namespace amp::rsc

#endif
