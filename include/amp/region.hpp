// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_REGION_HPP
#define AMP_REGION_HPP

#include <amp/region.h>
#include <amp/shared.hpp>

namespace amp
{

// Bytes of a region, as we have them mapped. The peer may write them at any time.
struct Window {
	u8 *va = nullptr;
	usize size = 0;
};

/*
 * The only memory that the peer may name to us. Every address that it writes is translated here, whole range or not at
 * all; nothing else in this project makes a pointer from a number of the peer's.
 */
class Regions {
public:
	constexpr Regions() = default;
	constexpr Regions(const amp_region *list, usize count) : list_(list), count_(count) {}

	// The @size bytes at the peer's address @da; nothing of them may lie outside of one region.
	Result<Window> translate(u64 da, u64 size, Fault fault) const
	{
		for (usize i = 0; i < count_; i++) {
			const amp_region &region = list_[i];

			if (da < region.da)
				continue;
			const u64 offset = da - region.da;
			if (offset <= region.size && size <= region.size - offset)
				return Window{static_cast<u8 *>(region.va) + offset, usize(size)};
		}
		return fault;
	}

	constexpr usize count() const { return count_; }

private:
	const amp_region *list_ = nullptr;
	usize count_ = 0;
};

} // namespace amp

#endif
