// SPDX-License-Identifier: GPL-2.0-only
#include <csignal>
#include <cstdio>
#include <exception>

#include "attack.hpp"

namespace
{

std::atomic<bool> stop;
static_assert(std::atomic<bool>::is_always_lock_free);

void watch_signals()
{
	struct sigaction action = {};

	action.sa_handler = [](int) { stop = true; };
	for (const int signal : {SIGTERM, SIGINT})
		sigaction(signal, &action, nullptr);
}

int run(const attack::Options &options)
{
	attack::Attack attack(options);

	// Whoever started us waits for this line.
	std::puts("attack: begins");
	std::fflush(stdout);
	try {
		attack.run(stop);
	} catch (...) {
		std::printf("attack: %s\n", attack.told().c_str());
		std::fflush(stdout);
		throw;
	}
	std::printf("attack: %s\n", attack.told().c_str());
	return 0;
}

} // namespace

int main(int argc, char **argv)
{
	try {
		const auto options = attack::parse_options(argc, argv);

		if (options.help) {
			std::fputs(attack::kUsage, stdout);
			return 0;
		}
		watch_signals();
		return run(options);
	} catch (const std::invalid_argument &error) {
		std::fprintf(stderr, "attack: %s\n%s", error.what(), attack::kUsage);
		return 2;
	} catch (const std::exception &error) {
		std::fprintf(stderr, "attack: %s\n", error.what());
		return 1;
	}
}
