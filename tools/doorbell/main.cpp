// SPDX-License-Identifier: GPL-2.0-only
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "options.hpp"
#include "server.hpp"

int main(int argc, char **argv)
{
	try {
		const auto options = doorbell::parse_options(argc, argv);

		if (options.help) {
			std::fputs(doorbell::kUsage, stdout);
			return 0;
		}
		doorbell::Server server(options);

		// Whoever started us waits for this line before it starts a machine.
		std::puts("ready");
		std::fflush(stdout);
		server.run();
		return 0;
	} catch (const std::invalid_argument &error) {
		std::fprintf(stderr, "doorbell-server: %s\n%s", error.what(), doorbell::kUsage);
		return 2;
	} catch (const std::exception &error) {
		std::fprintf(stderr, "doorbell-server: %s\n", error.what());
		return 1;
	}
}
