// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_SENDER_HPP
#define AMP_RPMSG_SENDER_HPP

#include <amp/rpmsg/frame.h>
#include <amp/rpmsg/frame.hpp>
#include <amp/vring/outbound.hpp>

namespace amp
{

/*
 * The transmitting direction of a link: RESERVE/WRITE/SUBMIT on whichever end of the ring we are. The caller serializes
 * everything but write(), which any number of senders may run at once, each on the buffer that it reserved.
 */
template <typename Env, TransmitEnd Ring> class Sender : public Outbound<Ring> {
public:
	// Header and payload into a reserved buffer; its length there. BadChain: submit() 0 and reserve another.
	Result<u32> write(u16 head, const amp_frame &frame, const void *payload, Complaint &complaint) const
	{
		__attribute__((uninitialized)) auto chain = this->ring_.writer(head); // see Receiver::copy()
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
	bool submit(u16 head, u32 written) { return this->hand_over(head, written, kRpmsgHeaderSize); }

	// Bytes of the buffer that reserve() would give; 0 where there is none, or it is bad.
	usize room()
	{
		const auto ready = this->ring_.ready();
		if (!ready.ok() || !ready.value())
			return 0;
		const auto head = this->ring_.peek();
		if (!head.ok())
			return 0;
		const auto room = this->ring_.writer(head.value()).room(kRpmsgBufferMax);
		return room.ok() ? room.value() : 0;
	}
};

} // namespace amp

#endif
