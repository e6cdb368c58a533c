// SPDX-License-Identifier: GPL-2.0-only
#ifndef FUZZ_INPUT_HPP
#define FUZZ_INPUT_HPP

#include <cstring>

#include <amp/types.hpp>

namespace fuzz
{

using namespace amp;

// What the fuzzer chose, byte by byte; zeros once it is used up.
class Input {
public:
	Input(const u8 *data, usize size) : data_(data), left_(size) {}

	template <typename T> T take()
	{
		T value{};
		const usize size = min(sizeof(T), left_);

		std::memcpy(&value, data_, size);
		data_ += size;
		left_ -= size;
		return value;
	}
	u8 byte() { return take<u8>(); }
	bool empty() const { return !left_; }

private:
	const u8 *data_;
	usize left_;
};

} // namespace fuzz

#endif
