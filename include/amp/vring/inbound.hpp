// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_INBOUND_HPP
#define AMP_VRING_INBOUND_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>
#include <amp/vring/ring_end.hpp>

namespace amp
{

/*
 * What every way in has, whatever stands in its buffers: PEEK/READ/RELEASE on whichever end of the ring we are. A
 * message is copied out of shared memory once, whole, and its buffer goes back at once: what was copied can change no
 * more, and whoever is slow holds no buffer of the peer's. One caller at a time.
 */
template <ReceiveEnd Ring> class Inbound {
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

	// Let the peer see the buffers that came back. True: kick it.
	bool publish()
	{
		ring_.publish();
		const bool needed = ring_.kick_needed();
		needed ? counters_.kicks++ : counters_.kicks_saved++;
		return needed;
	}

	const Counters &counters() const { return counters_; }
	const Complaint &complaint() const { return complaint_; }

protected:
	Result<u16> take()
	{
		const auto head = ring_.take();
		if (head.fault() == Fault::BadRing)
			complaint_ = ring_.complaint();
		return head;
	}

	void give_back(u16 head, bool good, usize bytes)
	{
		ring_.give(head, 0);
		if (good) {
			counters_.messages++;
			counters_.bytes += bytes;
		} else {
			counters_.bad_buffers++;
		}
	}

	Ring ring_;
	Complaint complaint_;

private:
	Counters counters_;
};

} // namespace amp

#endif
