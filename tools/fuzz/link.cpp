// SPDX-License-Identifier: GPL-2.0-only
// One direction of the remote's link, with a main that writes at any moment: messages, their lengths, what is counted.
#include <vector>

#include <amp/rpmsg/link.hpp>
#include <amp/vring/device_ring.hpp>

#include "arena.hpp"
#include "peer.hpp"

using namespace fuzz;

namespace
{

using Remote = Link<Env, DeviceRing<Env>, DeviceRing<Env>>;

void receive(Input &input, Arena &arena, Remote &remote, usize most)
{
	auto &from = remote.from_peer;
	const auto before = from.counters();
	const usize room = input.byte() * 2u;
	std::vector<u8> payload(room);
	amp_frame frame = {};

	arena.expect(most + room / 8);
	const auto received = from.receive(frame, payload.data(), room);
	if (received.ok())
		MUST(frame.len <= room && from.counters().bytes == before.bytes + frame.len);
	else
		MUST(received.fault() == Fault::Again || from.complaint().what);
	MUST(from.counters().messages - before.messages == received.ok());
	MUST(from.counters().bad_buffers - before.bad_buffers == (received.fault() == Fault::BadChain));
}

void send(Input &input, Arena &arena, Remote &remote, usize most)
{
	auto &to = remote.to_peer;
	const auto before = to.counters();
	const amp_frame frame = {1, 2, u16(input.byte() * 2u), 0};
	const std::vector<u8> payload(frame.len, 0x5a);
	Complaint complaint;

	arena.expect(most);
	MUST(to.room() <= kRpmsgBufferMax);
	arena.expect(most);
	const auto head = to.reserve();
	if (!head.ok()) {
		MUST(head.fault() == Fault::Again || to.complaint().what);
		return;
	}
	arena.expect(most + frame.len / 8);
	const auto written = to.write(head.value(), frame, payload.data(), complaint);
	MUST(written.ok() ? written.value() == kRpmsgHeaderSize + frame.len : complaint.what != nullptr);
	arena.expect(most);
	(void)to.submit(head.value(), written.ok() ? written.value() : 0);
	MUST(to.counters().messages - before.messages == written.ok());
	MUST(to.counters().bad_buffers - before.bad_buffers == !written.ok());
	MUST(to.counters().kicks + to.counters().kicks_saved == before.kicks + before.kicks_saved + 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	Input input(data, size);
	const bool receives = input.byte() & 1;
	const u32 num = 1u << input.byte() % 5;
	const usize bytes = VringLayout::of(num, 4).size;
	const usize most = 2 * (num + 1) + 2 * num + 16;
	Arena arena(input, bytes);
	const amp_region region = arena.region();
	std::vector<u32> lent(DeviceRing<Env>::words(num));
	Remote remote;
	Peer peer(arena, input, num, 4);
	auto &ring = receives ? remote.from_peer.ring() : remote.to_peer.ring();

	for (u32 writes = input.byte() % 32; writes; writes--)
		arena.meddle();
	arena.expect(4);
	if (!ring.start({arena.memory(), bytes, num, 4}, Regions(&region, 1), input.byte() & 1, lent.data()).ok())
		return 0;
	while (!input.empty())
		switch (input.byte() % 6) {
		case 0:
		case 1:
			receives ? receive(input, arena, remote, most) : send(input, arena, remote, most);
			break;
		case 2:
			arena.expect(8);
			if (receives)
				(void)remote.from_peer.publish();
			if (!ring.listen())
				ring.hush();
			break;
		case 3:
			arena.meddle();
			break;
		case 4:
		case 5:
			peer.offer(!receives, receives);
			break;
		}
	return 0;
}
