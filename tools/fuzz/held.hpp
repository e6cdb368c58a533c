// SPDX-License-Identifier: GPL-2.0-only
#ifndef FUZZ_HELD_HPP
#define FUZZ_HELD_HPP

#include <vector>

#include "input.hpp"
#include "must.hpp"

namespace fuzz
{

// The heads that a ring gave us: each below the ring's size, and none twice.
class Held {
public:
	explicit Held(u32 num) : has_(num) {}

	void add(u16 head)
	{
		MUST(head < has_.size());
		MUST(!has_[head]);
		has_[head] = true;
		heads_.push_back(head);
	}
	bool empty() const { return heads_.empty(); }
	u16 pick(Input &input) const { return heads_[input.byte() % heads_.size()]; }
	u16 drop(Input &input)
	{
		const usize at = input.byte() % heads_.size();
		const u16 head = heads_[at];

		heads_.erase(heads_.begin() + at);
		has_[head] = false;
		return head;
	}

private:
	std::vector<bool> has_;
	std::vector<u16> heads_;
};

} // namespace fuzz

#endif
