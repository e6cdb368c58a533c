// SPDX-License-Identifier: GPL-2.0-only
// The driver end of a ring, both ways, any order of its operations, and a device that writes at any moment.
#include <amp/vring/driver_ring.hpp>

#include "arena.hpp"
#include "held.hpp"
#include "peer.hpp"

using namespace fuzz;

namespace
{

constexpr u32 kSize = 64; // of a buffer

template <typename Ring, bool kToPeer> void work(Input &input)
{
	const u32 num = 1u << input.byte() % 6;
	const bool event_idx = input.byte() & 1;
	const usize bytes = VringLayout::of(num, 4).size;
	Arena arena(input, bytes);
	std::vector<u32> storage(Ring::words(num));
	Ring ring;
	Held held(num);
	Peer peer(arena, input, num, 4);
	amp_region pool = arena.region();
	pool.size = min(pool.size, usize(input.byte()) * kSize / 4); // fewer buffers than descriptors, or none

	arena.expect(16 * num + 16);
	if (!ring.start({arena.memory(), bytes, num, 4}, {pool, kSize}, event_idx, storage.data()).ok())
		return;
	while (!input.empty()) {
		const u8 operation = input.byte();
		const usize length = input.byte() % (2 * kSize);

		arena.expect(6 + length);
		switch (operation % 10) {
		case 0:
		case 1:
			if (const auto head = ring.take(); head.ok())
				held.add(head.value());
			else
				MUST(head.fault() == Fault::Again ||
				     (head.fault() == Fault::BadRing && ring.complaint().what));
			break;
		case 2:
			if (const auto ready = ring.ready(); ready.ok())
				MUST(ready.value() <= num);
			break;
		case 3:
			if (!held.empty()) {
				std::vector<u8> copy(length);
				if constexpr (kToPeer) {
					auto buffer = ring.writer(held.pick(input));
					MUST(buffer.write(copy.data(), length).ok() == (length <= kSize));
				} else {
					auto buffer = ring.reader(held.pick(input));
					const usize room = buffer.room(~usize(0)).value();
					MUST(room <= kSize);
					MUST(buffer.read(copy.data(), length).ok() == (length <= room));
				}
			}
			break;
		case 4:
			if (!held.empty())
				ring.give(held.drop(input), u32(length % (kSize + 1)));
			break;
		case 5:
			ring.publish();
			(void)ring.kick_needed();
			break;
		case 6:
			if (!ring.listen())
				ring.hush();
			break;
		case 7:
			arena.meddle();
			break;
		case 8:
		case 9:
			peer.give_back();
			break;
		}
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	Input input(data, size);

	if (input.byte() & 1)
		work<DriverTxRing<Env>, true>(input);
	else
		work<DriverRxRing<Env>, false>(input);
	return 0;
}
