// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "endpoint.hpp"

namespace guest
{

/* A message whose every byte and whose length follow from its number, so that any damage shows. */
class Message {
public:
	explicit Message(std::uint32_t number, std::size_t length) : length_(length)
	{
		std::uint32_t state = number * 2654435761u + static_cast<std::uint32_t>(length);

		for (auto &byte : bytes_) {
			state = state * 1664525u + 1013904223u;
			byte = static_cast<std::uint8_t>(state >> 24);
		}
		if (length >= sizeof(number))
			std::memcpy(bytes_.data(), &number, sizeof(number));
	}

	/* Of a stream: from a bare number to the MTU. */
	static Message of_stream(std::uint32_t number)
	{
		return Message(number, sizeof(number) + (number * 37u) % (kMtu - sizeof(number) + 1));
	}

	const void *data() const { return bytes_.data(); }
	std::size_t length() const { return length_; }

	/* Empty where the same arrived, else what is wrong. */
	std::string differs_from(const void *got, std::size_t length) const
	{
		if (length != length_)
			return "length " + std::to_string(length) + " instead of " + std::to_string(length_);
		const auto *bytes = static_cast<const std::uint8_t *>(got);

		for (std::size_t i = 0; i < length; ++i)
			if (bytes[i] != bytes_[i])
				return "byte " + std::to_string(i) + " of " + std::to_string(length) + " is " +
				       std::to_string(bytes[i]) + " instead of " + std::to_string(bytes_[i]);
		return {};
	}

private:
	std::array<std::uint8_t, kMtu> bytes_ = {};
	std::size_t length_;
};

} // namespace guest
