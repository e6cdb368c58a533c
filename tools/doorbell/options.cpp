// SPDX-License-Identifier: GPL-2.0-only
#include "options.hpp"

#include <sys/un.h>

#include <bit>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace doorbell
{

const char kUsage[] = "usage: doorbell-server [--vectors N] [--memory-size BYTES | --memory-file FILE]\n"
		      "                       [--lose PERCENT] [--delay MS] [--seed N]\n"
		      "                       --peer ID=SOCKET [--peer ID=SOCKET]...\n"
		      "\n"
		      "The server that QEMU's ivshmem-doorbell device connects to. Whoever connects to\n"
		      "SOCKET is peer ID, again and again: machines may start and stop in any order.\n"
		      "\n"
		      "  --peer ID=SOCKET     listen on SOCKET for peer ID (0..65535)\n"
		      "  --vectors N          interrupts of each peer (1..2048, default 4); give QEMU the same\n"
		      "  --memory-size BYTES  size of BAR 2, a power of two (default 4096)\n"
		      "  --memory-file FILE   use FILE for BAR 2 instead of anonymous memory\n"
		      "  --lose PERCENT       lose so many of all interrupts (0..100, default 0)\n"
		      "  --delay MS           hold each interrupt back, for 0 to MS milliseconds (default 0)\n"
		      "  --seed N             of the chance in both (default 1)\n";

namespace
{

std::optional<std::uint64_t> number(std::string_view text)
{
	std::uint64_t value = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);

	if (error != std::errc{} || end != text.data() + text.size())
		return std::nullopt;
	return value;
}

std::uint64_t bounded(std::string_view option, std::string_view text, std::uint64_t least, std::uint64_t most)
{
	const auto value = number(text);

	if (!value || *value < least || *value > most)
		throw std::invalid_argument(std::string(option) + " takes a number from " + std::to_string(least) +
					    " to " + std::to_string(most) + ", not \"" + std::string(text) + "\"");
	return *value;
}

void add_peer(Options &options, std::string_view text)
{
	const auto equals = text.find('=');

	if (equals == text.npos || equals + 1 == text.size())
		throw std::invalid_argument("--peer takes ID=SOCKET, not \"" + std::string(text) + "\"");
	const auto id = static_cast<PeerId>(bounded("the ID of --peer", text.substr(0, equals), 0, 65535));
	const auto path = text.substr(equals + 1);

	if (path.size() >= sizeof(sockaddr_un::sun_path))
		throw std::invalid_argument(
			"socket path of " + std::to_string(path.size()) + " bytes is longer than the system's " +
			std::to_string(sizeof(sockaddr_un::sun_path) - 1) + ": choose a shorter directory");
	if (!options.sockets.emplace(id, path).second)
		throw std::invalid_argument("peer " + std::to_string(id) + " is given twice");
}

} // namespace

Options parse_options(int argc, char **argv)
{
	Options options;

	for (int i = 1; i < argc; ++i) {
		const std::string_view option = argv[i];

		if (option == "--help") {
			options.help = true;
			return options;
		}
		if (option != "--peer" && option != "--vectors" && option != "--memory-size" &&
		    option != "--memory-file" && option != "--lose" && option != "--delay" && option != "--seed")
			throw std::invalid_argument("unknown option \"" + std::string(option) + "\"");
		if (++i == argc)
			throw std::invalid_argument(std::string(option) + " takes a value");
		const std::string_view value = argv[i];

		if (option == "--peer")
			add_peer(options, value);
		else if (option == "--vectors")
			options.vectors = static_cast<unsigned>(bounded(option, value, 1, 2048));
		else if (option == "--memory-size")
			options.memory_size = bounded(option, value, 1, std::uint64_t{1} << 40);
		else if (option == "--memory-file")
			options.memory_file = value;
		else if (option == "--lose")
			options.disturbance.lose_percent = static_cast<unsigned>(bounded(option, value, 0, 100));
		else if (option == "--delay")
			options.disturbance.delay_ms = static_cast<unsigned>(bounded(option, value, 0, 60000));
		else
			options.disturbance.seed = bounded(option, value, 0, UINT64_MAX);
	}
	if (options.sockets.empty())
		throw std::invalid_argument("no --peer given: nobody could connect");
	if (!std::has_single_bit(options.memory_size))
		throw std::invalid_argument("--memory-size " + std::to_string(options.memory_size) +
					    " is not a power of two, as a PCI BAR must be");
	return options;
}

} // namespace doorbell
