// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Env of the Linux kernel: loads, stores and barriers towards another processor of the chip, on arm64, armv7 and
 * x86-64. The memory is mapped write-combined or write-back; the other end's barriers are the mandatory ones (Linux:
 * vring_new_virtqueue(weak_barriers = false)), and these are as strong.
 */
#ifndef AMP_ENV_KERNEL_HPP
#define AMP_ENV_KERNEL_HPP

#include <amp/types.hpp>

extern "C" void *memcpy(void *to, const void *from, amp_size size);
extern "C" void *memset(void *to, int value, amp_size size);

namespace amp
{

struct KernelEnv {
	// One access, of a width that the processor has; a u64 on a 32-bit processor is two, and our copy is what counts.
	template <typename T> static T load(const T *from) { return *const_cast<const volatile T *>(from); }
	template <typename T> static void store(T *to, T value) { *const_cast<volatile T *>(to) = value; }

	// What is read or written after this was so after the word was read.
	template <typename T> static T load_acquire(const T *from)
	{
		const T value = load(from);
		after_load();
		return value;
	}
	// What was read or written before this is so before the word is seen.
	template <typename T> static void store_release(T *to, T value)
	{
		before_store();
		store(to, value);
	}

#if defined(__aarch64__)
	static void after_load()
	{
		asm volatile("dmb oshld" ::: "memory");
	}
	static void before_store()
	{
		asm volatile("dmb osh" ::: "memory");
	}
	static void full_barrier()
	{
		asm volatile("dsb sy" ::: "memory");
	}
	// @index where it is below @size, else 0, also under a mispredicted branch.
	static usize confine(usize index, usize size)
	{
		usize mask;

		asm volatile("cmp %1, %2\n\tsbc %0, xzr, xzr\n\thint #20" : "=r"(mask) : "r"(index), "r"(size) : "cc");
		return index & mask;
	}
#elif defined(__arm__)
	static void after_load()
	{
		asm volatile("dmb osh" ::: "memory");
	}
	static void before_store()
	{
		asm volatile("dmb osh" ::: "memory");
	}
	static void full_barrier()
	{
		asm volatile("dsb sy" ::: "memory");
	}
	static usize confine(usize index, usize size)
	{
		usize mask;

		asm volatile("cmp %1, %2\n\tsbc %0, %1, %1" : "=r"(mask) : "r"(index), "r"(size) : "cc");
		return index & mask;
	}
#elif defined(__x86_64__)
	static void after_load()
	{
		asm volatile("" ::: "memory");
	}
	// Stores to write-combined memory are not ordered by themselves.
	static void before_store()
	{
		asm volatile("sfence" ::: "memory");
	}
	static void full_barrier()
	{
		asm volatile("mfence" ::: "memory");
	}
	static usize confine(usize index, usize size)
	{
		usize mask;

		asm volatile("cmp %2, %1\n\tsbb %0, %0" : "=r"(mask) : "r"(index), "r"(size) : "cc");
		return index & mask;
	}
#else
#error "no barriers towards another processor are known for this architecture"
#endif

	// Legacy rings: the byte order of the driver's processor, which is ours on the chips that this kernel runs on.
	template <typename T> static constexpr T wire(T value)
	{
		return value;
	}

	// A header is not worth a call.
	static constexpr usize kCopyInline = 16;

	static void copy_in(void *to, const u8 *from, usize size)
	{
		if (!__builtin_constant_p(size) || size > kCopyInline)
			memcpy(to, from, size);
		else
			__builtin_memcpy(to, from, size);
		asm volatile("" ::: "memory"); // nobody reads @from in place of @to
	}
	static void copy_out(u8 *to, const void *from, usize size)
	{
		if (!__builtin_constant_p(size) || size > kCopyInline)
			memcpy(to, from, size);
		else
			__builtin_memcpy(to, from, size);
	}
};

} // namespace amp

#endif
