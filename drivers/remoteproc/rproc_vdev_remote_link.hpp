// SPDX-License-Identifier: GPL-2.0-only
#ifndef RPROC_VDEV_REMOTE_LINK_HPP
#define RPROC_VDEV_REMOTE_LINK_HPP

#include <amp/rsc/builder.hpp>

#include "rproc_vdev_remote_vdev.hpp"

namespace amp::rsc
{

static_assert(AMP_VDEVS_MAX == kVdevsMax && AMP_VDEV_VRINGS_MAX == kVringsMax);

/*
 * A link whose remote end is this Linux: its resource table, built by us or by somebody else, and the vdevs in it.
 *
 *   none  --(built, or found and as devicetree describes)-->  parsed  --(taken away, written anew)--> none
 */
template <typename Env> class RemoteLink {
public:
	explicit RemoteLink(const amp_vdevs_plan &plan)
		: plan_(plan), window_{static_cast<u8 *>(plan.table), plan.table_size}
	{
		for (u32 i = 0; i < plan.vdevs; i++)
			vdev_[i].init(&plan.vdev[i]);
	}

	Result<void> check(amp_vdev_complaint &where)
	{
		Complaint complaint;
		const auto checked = check_vdevs(where, complaint);

		where.complaint = complaint.for_c();
		return checked;
	}

	amp_table_news look_at_table(u32 random, amp_vdev_complaint &where)
	{
		if (table_.parsed()) {
			if (table_.unchanged())
				return AMP_TABLE_NO_NEWS;
			table_ = {};
			for (u32 i = 0; i < plan_.vdevs; i++)
				vdev_[i].lose();
			said_ = {};
			awaited_ = false;
			return AMP_TABLE_LOST;
		}

		Complaint complaint;
		where = {{}, -1, -1};
		if (plan_.build) {
			// Ours, but with another incarnation: a main that detaches puts back what it found when it attached.
			if (built_ && find(where, complaint).ok())
				return AMP_TABLE_FOUND;
			if (build(random, where, complaint).ok() && find(where, complaint).ok()) {
				built_ = true;
				return AMP_TABLE_BUILT;
			}
			return say(where, complaint);
		}
		const auto found = find(where, complaint);
		if (found.ok())
			return AMP_TABLE_FOUND;
		if (found.fault() != Fault::Again)
			return say(where, complaint);
		if (awaited_)
			return AMP_TABLE_NO_NEWS;
		awaited_ = true;
		return AMP_TABLE_AWAITED;
	}

	bool withdraw()
	{
		if (!built_)
			return false;
		TableBuilder<Env>::invalidate(window_);
		built_ = false;
		return true;
	}

	amp_vdev_view view(u32 index) const
	{
		const auto *entry = vdev_[index].entry();
		amp_vdev_view view = {};

		view.state = vdev_[index].state();
		view.offered = plan_.vdev[index].features;
		view.vrings = plan_.vdev[index].vrings;
		if (!entry)
			return view;
		view.table = true;
		view.status = entry->status();
		view.taken = entry->gfeatures();
		view.config_len = entry->config_len();
		for (u32 i = 0; i < entry->vrings(); i++) {
			const auto words = entry->words(i);

			view.vring[i] = {words.da, words.align, words.num, words.notifyid};
		}
		return view;
	}

	RemoteVdev<Env> &vdev(u32 index) { return vdev_[index]; }
	const RemoteVdev<Env> &vdev(u32 index) const { return vdev_[index]; }

private:
	Result<void> check_vdevs(amp_vdev_complaint &where, Complaint &complaint)
	{
		where = {{}, -1, -1};
		for (u32 i = 0; i < plan_.vdevs; i++) {
			VringWords words[kVringsMax];

			where.vdev = int(i);
			where.vring = -1;
			if (plan_.build) {
				AMP_TRY(place(plan_.vdev[i], words, where, complaint));
				AMP_TRY(check_alone(i, where, complaint));
			} else {
				AMP_TRY(check_rings(plan_.vdev[i], where, complaint));
			}
		}
		where = {{}, -1, -1};
		return check_room(complaint);
	}

	Result<void> check_room(Complaint &complaint) const
	{
		u64 need = sizeof(amp_rsc_header);

		for (u32 i = 0; plan_.build && i < plan_.vdevs; i++) {
			const u64 entry = sizeof(amp_rsc_vdev) + sizeof(amp_rsc_vring) * plan_.vdev[i].vrings +
					  plan_.vdev[i].config_len;
			need += sizeof(u32) + ((entry + sizeof(u32) - 1) & ~u64(sizeof(u32) - 1));
		}
		if (need > window_.size) {
			complaint = {"bytes of the table's region, expected at least", window_.size, need};
			return Fault::Invalid;
		}
		return {};
	}

	// What the table has to bring; devicetree may say a size, and then it has to fit.
	Result<void> check_rings(const amp_vdev_plan &plan, amp_vdev_complaint &where, Complaint &complaint)
	{
		for (u32 ring = 0; ring < plan.vrings; ring++) {
			where.vring = int(ring);
			if (!plan.ring_num[ring])
				continue;
			const VringWords words = {0, plan.align, plan.ring_num[ring], 0};
			AMP_TRY(bounded(words, complaint));
			const u32 in = plan.ring_region[ring];
			const auto size = VringLayout::of(words.num, words.align).size;
			if (in < plan.num_regions && size > plan.regions[in].size) {
				complaint = {"bytes of the vring's region, expected at least", plan.regions[in].size,
					     size};
				return Fault::Invalid;
			}
		}
		return {};
	}

	// Each vdev places its rings as if it were alone in their regions.
	Result<void> check_alone(u32 vdev, amp_vdev_complaint &where, Complaint &complaint) const
	{
		const amp_vdev_plan &plan = plan_.vdev[vdev];

		for (u32 ring = 0; ring < plan.vrings; ring++) {
			where.vring = int(ring);
			for (u32 other = 0; other < vdev; other++)
				if (has_rings_in(plan_.vdev[other], plan.regions[plan.ring_region[ring]].va)) {
					complaint = {"vdev with vrings in the same region, expected none but", other,
						     vdev};
					return Fault::Invalid;
				}
		}
		where.vring = -1;
		return {};
	}

	static bool has_rings_in(const amp_vdev_plan &plan, const void *va)
	{
		for (u32 ring = 0; ring < plan.vrings; ring++)
			if (plan.regions[plan.ring_region[ring]].va == va)
				return true;
		return false;
	}

	// Rings of a vdev whose table we build. Several may share a region: then they lie one after the other.
	Result<void> place(const amp_vdev_plan &plan, VringWords *words, amp_vdev_complaint &where,
			   Complaint &complaint)
	{
		u64 end[kVringsMax] = {}; // of what is taken in the region of vring i

		for (u32 ring = 0; ring < plan.vrings; ring++) {
			where.vring = int(ring);
			words[ring] = {0, plan.align, plan.ring_num[ring], ring};
			AMP_TRY(bounded(words[ring], complaint));
			const u32 in = plan.ring_region[ring];
			if (in >= plan.num_regions) {
				complaint = {"regions named after the vring, expected", 0, 1};
				return Fault::Invalid;
			}
			const amp_region &region = plan.regions[in];
			u64 from = 0;
			for (u32 before = 0; before < ring; before++)
				if (plan.ring_region[before] == in)
					from = end[before];
			// The used ring is aligned in the address space of both: so is the ring.
			const u64 aligned = (region.da + from + plan.align - 1) & ~u64(plan.align - 1);
			const u64 size = VringLayout::of(plan.ring_num[ring], plan.align).size;
			end[ring] = aligned - region.da + size;
			if (end[ring] > region.size) {
				complaint = {"bytes of the vring's region, expected at least", region.size, end[ring]};
				return Fault::Invalid;
			}
			if (region.da + end[ring] > AMP_RSC_ADDR_ANY) {
				complaint = {"address of the vring, expected below that of a 32-bit table,", aligned,
					     AMP_RSC_ADDR_ANY};
				return Fault::Invalid;
			}
			words[ring].da = u32(aligned);
		}
		where.vring = -1;
		return {};
	}

	Result<void> build(u32 random, amp_vdev_complaint &where, Complaint &complaint)
	{
		TableBuilder<Env> table(window_, plan_.vdevs);
		u32 notifyid = 0;

		for (u32 i = 0; i < plan_.vdevs; i++) {
			const amp_vdev_plan &plan = plan_.vdev[i];
			VringWords words[kVringsMax];

			where.vdev = int(i);
			AMP_TRY(place(plan, words, where, complaint));
			for (u32 ring = 0; ring < plan.vrings; ring++)
				words[ring].notifyid = notifyid++;
			const VdevDraft draft = {plan.id,     plan.features, words,
						 plan.vrings, plan.config,   plan.config_len};
			AMP_TRY(table.vdev(draft, complaint));
		}
		where.vdev = -1;
		return table.publish(random, complaint);
	}

	// A table that has what devicetree describes.
	Result<void> find(amp_vdev_complaint &where, Complaint &complaint)
	{
		const auto parsed = table_.parse(window_, complaint);

		if (!parsed.ok())
			return parsed;
		const auto agreed = agree(where, complaint);
		if (!agreed.ok()) {
			table_ = {};
			return agreed;
		}
		for (u32 i = 0; i < plan_.vdevs; i++)
			vdev_[i].find(table_.vdev(i).value());
		return {};
	}

	Result<void> agree(amp_vdev_complaint &where, Complaint &complaint)
	{
		if (table_.vdevs() < plan_.vdevs) {
			complaint = {"vdevs in the table, expected at least", table_.vdevs(), plan_.vdevs};
			return Fault::BadTable;
		}
		for (u32 i = 0; i < plan_.vdevs; i++) {
			const auto entry = table_.vdev(i).value();

			where.vdev = int(i);
			if (entry.type() != AMP_RSC_VDEV) {
				complaint = {"type of the entry, which whoever loads firmware has to turn, expected",
					     entry.type(), AMP_RSC_VDEV};
				return Fault::BadTable;
			}
			if (entry.id() != plan_.vdev[i].id) {
				complaint = {"virtio id in the table, expected", entry.id(), plan_.vdev[i].id};
				return Fault::BadTable;
			}
			if (entry.vrings() != plan_.vdev[i].vrings) {
				complaint = {"vrings in the table, expected as devicetree describes", entry.vrings(),
					     plan_.vdev[i].vrings};
				return Fault::BadTable;
			}
		}
		where.vdev = -1;
		return {};
	}

	// Each thing that is wrong is news once.
	amp_table_news say(amp_vdev_complaint &where, const Complaint &complaint)
	{
		const bool same = complaint.what == said_.what && complaint.value == said_.value &&
				  complaint.limit == said_.limit;

		said_ = complaint;
		where.complaint = complaint.for_c();
		return same ? AMP_TABLE_NO_NEWS : AMP_TABLE_BAD;
	}

	const amp_vdevs_plan &plan_;
	Window window_;
	Table<Env> table_;
	Complaint said_;
	bool awaited_ = false;
	bool built_ = false;
	RemoteVdev<Env> vdev_[kVdevsMax];
};

} // namespace amp::rsc

#endif
