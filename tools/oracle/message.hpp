// SPDX-License-Identifier: GPL-2.0-only
#ifndef ORACLE_MESSAGE_HPP
#define ORACLE_MESSAGE_HPP

#include <array>
#include <cstdint>

// A message of a length and content that follow from its number alone, so that the other end knows what must come.
struct Message {
	static constexpr std::uint32_t kMost = 64;

	std::uint32_t size = 0;
	std::array<std::uint8_t, kMost> bytes{};

	Message() = default;
	explicit Message(std::uint32_t number) : size(1 + number * 37 % kMost)
	{
		for (std::uint32_t i = 0; i < size; ++i)
			bytes[i] = static_cast<std::uint8_t>(number * 7 + (number >> 8) + (number >> 16) + i * 31);
	}
	bool operator==(const Message &) const = default;
};

#endif
