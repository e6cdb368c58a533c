// SPDX-License-Identifier: GPL-2.0-only
#ifndef AMP_CASES_CHECK_HPP
#define AMP_CASES_CHECK_HPP

#include <amp/result.hpp>

#include "test.h"

namespace amp::cases
{

template <typename T> constexpr u64 number(T value)
{
	return static_cast<u64>(value);
}

[[gnu::noinline]] inline bool expect(amp_test &test, const char *file, int line, const char *text, bool good, u64 left,
				     u64 right)
{
	if (!good)
		test.services->failed(&test, file, line, text, left, right);
	return good;
}

// Values to loop over: for (const u16 head : list<u16>(8, 9, 0xffff)).
template <typename T, usize kCount> struct List {
	T at[kCount];

	constexpr const T *begin() const { return at; }
	constexpr const T *end() const { return at + kCount; }
};
template <typename T, typename... Values> constexpr List<T, sizeof...(Values)> list(Values... values)
{
	return {{static_cast<T>(values)...}};
}

template <typename T> T *make(amp_test &test, usize count = 1)
{
	T *const made = static_cast<T *>(test.services->zalloc(&test, sizeof(T) * count));
	for (usize i = 0; i < count; i++)
		new (made + i) T;
	return made;
}

[[gnu::noinline]] inline bool has_text(const char *text, const char *part)
{
	for (; text && *text; text++) {
		usize i = 0;
		while (part[i] && text[i] == part[i])
			i++;
		if (!part[i])
			return true;
	}
	return false;
}

[[gnu::noinline]] inline bool same_bytes(const void *left, const void *right, usize size)
{
	for (usize i = 0; i < size; i++)
		if (static_cast<const u8 *>(left)[i] != static_cast<const u8 *>(right)[i])
			return false;
	return true;
}

// Numbers that look random and are the same in every run.
class Dice {
public:
	explicit Dice(u32 seed) : state_(seed | 1) {}
	u32 roll()
	{
		state_ ^= state_ << 13;
		state_ ^= state_ >> 17;
		state_ ^= state_ << 5;
		return state_;
	}
	u32 below(u32 end) { return u32(u64(roll()) * end >> 32); }

private:
	u32 state_;
};

} // namespace amp::cases

// In a function with an amp_test called test. CHECK goes on, REQUIRE leaves the function. Both have a value: it held.
#define CHECK(condition) amp::cases::expect(test, __FILE__, __LINE__, #condition, bool(condition), 0, 1)
#define CHECK_EQ(left, right)                                                                                \
	({                                                                                                   \
		const auto check_left = amp::cases::number(left);                                            \
		const auto check_right = amp::cases::number(right);                                          \
		amp::cases::expect(test, __FILE__, __LINE__, #left " == " #right, check_left == check_right, \
				   check_left, check_right);                                                 \
	})
#define REQUIRE(condition)             \
	do {                           \
		if (!CHECK(condition)) \
			return;        \
	} while (0)
#define REQUIRE_EQ(left, right)             \
	do {                                \
		if (!CHECK_EQ(left, right)) \
			return;             \
	} while (0)

// One entry of list.h.
#define CASE(suite, name)                                          \
	extern "C" void amp_case_##suite##_##name(amp_test *test); \
	static void suite##_##name(amp_test &test);                \
	extern "C" void amp_case_##suite##_##name(amp_test *test)  \
	{                                                          \
		suite##_##name(*test);                             \
	}                                                          \
	static void suite##_##name([[maybe_unused]] amp_test &test)

#endif
