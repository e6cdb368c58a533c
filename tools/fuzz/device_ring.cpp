// SPDX-License-Identifier: GPL-2.0-only
// The device end of a ring, any order of its operations, and a driver that writes at any moment.
#include <amp/vring/device_ring.hpp>

#include "arena.hpp"
#include "held.hpp"
#include "peer.hpp"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	Input input(data, size);
	const u32 num = 1u << input.byte() % 6;
	const bool event_idx = input.byte() & 1;
	const usize bytes = VringLayout::of(num, 4).size;
	Arena arena(input, bytes);
	const amp_region region = arena.region();
	std::vector<u32> lent(DeviceRing<Env>::words(num));
	DeviceRing<Env> ring;
	Held held(num);
	Peer peer(arena, input, num, 4);

	for (u32 writes = input.byte() % 32; writes; writes--)
		arena.meddle();
	arena.expect(4);
	if (!ring.start(arena.ring(num, 4), Regions(&region, 1), event_idx, lent.data()).ok()) {
		MUST(ring.complaint().what);
		return 0;
	}
	MUST(ring.num() <= num); // a larger one does not fit the memory
	while (!input.empty()) {
		const u8 operation = input.byte();
		const usize length = input.take<u16>() % (Arena::kBuffers + 64);
		// A walk fetches each descriptor at most once, in two touches, and copies in pieces.
		const usize walk = 2 * (num + 1) + length / 8 + 2 * num + 4;

		arena.expect(4);
		switch (operation % 14) {
		case 0:
			if (const auto head = ring.take(); head.ok())
				held.add(head.value());
			else
				MUST(head.fault() == Fault::Again ||
				     (head.fault() == Fault::BadRing && ring.complaint().what));
			break;
		case 1:
			if (const auto ready = ring.ready(); ready.ok())
				MUST(ready.value() <= num);
			break;
		case 2:
			if (const auto head = ring.peek(); head.ok())
				MUST(head.value() < num);
			break;
		case 3:
		case 4:
			if (!held.empty()) {
				std::vector<u8> copy(length); // exactly: ASan sees one byte more
				arena.expect(walk);
				auto chain = ring.reader(held.pick(input));
				const usize first = length ? operation % length : 0;
				const bool good = chain.read(copy.data(), first).ok() &&
						  chain.read(copy.data() + first, length - first).ok();
				MUST(good || chain.complaint().what);
			}
			break;
		case 5:
			if (!held.empty()) {
				const std::vector<u8> copy(length, 0xa5);
				arena.expect(walk);
				auto chain = ring.writer(held.pick(input));
				MUST(chain.write(copy.data(), length).ok() || chain.complaint().what);
			}
			break;
		case 6:
			if (!held.empty()) {
				arena.expect(2 * (num + 1));
				auto chain = ring.writer(held.pick(input));
				if (const auto room = chain.room(length); room.ok())
					MUST(room.value() <= length);
			}
			break;
		case 7:
			if (!held.empty())
				ring.give(held.drop(input), u32(length));
			break;
		case 8:
			ring.publish();
			break;
		case 9:
			(void)ring.kick_needed();
			break;
		case 10:
			if (!ring.listen())
				ring.hush();
			break;
		case 11:
			(void)ring.remade();
			arena.meddle();
			break;
		case 12:
		case 13:
			peer.offer(operation % 14 == 12, false);
			break;
		}
	}
	return 0;
}
