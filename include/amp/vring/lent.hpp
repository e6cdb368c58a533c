// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_LENT_HPP
#define AMP_VRING_LENT_HPP

#include <amp/types.hpp>

namespace amp
{

// Which heads of a ring are on our side just now: one private bit each, on storage that the owner of the ring gives.
class Lent {
public:
	static constexpr usize words(u32 num) { return (num + 31) / 32; }

	void start(u32 *storage, u32 num)
	{
		words_ = storage;
		for (usize i = 0; i < words(num); i++)
			words_[i] = 0;
	}
	bool has(u16 head) const { return words_[head / 32] & (1u << head % 32); }
	void flip(u16 head) { words_[head / 32] ^= 1u << head % 32; }

private:
	u32 *words_ = nullptr;
};

} // namespace amp

#endif
