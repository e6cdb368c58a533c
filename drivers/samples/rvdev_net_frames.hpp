// SPDX-License-Identifier: GPL-2.0-only
#ifndef RVDEV_NET_FRAMES_HPP
#define RVDEV_NET_FRAMES_HPP

#include <uapi/amp/virtio_net.h>

#include "rvdev_rings.hpp"

namespace amp
{

/*
 * Ethernet frames through the device end of a virtio network device (virtio 1.2, 5.1): no offloads, so that a frame is
 * whole and its header says nothing. What the main sends is copied before it is looked at.
 *
 *   word                        writer  may the peer lie?
 *   header.flags, gso_type      main    yes: anything but 0 is an offload that was not negotiated, the frame is dropped
 *   the other words of it       main    not looked at
 *   size of the frame           main    yes: it ends with its buffer; from an Ethernet header up to what we have room for
 */
template <typename Env> class NetFrames {
public:
	static_assert(sizeof(amp_virtio_net_header) == 12);

	Result<void> start(const amp_rvdev_rings &rings, amp_rvdev_complaint &complaint)
	{
		AMP_TRY(to_main_.start(rings, AMP_VIRTIO_NET_RECEIVEQ, complaint));
		AMP_TRY(from_main_.start(rings, AMP_VIRTIO_NET_TRANSMITQ, complaint));
		mergeable_ = rings.features & 1u << AMP_VIRTIO_NET_F_MRG_RXBUF;
		to_main_.ring().hush(); // listens only while a frame waits for a buffer
		return {};
	}

	bool intact() const { return !to_main_.ring().remade() && !from_main_.ring().remade(); }

	// The next frame; its size. BadChain: one was dropped, go on.
	Result<usize> receive(void *to, usize room)
	{
		amp_virtio_net_header header;
		const auto received = from_main_.receive(&header, header_size(), to, room);

		if (!received.ok()) {
			complaint_ = from_main_.complaint();
			return received;
		}
		const usize size = received.value();
		if (header.flags || header.gso_type != AMP_VIRTIO_NET_GSO_NONE)
			return refuse("flags and gso_type of a frame, expected", header.flags | header.gso_type << 8,
				      0);
		if (size < kEthernetHeader)
			return refuse("bytes of a frame, expected at least", size, kEthernetHeader);
		return size;
	}

	// True: kick the main. Again: it has no buffer for us.
	Result<bool> send(const void *frame, usize size)
	{
		amp_virtio_net_header header = {};

		header.num_buffers = Env::wire(u16(1));
		return AMP_TRY(to_main_.send(&header, header_size(), frame, size)).kick;
	}

	PacketsToMain<Env> &to_main() { return to_main_; }
	PacketsFromMain<Env> &from_main() { return from_main_; }

	// What was wrong, after BadChain or BadRing of receive(); what is wrong the other way, to_main() says.
	const Complaint &complaint() const { return complaint_; }

private:
	static constexpr usize kEthernetHeader = 14;

	usize header_size() const
	{
		return mergeable_ ? sizeof(amp_virtio_net_header) : sizeof(amp_virtio_net_header) - sizeof(u16);
	}

	Fault refuse(const char *what, u64 value, u64 limit)
	{
		complaint_ = {what, value, limit};
		return Fault::BadChain;
	}

	PacketsToMain<Env> to_main_;
	PacketsFromMain<Env> from_main_;
	Complaint complaint_;
	bool mergeable_ = false;
};

} // namespace amp

#endif
