// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Env of a hosted program: tests, fuzzers, benches. The compiler's atomics, so that ThreadSanitizer understands who
 * waits for whom.
 */
#ifndef AMP_ENV_HOST_HPP
#define AMP_ENV_HOST_HPP

#include <amp/types.hpp>

namespace amp
{

struct HostEnv {
	template <typename T> static T load(const T *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
	template <typename T> static T load_acquire(const T *from) { return __atomic_load_n(from, __ATOMIC_ACQUIRE); }
	template <typename T> static void store(T *to, T value) { __atomic_store_n(to, value, __ATOMIC_RELAXED); }
	template <typename T> static void store_release(T *to, T value)
	{
		__atomic_store_n(to, value, __ATOMIC_RELEASE);
	}
	static void full_barrier() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
	template <typename T> static constexpr T wire(T value) { return value; }
	static usize confine(usize index, usize size) { return index < size ? index : 0; }
	static void copy_in(void *to, const u8 *from, usize size) { __builtin_memcpy(to, from, size); }
	static void copy_out(u8 *to, const void *from, usize size) { __builtin_memcpy(to, from, size); }
};

} // namespace amp

#endif
