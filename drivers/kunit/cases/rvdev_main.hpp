// SPDX-License-Identifier: GPL-2.0-only
#ifndef AMP_CASES_RVDEV_MAIN_HPP
#define AMP_CASES_RVDEV_MAIN_HPP

#include "../../samples/rvdev_rings.h"
#include "mock_driver.hpp"

namespace amp::cases
{

// The main of a device with several rings, and its buffers: one for each head of each ring, all of a size.
template <typename Env, u32 kRings, u32 kNum, u32 kSize> class RvdevMain {
public:
	static constexpr u64 kDa = 0x5010'0000;

	void start(amp_test &test, u64 features)
	{
		pool_ = make_region(test, kDa, kRings * kNum * kSize);
		for (u32 ring = 0; ring < kRings; ring++) {
			rings.memory[ring] = make_ring(test, kNum);
			driver[ring].start(test, rings.memory[ring]);
		}
		rings.count = kRings;
		rings.regions = &pool_;
		rings.num_regions = 1;
		rings.features = features;
	}

	u64 da(u32 ring, u16 head) const { return kDa + offset(ring, head); }
	u8 *buffer(u32 ring, u16 head) const { return bytes(pool_, offset(ring, head)); }

	// Buffer @head with @size bytes of @from, as one descriptor.
	void send(u32 ring, u16 head, const void *from, u32 size)
	{
		if (size)
			__builtin_memcpy(buffer(ring, head), from, size);
		driver[ring].describe(head, da(ring, head), size, 0);
		driver[ring].offer(head);
	}
	// Room for @size bytes.
	void listen(u32 ring, u16 head, u32 size = kSize)
	{
		driver[ring].describe(head, da(ring, head), size, AMP_VRING_DESC_WRITE);
		driver[ring].offer(head);
	}

	amp_rvdev_rings rings = {};
	MockDriver<Env> driver[kRings];

private:
	static constexpr usize offset(u32 ring, u16 head) { return (usize(ring) * kNum + head) * kSize; }

	amp_region pool_;
};

} // namespace amp::cases

#endif
