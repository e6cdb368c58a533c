// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_OUTBOUND_HPP
#define AMP_VRING_OUTBOUND_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>
#include <amp/vring/ring_end.hpp>

namespace amp
{

// What every way out has, whatever stands in its buffers: RESERVE and SUBMIT on whichever end of the ring we are.
template <TransmitEnd Ring> class Outbound {
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

	const Counters &counters() const { return counters_; }
	const Complaint &complaint() const { return complaint_; }

protected:
	// A reserved buffer with @written bytes in it, of which @header are not payload; 0: empty. True: kick the peer.
	bool hand_over(u16 head, u32 written, u32 header)
	{
		if (written && written >= header) {
			counters_.messages++;
			counters_.bytes += written - header;
		} else {
			counters_.bad_buffers++;
		}
		ring_.give(head, written);
		ring_.publish();
		const bool needed = ring_.kick_needed();
		needed ? counters_.kicks++ : counters_.kicks_saved++;
		return needed;
	}

	Ring ring_;
	Complaint complaint_;

private:
	Counters counters_;
};

} // namespace amp

#endif
