// SPDX-License-Identifier: GPL-2.0-only
// The generation of a config space: moves with every change, and does not keep a driver that waits for it to stand still.
#include <amp/rsc/config_generation.hpp>

#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

namespace
{

constexpr u32 kConfigLen = 70; // pieces of a look, and a rest
constexpr VdevLayout kLayout = {0, 0, AMP_RSC_VDEV, 1, kConfigLen, 0};

// A config space, and what the main end keeps of it.
template <typename Env> struct Space {
	explicit Space(amp_test &test)
		: memory{static_cast<u8 *>(test.services->zalloc(&test, sizeof(amp_rsc_vdev) + kConfigLen)),
			 sizeof(amp_rsc_vdev) + kConfigLen},
		  entry(memory, kLayout), seen(static_cast<u8 *>(test.services->zalloc(&test, kConfigLen)))
	{
	}
	u32 look() { return generation.look(entry, seen); }
	u8 &byte(u32 at) { return memory.va[sizeof(amp_rsc_vdev) + at]; }

	Window memory;
	VdevEntry<Env> entry;
	ConfigGeneration generation;
	u8 *seen;
};

// A remote that writes whenever we read.
void restless(void *context, Touch touch, const void *at, usize)
{
	if (touch == Touch::CopyIn)
		++*static_cast<u8 *>(const_cast<void *>(at));
	++*static_cast<u32 *>(context);
}

} // namespace

CASE(config_generation, moves_with_each_byte_that_changes)
{
	Space<Plain> space(test);
	u32 last = space.look();

	for (u32 at = 0; at < kConfigLen; at++) {
		space.byte(at) = 0x5a;
		CHECK_EQ(space.look(), last + 1);
		CHECK_EQ(space.look(), ++last); // and stands until the next
	}
}

CASE(config_generation, stands_still_for_a_driver_whose_remote_writes_without_end)
{
	Space<Hostile> space(test);
	u32 touches = 0;

	Hostile::meddler = {restless, &touches};
	for (u32 driver = 0; driver < 3; driver++) {
		u32 before = space.look(), looks = 1;

		// What every driver does, but for a bound of our own.
		for (u32 after; looks < 1000; before = after, looks++) {
			after = space.look();
			if (after == before)
				break;
		}
		CHECK(looks <= ConfigGeneration::kChangesMax + 1);
	}
	Hostile::meddler = {};
	CHECK(touches > 0);
	const u32 last = space.look();
	space.byte(0)++;
	CHECK(space.look() != last);
}
