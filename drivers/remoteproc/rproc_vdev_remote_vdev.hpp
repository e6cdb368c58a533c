// SPDX-License-Identifier: GPL-2.0-only
#ifndef RPROC_VDEV_REMOTE_VDEV_HPP
#define RPROC_VDEV_REMOTE_VDEV_HPP

#include <amp/rsc/table.hpp>

#define _Bool bool
#include "rproc_vdev_link.h"

namespace amp::rsc
{

/*
 * A vdev whose device end is this Linux: where it stands between the main's status word and its own driver.
 *
 *   Down    --(DRIVER_OK, and what the main set up is sound)-->  Up
 *   Down    --(DRIVER_OK, but it is not)---------------------->  Broken
 *   Up      --(status left DRIVER_OK, rings made anew)-------->  Down
 *   Up      --(its driver gave a ring up)--------------------->  Broken
 *   Broken  --(status left DRIVER_OK, or anything that the main sets up changed)--> Down
 *
 * The main may pass through a reset between two looks. Up, the driver sees that from the rings. Broken, nobody works
 * the rings, so used.flags, which is ours, gets NO_NOTIFY: the main need not kick, and a new ring has the word cleared.
 */
template <typename Env> class RemoteVdev {
public:
	void init(const amp_vdev_plan *plan)
	{
		plan_ = plan;
		regions_ = Regions(plan->regions, plan->num_regions);
	}

	// The table was parsed: this is our entry, until lose().
	void find(const VdevEntry<Env> &entry)
	{
		entry_ = entry;
		found_ = true;
		status_ = 0;
	}
	void lose() { found_ = false; }

	amp_vdev_news look(bool intact, bool fault)
	{
		amp_vdev_news news = {};

		news.complaint.vring = -1;
		if (!found_) {
			leave(news, "the resource table was taken away or written anew", State::Down);
			return news;
		}
		const u8 status = entry_.status();

		news.status = status;
		news.status_changed = status != status_;
		news.changing = status && !driver_ok(status) && !(status & AMP_VIRTIO_STATUS_FAILED);
		status_ = status;
		switch (state_) {
		case State::Up:
			if (!driver_ok(status)) {
				leave(news, why_not_ok(status), State::Down);
			} else if (!intact || setup() != setup_) {
				leave(news, "the main made its rings anew", State::Down);
				news.again = true;
			} else if (fault) {
				leave(news, "a ring is broken, until the main resets or makes it anew", State::Broken);
			}
			break;
		case State::Broken:
			if (!driver_ok(status) || snapshot() != broken_) {
				state_ = State::Down;
				news.again = driver_ok(status);
			}
			break;
		case State::Down:
			if (driver_ok(status))
				accept(news);
			break;
		}
		return news;
	}

	void mark()
	{
		state_ = State::Broken;
		broken_ = snapshot();
		for (u32 i = 0; i < entry_.vrings(); i++) {
			Vring<Env> ring;
			Complaint unused;

			if (!memory_[i].va || !ring.map(memory_[i], unused).ok())
				continue;
			ring.used->flags.put(kMark);
			broken_.used_flags[i] = kMark; // not read back: the main may be making the ring anew
		}
		Env::full_barrier();
	}

	bool vring(u32 index, amp_vring_memory *memory) const
	{
		if (index >= entry_.vrings() || !memory_[index].va)
			return false;
		*memory = memory_[index];
		return true;
	}
	const VdevEntry<Env> *entry() const { return found_ ? &entry_ : nullptr; }
	VdevEntry<Env> *entry() { return found_ ? &entry_ : nullptr; }
	amp_vdev_state state() const { return static_cast<amp_vdev_state>(state_); }

private:
	enum class State : u8 { Down = AMP_VDEV_DOWN, Up = AMP_VDEV_UP, Broken = AMP_VDEV_BROKEN };

	static constexpr u16 kMark = AMP_VRING_USED_NO_NOTIFY;

	// What the main sets up before DRIVER_OK.
	struct Setup {
		u32 features = 0;
		VringWords vring[kVringsMax] = {};

		constexpr bool operator==(const Setup &) const = default;
	};
	// And, where nobody works the rings, the words of theirs that are ours.
	struct Snapshot {
		Setup setup;
		u16 used_idx[kVringsMax] = {};
		u16 used_flags[kVringsMax] = {};

		constexpr bool operator==(const Snapshot &) const = default;
	};

	static constexpr bool driver_ok(u8 status)
	{
		return (status & AMP_VIRTIO_STATUS_DRIVER_OK) && !(status & AMP_VIRTIO_STATUS_FAILED);
	}
	static constexpr const char *why_not_ok(u8 status)
	{
		if (!status)
			return "the main reset it";
		if (status & AMP_VIRTIO_STATUS_FAILED)
			return "the main gave up on it";
		return "the main took DRIVER_OK back";
	}

	void leave(amp_vdev_news &news, const char *why, State to)
	{
		if (state_ == State::Up) {
			news.action = AMP_VDEV_GO_DOWN;
			news.why = why;
			news.mark = to == State::Broken;
		}
		state_ = to;
	}

	Setup setup() const
	{
		Setup now;

		now.features = entry_.gfeatures();
		for (u32 i = 0; i < entry_.vrings(); i++)
			now.vring[i] = entry_.words(i);
		return now;
	}
	Snapshot snapshot() const
	{
		Snapshot now;

		now.setup = setup();
		if (state_ != State::Broken)
			return now;
		for (u32 i = 0; i < entry_.vrings(); i++) {
			Vring<Env> ring;
			Complaint unused;

			if (!memory_[i].va || !ring.map(memory_[i], unused).ok())
				continue;
			now.used_idx[i] = ring.used->idx.fetch().unchecked();
			now.used_flags[i] = ring.used->flags.fetch().unchecked();
		}
		return now;
	}

	// The main has set DRIVER_OK: go up on what it set up, or refuse it.
	void accept(amp_vdev_news &news)
	{
		Complaint complaint;
		u32 ring = 0;

		for (auto &memory : memory_)
			memory = {};
		setup_ = setup();
		if (setup_.features & ~plan_->features) {
			complaint = {"features taken by the main, expected none outside of", setup_.features,
				     plan_->features};
			news.complaint.vring = -1;
		} else {
			while (ring < entry_.vrings() && accept_ring(ring, complaint).ok())
				ring++;
			if (ring == entry_.vrings()) {
				state_ = State::Up;
				news.action = AMP_VDEV_GO_UP;
				news.features = setup_.features;
				return;
			}
			news.complaint.vring = int(ring);
		}
		news.refused = true;
		news.complaint.complaint = complaint.for_c();
		state_ = State::Broken;
		broken_ = snapshot();
	}

	// From our copy of its words in setup_; nothing is read again.
	Result<void> accept_ring(u32 index, Complaint &complaint)
	{
		const VringWords &words = setup_.vring[index];

		AMP_TRY(bounded(words, complaint));
		if (words.da % sizeof(amp_vring_desc)) {
			complaint = {"vring da, expected a multiple of", words.da, sizeof(amp_vring_desc)};
			return Fault::BadTable;
		}
		const auto size = VringLayout::of(words.num, words.align).size;
		const auto window = regions_.translate(words.da, size, Fault::BadTable);
		if (!window.ok()) {
			complaint = {"vring da, expected in the regions of the vdev with room for bytes", words.da,
				     size};
			return Fault::BadTable;
		}
		const amp_vring_memory memory = {window.value().va, window.value().size, words.num, words.align};
		Vring<Env> ring;
		AMP_TRY(ring.map(memory, complaint));
		memory_[index] = memory;
		return {};
	}

	const amp_vdev_plan *plan_ = nullptr;
	Regions regions_;
	VdevEntry<Env> entry_;
	bool found_ = false;
	State state_ = State::Down;
	u8 status_ = 0;
	Setup setup_; // what Up was entered on
	Snapshot broken_; // what Broken was entered on
	amp_vring_memory memory_[kVringsMax] = {};
};

} // namespace amp::rsc

#endif
