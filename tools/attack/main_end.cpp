// SPDX-License-Identifier: GPL-2.0-only
#include "main_end.hpp"

#include <algorithm>
#include <cstring>

#include <uapi/amp/resource_table.h>

namespace attack
{

namespace
{

constexpr std::chrono::seconds kPatience(30);
constexpr std::chrono::milliseconds kLook(100); // a doorbell may be one that was not rung for us
constexpr u16 kBufferSize = AMP_RPMSG_BUFFER_SIZE;
constexpr u16 kMtu = kBufferSize - sizeof(amp_rpmsg_header);
constexpr char kService[] = "rpmsg-client-sample";

constexpr u32 receive_buffer(u32 index)
{
	return u32(Board::kPool) + index * kBufferSize;
}

constexpr u32 send_buffer(u32 index)
{
	return u32(Board::kPool) + (Board::kNum + index) * kBufferSize;
}

} // namespace

MainEnd::MainEnd(const Board &board, const Doorbells &bells, const std::atomic<bool> &stop)
	: board_(board), bells_(bells), stop_(stop), to_main_(board.vring(0)), from_main_(board.vring(1))
{
	deadline_ = Clock::now() + kPatience;
	until([&] { return board_.has_table(); }, Board::kCtrl, "the remote builds no resource table");
	found_.dfeatures = board_.entry().dfeatures.fetch().unchecked();
	found_.status = board_.entry().status.fetch().unchecked();
	for (u32 i = 0; i < 2; i++) {
		auto &cell = board_.entry_vring(i);

		found_.vring[i] = {cell.da.fetch().unchecked(), cell.align.fetch().unchecked(),
				   cell.num.fetch().unchecked(), cell.notifyid.fetch().unchecked()};
		if (found_.vring[i].da != Board::kBase + Board::kVring[i] || found_.vring[i].num != Board::kNum)
			throw std::runtime_error("vring " + std::to_string(i) + " of the remote's table is not where " +
						 "the board has it");
	}
}

template <typename Condition> void MainEnd::until(Condition condition, unsigned vector, const char *what)
{
	while (!condition()) {
		if (stop_)
			throw Stopped();
		if (Clock::now() > deadline_)
			throw std::runtime_error(std::string(what) + " within " + std::to_string(kPatience.count()) +
						 " s");
		bells_.wait(vector, kLook);
	}
}

void MainEnd::put_back() const
{
	auto &entry = board_.entry();

	entry.dfeatures.put(found_.dfeatures);
	entry.gfeatures.put(0);
	for (u32 i = 0; i < 2; i++) {
		auto &cell = board_.entry_vring(i);

		cell.da.put(found_.vring[i].da);
		cell.align.put(found_.vring[i].align);
		cell.num.put(found_.vring[i].num);
		cell.notifyid.put(found_.vring[i].notifyid);
		cell.pa.put(0);
	}
}

/*
 * The remote rings when it has seen a status without DRIVER_OK that is another than the last it saw, and it has let go of
 * the rings then. We do not know which it saw last, so it gets one after the other. What it rang before our first one
 * says nothing.
 */
void MainEnd::reset()
{
	bool acknowledge = false;

	status(0);
	bells_.forget();
	bells_.ring(Board::kCtrl);
	until(
		[&, first = true]() mutable {
			if (first) {
				first = false;
				return bells_.wait(Board::kCtrl, kLook);
			}
			acknowledge = !acknowledge;
			status(acknowledge ? AMP_VIRTIO_STATUS_ACKNOWLEDGE : 0);
			bells_.ring(Board::kCtrl);
			return bells_.wait(Board::kCtrl, 3 * kLook);
		},
		0, "the remote does not answer a reset");
	status(0);
}

void MainEnd::set_up(u32 features)
{
	put_back();
	for (u32 i = 0; i < 2; i++)
		std::memset(board_.at(Board::kVring[i]), 0, VringLayout::of(Board::kNum, Board::kAlign).size);
	for (u32 i = 0; i < Board::kNum; i++) {
		to_main_.desc[i].put(Board::kBase + receive_buffer(i), kBufferSize, AMP_VRING_DESC_WRITE);
		to_main_.avail_ring[i].put(u16(i));
	}
	seen_ = 0;
	to_main_.avail->idx.put_release(Board::kNum);
	board_.entry().gfeatures.put(features);
	for (const u32 value : {AMP_VIRTIO_STATUS_ACKNOWLEDGE, AMP_VIRTIO_STATUS_ACKNOWLEDGE | AMP_VIRTIO_STATUS_DRIVER,
				AMP_VIRTIO_STATUS_ACKNOWLEDGE | AMP_VIRTIO_STATUS_DRIVER | AMP_VIRTIO_STATUS_DRIVER_OK})
		status(u8(value));
	for (const unsigned vector : {Board::kCtrl, 0u, 1u})
		bells_.ring(vector);
}

void MainEnd::post(u32 source, u32 destination, const void *payload, u16 length)
{
	const u16 idx = from_main_.avail->idx.fetch().unchecked();
	const u16 head = idx % Board::kNum;
	const amp_rpmsg_header header = {source, destination, 0, length, 0};
	u8 *buffer = board_.at(send_buffer(head));

	std::memcpy(buffer, &header, sizeof(header));
	std::memcpy(buffer + sizeof(header), payload, std::min(length, kMtu));
	from_main_.desc[head].put(Board::kBase + send_buffer(head), u32(sizeof(header)) + length, 0);
	from_main_.avail_ring[head].put(head);
	from_main_.avail->idx.put_release(u16(idx + 1));
	bells_.ring(1);
}

/* Whether the message that was asked for is among those that have come. Each buffer is offered again. */
bool MainEnd::receive(u32 source, u32 destination, const void *payload, usize length)
{
	bool found = false;

	while (to_main_.used->idx.fetch_acquire().unchecked() != seen_) {
		const auto &element = to_main_.used_ring[seen_ % Board::kNum];
		const u32 head = element.id.fetch().unchecked(), size = element.len.fetch().unchecked();

		if (head >= Board::kNum)
			throw std::runtime_error("the remote returned buffer " + std::to_string(head) +
						 ", which there is not");
		const u8 *buffer = board_.at(receive_buffer(head));
		amp_rpmsg_header header;

		std::memcpy(&header, buffer, sizeof(header));
		if (size != sizeof(header) + header.len || size > kBufferSize)
			throw std::runtime_error("the remote says " + std::to_string(size) +
						 " bytes for a message of " + std::to_string(header.len));
		// A message of the life before may be answered in this one: it is delivered, as it was accepted.
		if (header.src == source && header.dst == destination && header.len >= length &&
		    !std::memcmp(buffer + sizeof(header), payload, length))
			found = true;
		else
			strays_++;
		const u16 idx = to_main_.avail->idx.fetch().unchecked();

		to_main_.avail_ring[idx % Board::kNum].put(u16(head));
		to_main_.avail->idx.put_release(u16(idx + 1));
		seen_++;
	}
	to_main_.used_event->put(seen_); // the next one rings
	HostEnv::full_barrier();
	return found;
}

void MainEnd::come_back(Random &random)
{
	u8 payload[kMtu];
	const u16 length = u16(sizeof(u64) * (1 + random.below(kMtu / sizeof(u64))));

	for (usize at = 0; at < length; at += sizeof(u64)) {
		const u64 word = random.word();

		std::memcpy(payload + at, &word, sizeof(word));
	}
	deadline_ = Clock::now() + kPatience;
	until([&] { return board_.has_table(); }, Board::kCtrl, "the resource table is not there again");
	reset();
	set_up(1u << AMP_VIRTIO_RPMSG_F_NS | (random.one_in(2) ? 1u << AMP_VIRTIO_RING_F_EVENT_IDX : 0));
	until([&] { return receive(kEcho, AMP_RPMSG_ADDR_NS, kService, sizeof(kService)); }, 0,
	      "the remote does not announce its service");
	post(kUs, kEcho, payload, length);
	until([&] { return receive(kEcho, kUs, payload, length); }, 0, "no echo comes back");
}

void MainEnd::leave()
{
	deadline_ = Clock::now() + kPatience;
	reset();
	put_back();
	status(found_.status);
	bells_.ring(Board::kCtrl);
}

} // namespace attack
