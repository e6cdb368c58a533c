// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>

namespace attack
{

struct Options {
	std::string memory; // the board's DDR
	std::string doorbell; // where the remote is our only peer
	std::string beside; // where the honest main and the remote are peers; may be empty
	unsigned seconds = 60;
	std::uint64_t seed = 0;
	bool help = false;
};

/* Throws std::invalid_argument with what to write instead. */
Options parse_options(int argc, char **argv);

extern const char kUsage[];

} // namespace attack
