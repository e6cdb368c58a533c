// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_PACKETS_HPP
#define AMP_VRING_PACKETS_HPP

#include <amp/vring/inbound.hpp>
#include <amp/vring/outbound.hpp>

namespace amp
{

/*
 * Buffers as most virtio devices use them: a header of known size, which may be none, and a payload that ends where the
 * buffer ends.
 */
template <ReceiveEnd Ring> class PacketReceiver : public Inbound<Ring> {
public:
	/*
	 * The next packet: its header, and all that follows into @to, which has @room bytes; how many those were. Again:
	 * none. BadChain: one was dropped and counted, go on. BadRing: the ring is dead.
	 */
	Result<usize> receive(void *header, usize header_size, void *to, usize room)
	{
		const u16 head = AMP_TRY(this->take());
		const auto size = copy(head, header, header_size, to, room);

		this->give_back(head, size.ok(), size.value());
		return size;
	}

private:
	Result<usize> copy(u16 head, void *header, usize header_size, void *to, usize room)
	{
		auto chain = this->ring_.reader(head);
		const auto read = chain.read(header, header_size);
		const auto size = read.ok() ? chain.read_rest(to, room) : Result<usize>(read.fault());

		if (!size.ok())
			this->complaint_ = chain.complaint();
		return size;
	}
};

template <TransmitEnd Ring> class PacketSender : public Outbound<Ring> {
public:
	// What became of a packet.
	struct Sent {
		usize size; // of the payload, or of that part of it which had room
		bool kick; // the peer wants to be told
	};

	/*
	 * One packet, whole. Again: there is no buffer. BadChain: the one that was there is bad or too small, went back
	 * empty and was counted. BadRing: the ring is dead.
	 */
	Result<Sent> send(const void *header, usize header_size, const void *payload, usize size)
	{
		const u16 head = AMP_TRY(this->reserve());
		auto chain = this->ring_.writer(head);
		auto written = chain.write(header, header_size);

		if (written.ok())
			written = chain.write(payload, size);
		return submit(head, header_size, written.ok() ? Result<usize>(size) : Result<usize>(written.fault()),
			      chain.complaint());
	}
	// Of a stream, without headers: as much as the next buffer holds.
	Result<Sent> send_some(const void *bytes, usize size)
	{
		const u16 head = AMP_TRY(this->reserve());
		auto chain = this->ring_.writer(head);

		return submit(head, 0, chain.write_some(bytes, size), chain.complaint());
	}

private:
	Result<Sent> submit(u16 head, usize header_size, Result<usize> written, const Complaint &complaint)
	{
		const u32 total = written.ok() ? u32(header_size + written.value()) : 0;
		const bool kick = this->hand_over(head, total, u32(header_size));

		if (written.ok())
			return Sent{written.value(), kick};
		this->complaint_ = complaint;
		return written.fault();
	}
};

} // namespace amp

#endif
