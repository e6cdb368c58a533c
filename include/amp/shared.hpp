// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_SHARED_HPP
#define AMP_SHARED_HPP

#include <amp/result.hpp>

namespace amp
{

// A number that the peer chose: inert until bounded.
template <typename T> class Untrusted {
public:
	constexpr explicit Untrusted(T value) : value_(value) {}

	constexpr Result<T> below(T end, Fault fault) const
	{
		return value_ < end ? Result<T>(value_) : Result<T>(fault);
	}
	constexpr Result<T> at_most(T most, Fault fault) const
	{
		return value_ <= most ? Result<T>(value_) : Result<T>(fault);
	}
	// How far a free-running index is ahead of @base, if no further than @most.
	constexpr Result<T> ahead_of(T base, T most, Fault fault) const
	{
		return Untrusted(T(value_ - base)).at_most(most, fault);
	}
	constexpr bool is(T expected) const { return value_ == expected; }
	constexpr bool has(T bits) const { return (value_ & bits) == bits; }
	// For a message to a person, or where every value is legal (an opaque address, a hint).
	constexpr T unchecked() const { return value_; }

private:
	T value_;
};

/*
 * A cell of memory that the peer can write. One call is exactly one access. The byte order of the wire is @Env's.
 */
template <typename T, typename Env> class Shared {
public:
	Shared(const Shared &) = delete;
	Shared &operator=(const Shared &) = delete;

	Untrusted<T> fetch() const { return Untrusted<T>(Env::wire(Env::load(&raw_))); }
	Untrusted<T> fetch_acquire() const { return Untrusted<T>(Env::wire(Env::load_acquire(&raw_))); }
	void put(T value) { Env::store(&raw_, Env::wire(value)); }
	void put_release(T value) { Env::store_release(&raw_, Env::wire(value)); }

private:
	T raw_;
};

} // namespace amp

#endif
