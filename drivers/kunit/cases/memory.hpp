// SPDX-License-Identifier: GPL-2.0-only
// Shared memory of a test. Each part is an allocation of its own, so that a sanitizer sees what runs over its ends.
#ifndef AMP_CASES_MEMORY_HPP
#define AMP_CASES_MEMORY_HPP

#include <amp/vring/layout.hpp>

#include "check.hpp"

namespace amp::cases
{

// Allocations have no alignment worth the name, so the used ring stands as close as the specification allows.
constexpr u32 kAlign = 4;

inline amp_vring_memory make_ring(amp_test &test, u32 num)
{
	const usize size = VringLayout::of(num, kAlign).size;

	return {test.services->zalloc(&test, size), size, num, kAlign};
}

inline amp_region make_region(amp_test &test, u64 da, usize size)
{
	return {da, test.services->zalloc(&test, size), size};
}

inline u8 *bytes(const amp_region &region, usize offset = 0)
{
	return static_cast<u8 *>(region.va) + offset;
}

inline u32 *make_words(amp_test &test, usize count)
{
	return static_cast<u32 *>(test.services->zalloc(&test, count * sizeof(u32)));
}

} // namespace amp::cases

#endif
