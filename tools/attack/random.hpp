// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

namespace attack
{

/* Chance that a seed repeats, for one thread of one life. */
class Random {
public:
	Random(std::uint64_t seed, std::uint64_t life, std::uint64_t thread)
	{
		std::seed_seq words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
				    static_cast<std::uint32_t>(life), static_cast<std::uint32_t>(thread)};

		engine_.seed(words);
	}

	std::uint64_t word() { return engine_(); }
	std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(engine_() % end); }
	bool one_in(std::uint32_t n) { return below(n) == 0; }
	template <typename T> T one_of(std::initializer_list<T> values)
	{
		return values.begin()[below(static_cast<std::uint32_t>(values.size()))];
	}

private:
	std::mt19937_64 engine_;
};

} // namespace attack
