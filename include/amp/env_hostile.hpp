// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Env for tests and fuzzers: before every access to shared memory a function of the test's runs, which sees the access
 * and may change any of that memory, as another processor may. Copies are made of small pieces, with the function
 * before each of them.
 */
#ifndef AMP_ENV_HOSTILE_HPP
#define AMP_ENV_HOSTILE_HPP

#include <amp/types.hpp>

namespace amp
{

enum class Touch : u8 { Load, Store, CopyIn, CopyOut, Barrier };

// Who stands between the code under test and the memory. One at a time.
struct Meddler {
	void (*before)(void *context, Touch touch, const void *at, usize size) = nullptr;
	void *context = nullptr;
};

template <typename Base> struct HostileEnv {
	static inline Meddler meddler{};
	static constexpr usize kPiece = 8;

	template <typename T> static T load(const T *from)
	{
		meddle(Touch::Load, from, sizeof(T));
		return Base::load(from);
	}
	template <typename T> static T load_acquire(const T *from)
	{
		meddle(Touch::Load, from, sizeof(T));
		return Base::load_acquire(from);
	}
	template <typename T> static void store(T *to, T value)
	{
		meddle(Touch::Store, to, sizeof(T));
		Base::store(to, value);
	}
	template <typename T> static void store_release(T *to, T value)
	{
		meddle(Touch::Store, to, sizeof(T));
		Base::store_release(to, value);
	}
	static void full_barrier()
	{
		meddle(Touch::Barrier, nullptr, 0);
		Base::full_barrier();
	}
	template <typename T> static constexpr T wire(T value) { return Base::wire(value); }
	static usize confine(usize index, usize size) { return Base::confine(index, size); }
	static void copy_in(void *to, const u8 *from, usize size)
	{
		for (usize done = 0; done < size; done += kPiece) {
			const usize piece = min(kPiece, size - done);

			meddle(Touch::CopyIn, from + done, piece);
			Base::copy_in(static_cast<u8 *>(to) + done, from + done, piece);
		}
	}
	static void copy_out(u8 *to, const void *from, usize size)
	{
		for (usize done = 0; done < size; done += kPiece) {
			const usize piece = min(kPiece, size - done);

			meddle(Touch::CopyOut, to + done, piece);
			Base::copy_out(to + done, static_cast<const u8 *>(from) + done, piece);
		}
	}

private:
	static void meddle(Touch touch, const void *at, usize size)
	{
		if (meddler.before)
			meddler.before(meddler.context, touch, at, size);
	}
};

} // namespace amp

#endif
