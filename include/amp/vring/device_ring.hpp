// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_DEVICE_RING_HPP
#define AMP_VRING_DEVICE_RING_HPP

#include <amp/vring/chain.hpp>
#include <amp/vring/layout.hpp>
#include <amp/vring/lent.hpp>

namespace amp
{

/*
 * Device end of a split vring whose driver is the other processor (virtio 1.2, 2.7.13 and 2.7.14 seen from the device).
 *
 *   word            writer  our private truth   may the peer lie?
 *   avail.idx       peer    next_avail_         yes: at most num() ahead, else the ring is bad
 *   avail.ring[i]   peer    lent_               yes: below num(), and not offered while we still hold it
 *   avail.flags     peer    -                   a hint: a lie costs the peer its own interrupt
 *   used_event      peer    -                   a hint, as above
 *   desc[]          peer    -                   yes: see Chain
 *   used.ring[i]    us      -                   never read back
 *   used.idx        us      published_          read back only to see that the driver made the ring anew
 *   used.flags, avail_event   us                never read back
 *
 * Barriers, each with its partner at the driver's end:
 *   (A) load-acquire of avail.idx        pairs with the driver's release of avail.idx: entry and descriptors are there
 *   (B) store-release of used.idx        pairs with the driver's acquire of used.idx: elements and data are there
 *   (C) full, between used.idx and the hint that decides on a kick   pairs with the driver's full barrier between its
 *       hint and its last look at used.idx: one of the two sees the other
 *   (D) full, between our hint and our last look at avail.idx        pairs with the driver's, as (C) mirrored
 *
 * One caller at a time. Nothing here waits, allocates or calls out.
 */
template <typename Env> class DeviceRing {
public:
	using Cursor = Chain<Env>;

	// How many words of private storage start() needs for a ring of @num.
	static constexpr usize words(u32 num) { return Lent::words(num); }

	/*
	 * Begin on a ring that the driver has made; @lent has words(num) words. The indices run on from where the
	 * device end left them, which need not be 0.
	 */
	Result<void> start(const amp_vring_memory &memory, const Regions &regions, bool event_idx, u32 *lent)
	{
		AMP_TRY(ring_.map(memory, complaint_));
		table_ = {ring_.desc, memory.num, regions};
		event_idx_ = event_idx;
		lent_.start(lent, num());
		// Every value is legal: indices are free-running, and this word is ours.
		published_ = next_used_ = next_avail_ = seen_ = kicked_ = ring_.used->idx.fetch().unchecked();
		AMP_TRY(ready());
		return {};
	}

	// The next buffer that the driver offers. Again: there is none. It is ours until give().
	Result<u16> take()
	{
		// What avail.idx showed once is there: within a batch it is looked at again only when that is used up.
		if (next_avail_ == seen_ && !AMP_TRY(ready()))
			return Fault::Again;
		const auto head = AMP_TRY(peek());
		lent_.flip(head);
		++next_avail_;
		return head;
	}

	// The buffer that take() would return, left where it is. Only where ready() is not 0.
	Result<u16> peek()
	{
		const auto entry = ring_.avail_ring[next_avail_ & (num() - 1)].fetch();
		const auto bounded = entry.below(u16(num()), Fault::BadRing);
		if (!bounded.ok())
			return complain("offered head, expected below", entry.unchecked(), num());
		const auto head = u16(Env::confine(bounded.value(), num()));
		if (lent_.has(head)) // giving it back twice would corrupt the driver
			return complain("head offered while it was still taken; ring size", head, num());
		return head;
	}

	// How many buffers the driver offers.
	Result<u16> ready()
	{
		const auto idx = ring_.avail->idx.fetch_acquire(); // (A)
		const auto ahead = idx.ahead_of(next_avail_, u16(num()), Fault::BadRing);
		if (!ahead.ok())
			return complain("avail.idx runs ahead by more than the ring size; we stand at", idx.unchecked(),
					next_avail_);
		seen_ = idx.unchecked();
		return ahead;
	}

	// A walk through the buffer @head, which take() or peek() returned.
	Cursor reader(u16 head) const { return {table_, head, Access::Read}; }
	Cursor writer(u16 head) const { return {table_, head, Access::Write}; }

	// Return a taken buffer into which we wrote @written bytes. The driver sees it after publish().
	void give(u16 head, u32 written)
	{
		auto &element = ring_.used_ring[next_used_ & (num() - 1)];

		lent_.flip(head);
		element.id.put(head);
		element.len.put(written);
		++next_used_;
	}
	void publish()
	{
		published_ = next_used_;
		ring_.used->idx.put_release(published_); // (B)
	}

	// Whether the driver wants a kick for what was published since the last call.
	bool kick_needed()
	{
		const u16 before = kicked_;

		if (published_ == before)
			return false;
		kicked_ = published_;
		Env::full_barrier(); // (C)
		if (event_idx_)
			return passes_event(ring_.used_event->fetch().unchecked(), published_, before);
		return !ring_.avail->flags.fetch().has(AMP_VRING_AVAIL_NO_INTERRUPT);
	}

	// Ask the driver to kick us for its next buffer. True: there are some already, do not wait.
	bool listen()
	{
		if (event_idx_)
			ring_.avail_event->put(next_avail_);
		else
			ring_.used->flags.put(0);
		Env::full_barrier(); // (D)
		return !ring_.avail->idx.fetch_acquire().is(next_avail_);
	}
	/*
	 * Tell the driver that we look by ourselves. With EVENT_IDX the event just stays behind. What was seen before is
	 * looked at again: the driver may have made the ring anew meanwhile.
	 */
	void hush()
	{
		seen_ = next_avail_;
		if (!event_idx_)
			ring_.used->flags.put(AMP_VRING_USED_NO_NOTIFY);
	}

	// used.idx is ours: another value there means that the driver made the ring anew.
	bool remade() const { return !ring_.used->idx.fetch().is(published_); }

	u32 num() const { return table_.num; }
	// What was wrong, after BadRing.
	const Complaint &complaint() const { return complaint_; }

private:
	Fault complain(const char *what, u64 value, u64 limit)
	{
		complaint_ = {what, value, limit};
		return Fault::BadRing;
	}

	Vring<Env> ring_;
	typename Cursor::Table table_;
	Lent lent_;
	u16 next_avail_ = 0;
	u16 seen_ = 0; // avail.idx, as last bounded
	u16 next_used_ = 0;
	u16 published_ = 0;
	u16 kicked_ = 0;
	bool event_idx_ = false;
	Complaint complaint_;
};

} // namespace amp

#endif
