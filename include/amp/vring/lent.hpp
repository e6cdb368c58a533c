// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_LENT_HPP
#define AMP_VRING_LENT_HPP

#include <amp/types.hpp>

namespace amp
{

// Which heads of a ring are on our side just now: one private byte each, on storage that the owner of the ring gives.
class Lent {
public:
	static constexpr usize words(u32 num) { return (num + 3) / 4; }

	void start(u32 *storage, u32 num)
	{
		for (usize i = 0; i < words(num); i++)
			storage[i] = 0;
		lent_ = reinterpret_cast<u8 *>(storage);
	}
	bool has(u16 head) const { return lent_[head]; }
	void flip(u16 head) { lent_[head] ^= 1; }

private:
	u8 *lent_ = nullptr;
};

} // namespace amp

#endif
