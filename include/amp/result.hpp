// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RESULT_HPP
#define AMP_RESULT_HPP

#include <amp/types.hpp>

namespace amp
{

/*
 * Who is wrong decides who recovers:
 *   Again     nobody; nothing to do now
 *   BadChain  the peer, in one buffer: it goes back unused and is counted
 *   BadRing   the peer, in the bookkeeping of a ring: the ring is dead until the peer makes it anew
 *   BadTable  the peer, in the resource table: the entry is refused
 *   Invalid   our own caller
 */
enum class Fault : u16 { None, Again, BadChain, BadRing, BadTable, Invalid };

// A value or a fault. T is trivially copyable; there is nothing to destroy.
template <typename T> class [[nodiscard]] Result {
public:
	constexpr Result(T value) : value_(value), fault_(Fault::None) {}
	constexpr Result(Fault fault) : value_(), fault_(fault) {}

	constexpr bool ok() const { return fault_ == Fault::None; }
	constexpr explicit operator bool() const { return ok(); }
	constexpr Fault fault() const { return fault_; }
	// Only after ok().
	constexpr T value() const { return value_; }

private:
	T value_;
	Fault fault_;
};

template <> class [[nodiscard]] Result<void> {
public:
	constexpr Result() : fault_(Fault::None) {}
	constexpr Result(Fault fault) : fault_(fault) {}

	constexpr bool ok() const { return fault_ == Fault::None; }
	constexpr explicit operator bool() const { return ok(); }
	constexpr Fault fault() const { return fault_; }
	constexpr void value() const {}

private:
	Fault fault_;
};

} // namespace amp

// The value of a Result, or a return of its fault from the enclosing function.
#define AMP_TRY(expression)                               \
	({                                                \
		const auto amp_try_result = (expression); \
		if (!amp_try_result.ok())                 \
			return amp_try_result.fault();    \
		amp_try_result.value();                   \
	})

#endif
