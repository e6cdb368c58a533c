// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_TYPES_HPP
#define AMP_TYPES_HPP

#include <uapi/amp/types.h>

#if __has_include(<new>)
#include <new>
#else
// The kernel has no <new>; placement on storage that the kernel owns is the only form there is.
inline void *operator new(amp_size, void *where) noexcept
{
	return where;
}
#endif

namespace amp
{

using u8 = amp_u8;
using u16 = amp_u16;
using u32 = amp_u32;
using u64 = amp_u64;
using usize = amp_size;
using uptr = __UINTPTR_TYPE__;

template <typename T> constexpr T min(T a, T b)
{
	return b < a ? b : a;
}

template <typename T> constexpr T max(T a, T b)
{
	return a < b ? b : a;
}

constexpr bool is_power_of_two(u64 v)
{
	return v && !(v & (v - 1));
}

} // namespace amp

#endif
