// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_SENDER_HPP
#define AMP_RPMSG_SENDER_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>
#include <amp/rpmsg/frame.h>
#include <amp/rpmsg/frame.hpp>
#include <amp/vring/ring_end.hpp>

namespace amp
{

/*
 * The transmitting direction of a link: RESERVE/WRITE/SUBMIT on whichever end of the ring we are. The caller serializes
 * everything but write(), which any number of senders may run at once, each on the buffer that it reserved.
 */
template <typename Env, TransmitEnd Ring> class Sender {
public:
	struct Counters {
		u64 messages = 0;
		u64 bytes = 0; // of payload
		u64 bad_buffers = 0; // the peer offered one that we could not fill; it went back empty
		u64 kicks = 0;
		u64 kicks_saved = 0; // the peer did not ask
	};

	Ring &ring() { return ring_; }
	const Ring &ring() const { return ring_; }

	/*
	 * A buffer to write to. Again: the peer has given none back yet. Looks at the ring's index each time: messages go
	 * out one by one, and a peer that made the ring anew in between is seen before its buffers are written to.
	 */
	Result<u16> reserve()
	{
		const auto head = ring_.ready().ok() ? ring_.take() : Result<u16>(Fault::BadRing);
		if (head.fault() == Fault::BadRing)
			complaint_ = ring_.complaint();
		return head;
	}

	// Header and payload into a reserved buffer; its length there. BadChain: submit() 0 and reserve another.
	Result<u32> write(u16 head, const amp_frame &frame, const void *payload, Complaint &complaint) const
	{
		__attribute__((uninitialized)) auto chain = ring_.writer(head); // see Receiver::copy()
		const auto header = FrameHeader<Env>::make(frame.src, frame.dst, frame.len, frame.flags);
		auto written = chain.write(&header.raw, kRpmsgHeaderSize);

		if (written.ok())
			written = chain.write(payload, frame.len);
		if (!written.ok()) {
			complaint = chain.complaint();
			return written.fault();
		}
		return u32(kRpmsgHeaderSize + frame.len);
	}

	// Hand over what write() returned; 0 returns the buffer empty. True: kick the peer.
	bool submit(u16 head, u32 written)
	{
		if (written >= kRpmsgHeaderSize) {
			counters_.messages++;
			counters_.bytes += written - kRpmsgHeaderSize;
		} else {
			counters_.bad_buffers++;
		}
		ring_.give(head, written);
		ring_.publish();
		const bool needed = ring_.kick_needed();
		needed ? counters_.kicks++ : counters_.kicks_saved++;
		return needed;
	}

	// Bytes of the buffer that reserve() would give; 0 where there is none, or it is bad.
	usize room()
	{
		const auto ready = ring_.ready();
		if (!ready.ok() || !ready.value())
			return 0;
		const auto head = ring_.peek();
		if (!head.ok())
			return 0;
		const auto room = ring_.writer(head.value()).room(kRpmsgBufferMax);
		return room.ok() ? room.value() : 0;
	}

	const Counters &counters() const { return counters_; }
	const Complaint &complaint() const { return complaint_; }

private:
	Ring ring_;
	Counters counters_;
	Complaint complaint_;
};

} // namespace amp

#endif
