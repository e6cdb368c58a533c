// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_DRIVER_RING_HPP
#define AMP_VRING_DRIVER_RING_HPP

#include <amp/vring/buffer.hpp>
#include <amp/vring/chain.hpp>
#include <amp/vring/layout.hpp>
#include <amp/vring/lent.hpp>

namespace amp
{

// Memory for the buffers of one ring, @buffer_size bytes each, one after the other.
struct BufferPool {
	amp_region region;
	u32 buffer_size;
};

/*
 * Driver end of a split vring whose device is the other processor (virtio 1.2, 2.7.13 and 2.7.14), with the buffers
 * that it offers. Descriptor i stands for buffer i for ever; there are as many as fit both ring and pool. @kDevice says
 * what the device does with them, and so which of the two rings of a link this is:
 *
 *   Access::Read    to the peer    take() finds a free buffer, give() offers what was written to it
 *   Access::Write   from the peer  all are offered at start; take() finds a filled one, give() offers it again
 *
 *   word            writer  our private truth   may the peer lie?
 *   used.idx        peer    next_used_          yes: no further than what was published
 *   used.ring[i]    peer    lent_               yes: id below buffers_, and one that the device has
 *                           filled_             yes: len at most the size of a buffer, else that buffer is bad
 *   used.flags      peer    -                   a hint: a lie costs the peer its own interrupt
 *   avail_event     peer    -                   a hint, as above
 *   avail.ring[i]   us      -                   never read back
 *   avail.idx       us      published_          never read back
 *   desc[]          us      pool_               never read back
 *   avail.flags, used_event   us                never read back
 *
 * Barriers, lettered as their partners in DeviceRing:
 *   (A) store-release of avail.idx       entry, descriptor and data before the index that shows them
 *   (B) load-acquire of used.idx         element and data after the index that shows them
 *   (C) full, between our hint and our last look at used.idx
 *   (D) full, between avail.idx and the hint that decides on a kick
 *
 * One caller at a time. Nothing here waits, allocates or calls out.
 */
template <typename Env, Access kDevice> class DriverRing {
	static constexpr bool kToPeer = kDevice == Access::Read;

public:
	using Cursor = Buffer<Env>;

	// How many words of private storage start() needs for a ring of @num.
	static constexpr usize words(u32 num) { return Lent::words(num) + num; }

	/*
	 * Make a new ring: what stood in @memory is gone, and a device that still runs on it has to be told. @storage
	 * has words(num) words and stays ours. BadRing: the memory cannot hold such a ring; Invalid: the pool holds no
	 * buffer.
	 */
	Result<void> start(const amp_vring_memory &memory, const BufferPool &pool, bool event_idx, u32 *storage)
	{
		AMP_TRY(ring_.map(memory, complaint_));
		const usize fit = pool.buffer_size ? pool.region.size / pool.buffer_size : 0;
		if (!fit) {
			complaint_ = {"bytes of memory for buffers, expected at least", pool.region.size,
				      pool.buffer_size};
			return Fault::Invalid;
		}
		num_ = memory.num;
		buffers_ = u32(min(fit, usize(num_)));
		pool_ = pool;
		event_idx_ = event_idx;
		lent_.start(storage, num_);
		heads_ = storage + Lent::words(num_);
		next_used_ = seen_ = next_avail_ = published_ = kicked_ = 0;
		make();
		for (u32 i = 0; i < buffers_; i++) {
			if constexpr (kToPeer)
				heads_[i] = buffers_ - 1 - i;
			else
				give(u16(i), 0);
		}
		idle_ = kToPeer ? buffers_ : 0;
		if constexpr (!kToPeer)
			publish();
		return {};
	}

	/*
	 * To the peer: a buffer to write to, unused ones first. From the peer: one that it has filled. Again: there is
	 * none. It is ours until give().
	 */
	Result<u16> take()
	{
		if constexpr (kToPeer) {
			if (idle_)
				return u16(heads_[--idle_]);
		}
		if (next_used_ == seen_ && !AMP_TRY(returned()))
			return Fault::Again;
		const auto head = AMP_TRY(peek_returned());
		if constexpr (!kToPeer)
			heads_[head] = next_element().len.fetch().unchecked(); // bounded by reader()
		lent_.flip(head);
		++next_used_;
		return head;
	}

	// The buffer that take() would return, left where it is. Only where ready() is not 0.
	Result<u16> peek()
	{
		if constexpr (kToPeer) {
			if (idle_)
				return u16(heads_[idle_ - 1]);
		}
		return peek_returned();
	}

	// How many buffers take() would return.
	Result<u16> ready()
	{
		const u16 more = AMP_TRY(returned());
		return u16(kToPeer ? more + idle_ : more);
	}

	// A walk through what the device wrote to the buffer @head, which take() returned.
	Cursor reader(u16 head) const requires(!kToPeer)
	{
		const u32 filled = heads_[head];

		if (filled > pool_.buffer_size)
			return Cursor(Complaint{"used.len, expected at most", filled, pool_.buffer_size});
		return {at(head), filled};
	}
	// A walk through the buffer @head, which take() returned.
	Cursor writer(u16 head) const requires(kToPeer) { return {at(head), pool_.buffer_size}; }

	/*
	 * Offer a taken buffer: @written bytes to the peer (0: nothing to offer, it is free again), or the whole of it
	 * for the peer to fill. The device sees it after publish().
	 */
	void give(u16 head, u32 written)
	{
		if constexpr (kToPeer) {
			if (!written) {
				heads_[idle_++] = head;
				return;
			}
			offer(head, written);
		}
		lent_.flip(head);
		ring_.avail_ring[next_avail_ & (num_ - 1)].put(head);
		++next_avail_;
	}
	void publish()
	{
		published_ = next_avail_;
		ring_.avail->idx.put_release(published_); // (A)
	}

	// Whether the device wants a kick for what was published since the last call.
	bool kick_needed()
	{
		const u16 before = kicked_;

		if (published_ == before)
			return false;
		kicked_ = published_;
		Env::full_barrier(); // (D)
		if (event_idx_)
			return passes_event(ring_.avail_event->fetch().unchecked(), published_, before);
		return !ring_.used->flags.fetch().has(AMP_VRING_USED_NO_NOTIFY);
	}

	// Ask the device to kick us for the next buffer it returns. True: there are some already, do not wait.
	bool listen()
	{
		if (event_idx_)
			ring_.used_event->put(next_used_);
		else
			ring_.avail->flags.put(0);
		Env::full_barrier(); // (C)
		return !ring_.used->idx.fetch_acquire().is(next_used_);
	}
	// Tell the device that we look by ourselves. With EVENT_IDX the event just stays behind.
	void hush()
	{
		if (!event_idx_)
			ring_.avail->flags.put(AMP_VRING_AVAIL_NO_INTERRUPT);
	}

	u32 num() const { return num_; }
	// What was wrong, after BadRing.
	const Complaint &complaint() const { return complaint_; }

private:
	auto &next_element() const { return ring_.used_ring[next_used_ & (num_ - 1)]; }

	// A look at used.idx. What it showed once is there, so that take() looks again only when that is used up.
	Result<u16> returned()
	{
		const auto idx = ring_.used->idx.fetch_acquire(); // (B)
		const auto ahead = idx.ahead_of(next_used_, u16(published_ - next_used_), Fault::BadRing);
		if (!ahead.ok())
			return complain("used.idx runs ahead of avail.idx, which stands at", idx.unchecked(),
					published_);
		seen_ = idx.unchecked();
		return ahead;
	}

	Result<u16> peek_returned()
	{
		const auto id = next_element().id.fetch();
		const auto bounded = id.below(buffers_, Fault::BadRing);
		if (!bounded.ok())
			return complain("returned head, expected below", id.unchecked(), buffers_);
		const auto head = u16(Env::confine(bounded.value(), buffers_));
		if (!lent_.has(head)) // taking it twice would offer it twice
			return complain("head returned that the device does not have; buffers", head, buffers_);
		return head;
	}

	// Every word of the ring, as a device expects to find it after a reset.
	void make()
	{
		for (u32 i = 0; i < num_; i++) {
			if (i < buffers_)
				offer(u16(i), pool_.buffer_size);
			else
				ring_.desc[i].put(0, 0, 0);
			ring_.avail_ring[i].put(0);
			ring_.used_ring[i].id.put(0);
			ring_.used_ring[i].len.put(0);
		}
		ring_.avail->flags.put(0);
		ring_.avail->idx.put(0);
		ring_.used_event->put(0);
		ring_.used->flags.put(0);
		ring_.used->idx.put(0);
		ring_.avail_event->put(0);
	}

	// Descriptor @head stands for @len bytes of its buffer.
	void offer(u16 head, u32 len)
	{
		ring_.desc[head].put(pool_.region.da + u64(head) * pool_.buffer_size, len,
				     kToPeer ? 0 : AMP_VRING_DESC_WRITE);
	}

	u8 *at(u16 head) const { return static_cast<u8 *>(pool_.region.va) + usize(head) * pool_.buffer_size; }

	Fault complain(const char *what, u64 value, u64 limit)
	{
		complaint_ = {what, value, limit};
		return Fault::BadRing;
	}

	Vring<Env> ring_;
	BufferPool pool_{};
	Lent lent_; // heads that the device has
	u32 *heads_ = nullptr; // to the peer: a stack of idle heads; from the peer: used.len of each head
	u32 num_ = 0;
	u32 buffers_ = 0;
	u32 idle_ = 0;
	u16 next_avail_ = 0;
	u16 next_used_ = 0;
	u16 seen_ = 0; // used.idx, as last bounded
	u16 published_ = 0;
	u16 kicked_ = 0;
	bool event_idx_ = false;
	Complaint complaint_;
};

template <typename Env> using DriverTxRing = DriverRing<Env, Access::Read>;
template <typename Env> using DriverRxRing = DriverRing<Env, Access::Write>;

} // namespace amp

#endif
