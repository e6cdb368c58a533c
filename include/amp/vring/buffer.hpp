// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_BUFFER_HPP
#define AMP_VRING_BUFFER_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>

namespace amp
{

/*
 * A walk through one buffer of our own pool, copying as it goes: what Chain is at the device's end. Where the buffer
 * lies is known to us alone, so there is nothing to translate; what it holds the peer may change at any time.
 */
template <typename Env> class Buffer {
public:
	Buffer(u8 *va, usize size) : va_(va), left_(size) {}
	// A buffer that is not to be touched, and why.
	explicit Buffer(const Complaint &complaint) : complaint_(complaint) {}

	// Copy out of it. BadChain where it ends before @size bytes: the peer filled less.
	Result<void> read(void *to, usize size)
	{
		if (size > left_)
			return complain(Fault::BadChain, size);
		if (size) // @to may be null where there is nothing to copy
			Env::copy_in(to, advance(size), size);
		return {};
	}
	// Copy into it. Invalid where it ends before @size bytes: its size is ours.
	Result<void> write(const void *from, usize size)
	{
		if (size > left_)
			return complain(Fault::Invalid, size);
		if (size) // as above
			Env::copy_out(advance(size), from, size);
		return {};
	}

	// The bytes that are left, up to @most.
	Result<usize> room(usize most) const { return min(left_, most); }

	// What was wrong, after a fault.
	const Complaint &complaint() const { return complaint_; }

private:
	u8 *advance(usize size)
	{
		u8 *const here = va_;

		va_ += size;
		left_ -= size;
		return here;
	}

	Fault complain(Fault fault, usize size)
	{
		if (!complaint_.what)
			complaint_ = {"bytes in the buffer, expected at least", left_, size};
		return fault;
	}

	u8 *va_ = nullptr;
	usize left_ = 0;
	Complaint complaint_;
};

} // namespace amp

#endif
