// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_RECEIVER_HPP
#define AMP_RPMSG_RECEIVER_HPP

#include <amp/rpmsg/frame.h>
#include <amp/rpmsg/frame.hpp>
#include <amp/vring/inbound.hpp>

namespace amp
{

// The receiving direction of a link.
template <typename Env, ReceiveEnd Ring> class Receiver : public Inbound<Ring> {
public:
	/*
	 * The next message: into @frame and, @room bytes at most, @payload. Again: none. BadChain: one was dropped and
	 * counted, go on. BadRing: the ring is dead.
	 */
	Result<void> receive(amp_frame &frame, void *payload, usize room)
	{
		const u16 head = AMP_TRY(this->take());
		const auto copied = copy(head, frame, payload, room);

		this->give_back(head, copied.ok(), frame.len);
		return copied;
	}

private:
	Result<void> copy(u16 head, amp_frame &frame, void *payload, usize room)
	{
		// Built whole where they are made: kernels that zero every variable would call memset() for each message.
		__attribute__((uninitialized)) auto chain = this->ring_.reader(head);
		__attribute__((uninitialized)) FrameHeader<Env> header;

		if (const auto read = chain.read(&header.raw, kRpmsgHeaderSize); !read.ok()) {
			this->complaint_ = chain.complaint();
			return read;
		}
		if (header.len() > room) {
			this->complaint_ = {"payload length in the header, expected at most", header.len(), room};
			return Fault::BadChain;
		}
		if (const auto read = chain.read(payload, header.len()); !read.ok()) {
			this->complaint_ = chain.complaint();
			return read;
		}
		frame = {header.src(), header.dst(), header.len(), header.flags()};
		return {};
	}
};

} // namespace amp

#endif
