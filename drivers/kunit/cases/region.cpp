// SPDX-License-Identifier: GPL-2.0-only
#include <amp/region.hpp>

#include "memory.hpp"

using namespace amp;
using namespace amp::cases;

CASE(region, translates_what_lies_within_one_region)
{
	u8 memory[32];
	const amp_region regions[] = {{0x1000, memory, 16}, {0x1010, memory + 16, 16}};
	const Regions list(regions, 2);

	CHECK_EQ(list.count(), 2);
	for (u64 at = 0; at <= 33; at++) {
		for (u64 size = 0; size <= 34; size++) {
			const bool first = at + size <= 16;
			const bool second = at >= 16 && at + size <= 32;
			const auto window = list.translate(0x1000 + at, size, Fault::BadChain);

			if (!CHECK_EQ(window.ok(), first || second))
				return;
			if (!window.ok())
				continue;
			CHECK(window.value().va == memory + at);
			CHECK_EQ(window.value().size, size);
		}
	}
}

CASE(region, refuses_what_wraps_or_lies_outside)
{
	u8 memory[16];
	const amp_region low = {0, memory, 16};
	const amp_region high = {0xffff'ffff'ffff'fff0, memory, 16};
	constexpr u64 kLast = 0xffff'ffff'ffff'ffff;

	for (const u64 size : list<u64>(1, 16, 17, 0x80000000, 0xffffffff, 0x1'0000'0000, kLast / 2, kLast)) {
		CHECK_EQ(Regions(&low, 1).translate(kLast, size, Fault::BadTable).fault(), Fault::BadTable);
		CHECK_EQ(Regions(&high, 1).translate(kLast, size, Fault::BadRing).ok(), size == 1);
		CHECK_EQ(Regions(&low, 1).translate(1, size, Fault::BadRing).ok(), size == 1);
		CHECK_EQ(Regions(&high, 1).translate(high.da, size, Fault::BadRing).ok(), size <= 16);
		CHECK(!Regions().translate(0, size, Fault::BadRing).ok());
	}
	CHECK(!Regions(&low, 1).translate(17, 0, Fault::BadRing).ok());
	CHECK(Regions(&low, 1).translate(16, 0, Fault::BadRing).ok());
}
