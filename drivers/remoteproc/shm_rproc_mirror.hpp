// SPDX-License-Identifier: GPL-2.0-only
#ifndef SHM_RPROC_MIRROR_HPP
#define SHM_RPROC_MIRROR_HPP

#include <amp/rsc/table.hpp>

#include "shm_rproc_table.h"

namespace amp
{

constexpr u32 kMainlineVringsMax = 2; // of a vdev that mainline itself drives: remoteproc_virtio.c

/*
 * The resource table as mainline's remoteproc core sees it: a private copy that was checked once and that no remote can
 * change under the core. What the core writes there (addresses, notify ids, features, status) is put into the live
 * table by publish(); nothing of the live table goes the other way while a link is up but config space, by refresh().
 *
 * A vdev with more vrings than the core takes is AMP_RSC_VDEV_LARGE in the copy, where the core passes it over, and
 * AMP_RSC_VDEV in the live table, where firmware looks for it: whatever type either had before. The driver of its
 * subnode may turn the type in the copy and back; no type is ever published.
 *
 *   word of the live table    writer   our private truth       may the remote lie?
 *   ver, incarnation, layout  remote   live_                   a lie looks like a restart: the link is made anew
 *   type of a vdev            both     live_                   as above; main: AMP_RSC_VDEV while the table is ours
 *   vring num, align          remote   the copy                not after take()
 *   vring da, notifyid        main     said_                   read by take() only, and bounded there
 *   gfeatures, status         main     said_                   a status that we did not write looks like a restart
 *   config space              both     copy, base              yes: opaque bytes
 *
 * Calls are serialized by the caller.
 */
template <typename Env> class Mirror {
public:
	// @copy and @base are private memory of @size bytes each.
	Mirror(Window live, u8 *copy, u8 *base, const amp_shm_limits &limits)
		: memory_(live), copy_(copy), base_(base), limits_(limits)
	{
	}

	// Copy and check the table. Again: there is none yet, or it is being built. BadTable: @complaint says why.
	Result<void> take(amp_shm_complaint &complaint)
	{
		Complaint why;
		at_ = {};
		auto taken = copy_in(why);

		if (taken.ok())
			taken = check_entries(why);
		if (taken.ok())
			taken = check_vdevs(why);
		if (taken.ok())
			hide_large();
		complaint = {why.for_c(), at_.entry, at_.vdev, at_.vring};
		return taken;
	}

	/*
	 * The same where the table is no remote's, but of firmware that we are about to start: @size bytes of it stand in
	 * the copy.
	 */
	Result<void> adopt(usize size, amp_shm_complaint &complaint)
	{
		Complaint why;

		at_ = {};
		claimed_ = false;
		auto adopted = shadow_.parse({copy_, size}, why);

		if (adopted.ok())
			adopted = check_entries(why);
		if (adopted.ok())
			adopted = check_vdevs(why);
		if (adopted.ok())
			hide_large();
		complaint = {why.for_c(), at_.entry, at_.vdev, at_.vring};
		return adopted;
	}

	/*
	 * After adopt(), and after the core has put its words into the copy: show it to the remote at @live, which has room
	 * for it. Again: the remote wrote there meanwhile.
	 */
	Result<void> lay(Window live)
	{
		auto *const version = reinterpret_cast<Shared<u32, Env> *>(live.va);
		Complaint ignored;

		claimed_ = false;
		AMP_TRY(shadow_.parse({copy_, live.size}, ignored));
		memory_ = live;
		version->put(0);
		Env::full_barrier(); // (C) a table that is being written is none
		Env::copy_out(live.va + sizeof(u32), copy_ + sizeof(u32), live.size - sizeof(u32));
		version->put_release(AMP_RSC_VERSION);
		if (!live_.parse(live, ignored).ok())
			return Fault::Again;
		return follow(ignored);
	}

	u32 size() const { return shadow_.size(); }
	u32 incarnation() const { return shadow_.incarnation(); }

	/*
	 * Make the table ours: whoever was the main before (we, before a reboot that nobody announced) is no more. True:
	 * there was one, and the remote may be using its rings until it notices.
	 */
	bool claim()
	{
		bool was_used = false;

		for (u32 i = 0; i < live_.vdevs(); i++) {
			auto live = live_.vdev(i).value();
			auto shadow = shadow_.vdev(i).value();

			was_used |= live.status() != 0;
			live.put_status(0);
			live.put_gfeatures(0);
			shadow.put_status(0);
			shadow.put_gfeatures(0);
			said_[i] = {};
			said_[i].built_type = live.type();
			for (u32 r = 0; r < shadow.vrings(); r++)
				said_[i].built[r] = said_[i].vring[r] = shadow.words(r);
			if (declared(i) && live.type() != AMP_RSC_VDEV)
				live_.retype(i, AMP_RSC_VDEV);
		}
		claimed_ = true;
		return was_used;
	}

	// What the core wrote since last time becomes visible to the remote. True: there was something.
	bool publish()
	{
		bool changed = false;

		for (u32 i = 0; claimed_ && i < shadow_.vdevs(); i++)
			changed |= publish_vdev(i);
		return changed;
	}

	// The remote's changes to config space since last time become visible to the core.
	void refresh()
	{
		for (u32 i = 0; claimed_ && i < shadow_.vdevs(); i++) {
			auto live = live_.vdev(i).value();
			auto shadow = shadow_.vdev(i).value();
			auto base = exchanged_.vdev(i).value();

			for (u32 at = 0; at < live.config_len(); at++) {
				u8 theirs = 0, last = 0;

				(void)live.read_config(at, &theirs, 1);
				(void)base.read_config(at, &last, 1);
				if (theirs == last)
					continue;
				(void)shadow.write_config(at, &theirs, 1);
				(void)base.write_config(at, &theirs, 1);
			}
		}
	}

	// Is the table that was claimed still there, and are its status words those that we wrote?
	amp_shm_sight look() const
	{
		bool ours = live_.unchanged();

		for (u32 i = 0; ours && claimed_ && i < live_.vdevs(); i++)
			ours = live_.vdev(i).value().status() == said_[i].status;
		if (ours)
			return AMP_SHM_INTACT;

		rsc::Table<Env> now;
		Complaint ignored;
		return now.parse(memory_, ignored).fault() == Fault::Again ? AMP_SHM_GONE : AMP_SHM_REBUILT;
	}

	/*
	 * Give the table back as the remote built it; one that is not ours any more stays untouched. True: the remote was
	 * using rings of ours, and may be until it notices.
	 */
	bool withdraw()
	{
		bool was_used = false;

		if (claimed_ && look() == AMP_SHM_INTACT) {
			for (u32 i = 0; i < live_.vdevs(); i++) {
				auto live = live_.vdev(i).value();

				was_used |= said_[i].status & AMP_VIRTIO_STATUS_DRIVER_OK;
				live.put_status(0);
				Env::full_barrier(); // (C) without a status the rest is void
				live.put_gfeatures(0);
				for (u32 r = 0; r < live.vrings(); r++) {
					live.put_vring_da(r, said_[i].built[r].da);
					live.put_vring_notifyid(r, said_[i].built[r].notifyid);
				}
				if (live.type() != said_[i].built_type)
					live_.retype(i, said_[i].built_type);
			}
		}
		claimed_ = false;
		return was_used;
	}

private:
	// What stands in the live table by our hand.
	struct Said {
		u8 status;
		u32 gfeatures;
		rsc::VringWords vring[rsc::kVringsMax];
		rsc::VringWords built[rsc::kVringsMax]; // before us
		u32 built_type;
	};

	Result<void> copy_in(Complaint &why)
	{
		claimed_ = false;
		const auto parsed = live_.parse(memory_, why);
		if (!parsed.ok()) {
			if (live_.entries())
				at_.entry = live_.slot();
			return parsed;
		}
		Env::copy_in(copy_, memory_.va, live_.size());
		AMP_TRY(shadow_.parse({copy_, live_.size()}, why));
		return follow(why);
	}

	// From the copy, what both ends had last. Again: the live table is not the one that was copied.
	Result<void> follow(Complaint &why)
	{
		Env::copy_in(base_, copy_, live_.size());
		AMP_TRY(exchanged_.parse({base_, live_.size()}, why));
		// Both must speak of the same table; a remote that builds one meanwhile rings when it is done.
		if (!live_.unchanged() || shadow_.vdevs() != live_.vdevs() ||
		    shadow_.incarnation() != live_.incarnation())
			return Fault::Again;
		for (u32 i = 0; i < live_.vdevs(); i++) {
			const auto live = live_.vdev(i).value();
			const auto shadow = shadow_.vdev(i).value();

			if (live.type() != shadow.type() || live.id() != shadow.id() ||
			    live.vrings() != shadow.vrings() || live.config_len() != shadow.config_len())
				return Fault::Again;
		}
		return {};
	}

	// What mainline would act on besides vdevs. The copy is private and its offsets are checked: plain reads.
	Result<void> check_entries(Complaint &why)
	{
		const auto *header = reinterpret_cast<const amp_rsc_header *>(copy_);

		for (u32 slot = 0; slot < header->num; slot++) {
			const u8 *entry = copy_ + header->offset[slot];
			const u32 type = *reinterpret_cast<const u32 *>(entry);

			at_.entry = slot;
			if (type == AMP_RSC_DEVMEM) {
				why = {"devmem, which takes an IOMMU; type of the entry, expected none of", type, type};
				return Fault::BadTable;
			}
			if (type == AMP_RSC_CARVEOUT &&
			    !known(reinterpret_cast<const amp_rsc_carveout *>(entry)->name)) {
				why = {"carveout by a name that memory-region-names lacks; its bytes, expected at most",
				       reinterpret_cast<const amp_rsc_carveout *>(entry)->len, 0};
				return Fault::BadTable;
			}
			if (type == AMP_RSC_TRACE && reinterpret_cast<const amp_rsc_trace *>(entry)->reserved) {
				why = {"reserved word of a trace entry, expected",
				       reinterpret_cast<const amp_rsc_trace *>(entry)->reserved, 0};
				return Fault::BadTable;
			}
		}
		at_ = {};
		return {};
	}

	// Mainline takes the name for a format string and allocates what it does not know.
	bool known(const u8 (&name)[AMP_RSC_NAME_SIZE]) const
	{
		for (u32 i = 0; i < limits_.name_count; i++) {
			const char *ours = limits_.names[i];
			u32 at = 0;

			while (at < AMP_RSC_NAME_SIZE && ours[at] && u8(ours[at]) == name[at])
				at++;
			if (at < AMP_RSC_NAME_SIZE && !ours[at] && !name[at])
				return true;
		}
		return false;
	}

	constexpr bool declared(u32 vdev) const { return limits_.declared >> vdev & 1; }

	// Does the core pass it over, and count on as if it were not there?
	static bool large(const rsc::VdevEntry<Env> &vdev)
	{
		return vdev.type() == AMP_RSC_VDEV_LARGE || vdev.vrings() > kMainlineVringsMax;
	}

	Result<void> check_vdevs(Complaint &why)
	{
		u32 bell = 0, passed_over = 0;

		for (u32 i = 0; i < shadow_.vdevs(); i++) {
			const auto vdev = shadow_.vdev(i).value();

			at_.vdev = i;
			at_.vring = AMP_SHM_NOWHERE;
			if (!declared(i))
				AMP_TRY(check_undeclared(vdev, passed_over, why));
			for (u32 r = 0; r < vdev.vrings(); r++) {
				at_.vring = r;
				const auto words = AMP_TRY(vdev.vring(r, why));
				AMP_TRY(check_align(words, why));
				if (large(vdev))
					continue;
				if (!declared(i)) {
					AMP_TRY(check_vring(i, r, words, why));
					AMP_TRY(check_bell(bell, why));
				}
				bell++;
			}
			passed_over += large(vdev);
		}
		at_ = {};
		return {};
	}

	Result<void> check_undeclared(const rsc::VdevEntry<Env> &vdev, u32 passed_over, Complaint &why) const
	{
		if (vdev.type() == AMP_RSC_VDEV_LARGE)
			return {}; // nobody's
		if (vdev.vrings() > kMainlineVringsMax)
			why = {"vrings of a vdev that no vdev@N node declares, mainline takes at most", vdev.vrings(),
			       kMainlineVringsMax};
		else if (passed_over)
			// The core would take it for one of a lower number.
			why = {"vdev that no vdev@N node declares, behind some that mainline passes over, expected",
			       passed_over, 0};
		else
			return {};
		return Fault::BadTable;
	}

	Result<void> check_align(const rsc::VringWords &words, Complaint &why) const
	{
		if (words.align <= limits_.page_size)
			return {};
		why = {"vring align, expected at most a page,", words.align, limits_.page_size};
		return Fault::BadTable;
	}

	Result<void> check_bell(u32 bell, Complaint &why) const
	{
		if (bell < 32 && limits_.bells >> bell & 1)
			return {};
		why = {"mbox-names lacks the vq for it; its number, counted from", bell, 0};
		return Fault::BadTable;
	}

	void hide_large()
	{
		for (u32 i = 0; i < shadow_.vdevs(); i++)
			if (large(shadow_.vdev(i).value()))
				shadow_.retype(i, AMP_RSC_VDEV_LARGE);
	}

	Result<void> check_vring(u32 vdev, u32 index, const rsc::VringWords &words, Complaint &why) const
	{
		const u32 slot = vdev * kMainlineVringsMax + index;
		const u32 da = slot < limits_.carveout_count ? limits_.carveouts[slot].da : 0;
		const u64 size = slot < limits_.carveout_count ? limits_.carveouts[slot].size : 0;
		const u64 page = limits_.page_size;
		const u64 need = (VringLayout::of(words.num, words.align).size + page - 1) & ~(page - 1);

		if (!size)
			why = {"vrings, but memory-region-names has no region for it; regions", slot + 1,
			       limits_.carveout_count};
		else if (words.da != AMP_RSC_ADDR_ANY && words.da != da)
			why = {"vring da, expected any or the start of its region at", words.da, da};
		else if (need > size)
			why = {"bytes for the vring, expected at most its region,", need, size};
		else
			return {};
		return Fault::BadTable;
	}

	bool publish_vdev(u32 index)
	{
		auto live = live_.vdev(index).value();
		auto shadow = shadow_.vdev(index).value();
		auto base = exchanged_.vdev(index).value();
		Said &said = said_[index];
		const u8 status = shadow.status();
		const u32 gfeatures = shadow.gfeatures();
		bool changed = status != said.status;

		// (C) A status without DRIVER_OK stands before anything else changes, ...
		if (changed && !(status & AMP_VIRTIO_STATUS_DRIVER_OK)) {
			live.put_status(status);
			Env::full_barrier();
		}
		if (gfeatures != said.gfeatures) {
			live.put_gfeatures(gfeatures);
			changed = true;
		}
		for (u32 r = 0; r < shadow.vrings(); r++) {
			const rsc::VringWords words = shadow.words(r);

			if (words == said.vring[r])
				continue;
			live.put_vring_da(r, words.da);
			live.put_vring_notifyid(r, words.notifyid);
			said.vring[r] = words;
			changed = true;
		}
		for (u32 at = 0; at < shadow.config_len(); at++) {
			u8 ours = 0, last = 0;

			(void)shadow.read_config(at, &ours, 1);
			(void)base.read_config(at, &last, 1);
			if (ours == last)
				continue;
			(void)live.write_config(at, &ours, 1);
			(void)base.write_config(at, &ours, 1);
			changed = true;
		}
		// ... and one with it when everything else is there.
		if (status != said.status && (status & AMP_VIRTIO_STATUS_DRIVER_OK))
			live.put_status(status);
		said.status = status;
		said.gfeatures = gfeatures;
		return changed;
	}

	Window memory_;
	u8 *copy_;
	u8 *base_;
	amp_shm_limits limits_;
	rsc::Table<Env> live_; // over the memory that the remote writes
	rsc::Table<Env> shadow_; // over the copy that mainline reads and writes
	rsc::Table<Env> exchanged_; // over the base: config space as both ends last had it
	Said said_[rsc::kVdevsMax] = {};
	struct {
		u32 entry = AMP_SHM_NOWHERE;
		u32 vdev = AMP_SHM_NOWHERE;
		u32 vring = AMP_SHM_NOWHERE;
	} at_; // what is being checked, for the message
	bool claimed_ = false;
};

} // namespace amp

#endif
