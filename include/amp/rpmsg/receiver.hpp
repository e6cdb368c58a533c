// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_RECEIVER_HPP
#define AMP_RPMSG_RECEIVER_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>
#include <amp/rpmsg/frame.h>
#include <amp/rpmsg/frame.hpp>
#include <amp/vring/ring_end.hpp>

namespace amp
{

/*
 * The receiving direction of a link: PEEK/READ/RELEASE on whichever end of the ring we are. A message is copied out of
 * shared memory once, whole, and its buffer goes back at once: what the endpoint sees can change no more, and a slow
 * endpoint holds no buffer of the peer's. One caller at a time.
 */
template <typename Env, ReceiveEnd Ring> class Receiver {
public:
	struct Counters {
		u64 messages = 0;
		u64 bytes = 0; // of payload
		u64 bad_buffers = 0; // returned unread: chain, header or length wrong
		u64 kicks = 0;
		u64 kicks_saved = 0; // the peer did not ask
	};

	Ring &ring() { return ring_; }
	const Ring &ring() const { return ring_; }

	/*
	 * The next message: into @frame and, @room bytes at most, @payload. Again: none. BadChain: one was dropped and
	 * counted, go on. BadRing: the ring is dead.
	 */
	Result<void> receive(amp_frame &frame, void *payload, usize room)
	{
		const u16 head = AMP_TRY(take());
		const auto copied = copy(head, frame, payload, room);

		ring_.give(head, 0);
		if (copied.ok()) {
			counters_.messages++;
			counters_.bytes += frame.len;
		} else {
			counters_.bad_buffers++;
		}
		return copied;
	}

	// Let the peer see the buffers that came back. True: kick it.
	bool publish()
	{
		ring_.publish();
		return count_kick(ring_.kick_needed());
	}

	const Counters &counters() const { return counters_; }
	const Complaint &complaint() const { return complaint_; }

private:
	Result<u16> take()
	{
		const auto head = ring_.take();
		if (head.fault() == Fault::BadRing)
			complaint_ = ring_.complaint();
		return head;
	}

	Result<void> copy(u16 head, amp_frame &frame, void *payload, usize room)
	{
		// Built whole where they are made: kernels that zero every variable would call memset() for each message.
		__attribute__((uninitialized)) auto chain = ring_.reader(head);
		__attribute__((uninitialized)) FrameHeader<Env> header;

		if (const auto read = chain.read(&header.raw, kRpmsgHeaderSize); !read.ok()) {
			complaint_ = chain.complaint();
			return read;
		}
		if (header.len() > room) {
			complaint_ = {"payload length in the header, expected at most", header.len(), room};
			return Fault::BadChain;
		}
		if (const auto read = chain.read(payload, header.len()); !read.ok()) {
			complaint_ = chain.complaint();
			return read;
		}
		frame = {header.src(), header.dst(), header.len(), header.flags()};
		return {};
	}

	bool count_kick(bool needed)
	{
		needed ? counters_.kicks++ : counters_.kicks_saved++;
		return needed;
	}

	Ring ring_;
	Counters counters_;
	Complaint complaint_;
};

} // namespace amp

#endif
