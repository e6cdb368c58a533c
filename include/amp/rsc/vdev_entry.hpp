// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RSC_VDEV_ENTRY_HPP
#define AMP_RSC_VDEV_ENTRY_HPP

#include <amp/complaint.hpp>
#include <amp/region.hpp>
#include <amp/vring/layout.hpp>
#include <uapi/amp/resource_table.h>

namespace amp::rsc
{

constexpr u32 kVdevsMax = 16; // per link; a bound on our work, not of the format
constexpr u32 kVringsMax = 16; // per vdev, as above
constexpr u32 kEntriesMax = 256; // per table, as above

// What an entry said when the table was parsed; later accesses rely on this and on nothing in shared memory.
struct VdevLayout {
	u32 offset; // of the entry, from the start of the table
	u32 slot; // index of its offset in the header
	u32 type; // AMP_RSC_VDEV or AMP_RSC_VDEV_LARGE
	u32 id; // virtio device id
	u32 config_len;
	u32 vrings;

	constexpr u64 size() const { return sizeof(amp_rsc_vdev) + sizeof(amp_rsc_vring) * u64(vrings) + config_len; }
};

// The words of one vring in an entry, each fetched once. num and align are as vring() or words() says; da and notifyid
// are opaque.
struct VringWords {
	u32 da;
	u32 align;
	u32 num;
	u32 notifyid;

	constexpr bool operator==(const VringWords &) const = default;
};

// Is this a size and an alignment that a vring can have?
inline Result<void> bounded(const VringWords &words, Complaint &complaint)
{
	if (!is_power_of_two(words.num) || words.num > AMP_VRING_NUM_MAX) {
		complaint = {"vring num, expected a power of two of at most", words.num, AMP_VRING_NUM_MAX};
		return Fault::BadTable;
	}
	if (!is_power_of_two(words.align) || words.align < kVringAlignMin || words.align > kVringAlignMax) {
		complaint = {"vring align, expected a power of two from 4 to", words.align, kVringAlignMax};
		return Fault::BadTable;
	}
	return {};
}

template <typename Env> struct VringCells {
	Shared<u32, Env> da;
	Shared<u32, Env> align;
	Shared<u32, Env> num;
	Shared<u32, Env> notifyid;
	Shared<u32, Env> pa;
};

template <typename Env> struct VdevCells {
	Shared<u32, Env> type;
	Shared<u32, Env> id;
	Shared<u32, Env> notifyid;
	Shared<u32, Env> dfeatures;
	Shared<u32, Env> gfeatures;
	Shared<u32, Env> config_len;
	Shared<u8, Env> status;
	Shared<u8, Env> num_of_vrings;
	Shared<u8, Env> reserved[2];
};

static_assert(sizeof(amp_rsc_vdev) == 28 && sizeof(amp_rsc_vring) == 20);
static_assert(__builtin_offsetof(amp_rsc_vdev, status) == 24 && __builtin_offsetof(amp_rsc_vdev, vring) == 28);

/*
 * One virtio device in a parsed table: a value, as long-lived as the table's memory.
 *
 *   word                     writer   our private truth    may the peer lie?
 *   type, id, num_of_vrings,
 *   config_len               builder  VdevLayout           a later change moves nothing: see Table::unchanged()
 *   dfeatures                builder  the remote's own     the remote never reads it back
 *   gfeatures, status        main     -                    every value is possible
 *   vring[].da/num/align     both     what vring() gave    yes: bounded here, da by Regions
 *   config space             both     config_len           every value is possible
 */
template <typename Env> class VdevEntry {
public:
	constexpr VdevEntry() = default;
	VdevEntry(Window table, const VdevLayout &layout) : layout_(layout), base_(table.va + layout.offset)
	{
		static_assert(sizeof(VdevCells<Env>) == sizeof(amp_rsc_vdev));
		static_assert(sizeof(VringCells<Env>) == sizeof(amp_rsc_vring));
	}

	constexpr VdevLayout layout() const { return layout_; }
	constexpr u32 type() const { return layout_.type; }
	constexpr u32 id() const { return layout_.id; }
	constexpr u32 vrings() const { return layout_.vrings; }
	constexpr u32 config_len() const { return layout_.config_len; }

	// For whoever loads the table. @type is AMP_RSC_VDEV or AMP_RSC_VDEV_LARGE; whoever parsed it before sees a change.
	void retype(u32 type)
	{
		layout_.type = type;
		cells()->type.put(type);
	}

	// (B) pairs with the main's barriers before it writes status: what it prepared before is visible after this.
	u8 status() const { return cells()->status.fetch_acquire().unchecked(); }
	void put_status(u8 status) { cells()->status.put_release(status); }
	u32 dfeatures() const { return cells()->dfeatures.fetch().unchecked(); }
	u32 gfeatures() const { return cells()->gfeatures.fetch().unchecked(); }
	void put_gfeatures(u32 features) { cells()->gfeatures.put(features); }

	// The words of vring @index. BadTable and @complaint: its size or alignment is none. Invalid: no such vring.
	Result<VringWords> vring(u32 index, Complaint &complaint) const
	{
		if (index >= layout_.vrings)
			return Fault::Invalid;
		const VringWords words = this->words(index);

		AMP_TRY(bounded(words, complaint));
		return words;
	}
	// The same unbounded: to show, or to see whether they changed. @index is below vrings().
	VringWords words(u32 index) const
	{
		const auto *cell = vring_cells(index);

		return {cell->da.fetch().unchecked(), cell->align.fetch().unchecked(), cell->num.fetch().unchecked(),
			cell->notifyid.fetch().unchecked()};
	}
	void put_vring_da(u32 index, u32 da)
	{
		if (index < layout_.vrings)
			vring_cells(index)->da.put(da);
	}
	void put_vring_notifyid(u32 index, u32 notifyid)
	{
		if (index < layout_.vrings)
			vring_cells(index)->notifyid.put(notifyid);
	}

	Result<void> read_config(u32 offset, void *to, u32 len) const
	{
		if (!in_config(offset, len))
			return Fault::Invalid;
		Env::copy_in(to, config() + offset, len);
		return {};
	}
	Result<void> write_config(u32 offset, const void *from, u32 len)
	{
		if (!in_config(offset, len))
			return Fault::Invalid;
		Env::copy_out(config() + offset, from, len);
		return {};
	}

	// Whether the words that fix the layout are still those that were parsed.
	bool unchanged() const
	{
		const auto *cell = cells();

		return cell->type.fetch().is(layout_.type) && cell->id.fetch().is(layout_.id) &&
		       cell->config_len.fetch().is(layout_.config_len) &&
		       cell->num_of_vrings.fetch().is(u8(layout_.vrings));
	}

private:
	VdevCells<Env> *cells() const { return reinterpret_cast<VdevCells<Env> *>(base_); }
	VringCells<Env> *vring_cells(u32 index) const
	{
		return reinterpret_cast<VringCells<Env> *>(base_ + sizeof(amp_rsc_vdev)) +
		       Env::confine(index, layout_.vrings);
	}
	u8 *config() const { return base_ + sizeof(amp_rsc_vdev) + sizeof(amp_rsc_vring) * layout_.vrings; }
	constexpr bool in_config(u32 offset, u32 len) const
	{
		return offset <= layout_.config_len && len <= layout_.config_len - offset;
	}

	VdevLayout layout_ = {};
	u8 *base_ = nullptr;
};

} // namespace amp::rsc

#endif
