// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace doorbell
{

using PeerId = std::uint16_t;

/* What happens to rings on their way. */
struct Disturbance {
	unsigned lose_percent = 0;
	unsigned delay_ms = 0; // at most; each ring by chance
	std::uint64_t seed = 1;

	explicit operator bool() const { return lose_percent || delay_ms; }
};

struct Options {
	std::map<PeerId, std::string> sockets; // one listening socket fixes one id
	unsigned vectors = 4;
	std::uint64_t memory_size = 4096;
	std::string memory_file; // empty: anonymous
	Disturbance disturbance;
	bool help = false;
};

/* Throws std::invalid_argument with what to write instead. */
Options parse_options(int argc, char **argv);

extern const char kUsage[];

} // namespace doorbell
