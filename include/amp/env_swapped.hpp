// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
// Env of a link whose wire has the other byte order than this processor.
#ifndef AMP_ENV_SWAPPED_HPP
#define AMP_ENV_SWAPPED_HPP

#include <amp/types.hpp>

namespace amp
{

template <typename Base> struct SwappedEnv : Base {
	template <typename T> static constexpr T wire(T value)
	{
		if constexpr (sizeof(T) == 1)
			return value;
		else if constexpr (sizeof(T) == 2)
			return __builtin_bswap16(value);
		else if constexpr (sizeof(T) == 4)
			return __builtin_bswap32(value);
		else
			return __builtin_bswap64(value);
	}
};

} // namespace amp

#endif
