// SPDX-License-Identifier: GPL-2.0-only
#include "options.hpp"

#include <charconv>
#include <random>
#include <stdexcept>
#include <string_view>

namespace attack
{

const char kUsage[] =
	"usage: attack --memory FILE --doorbell SOCKET [--beside SOCKET] [--seconds N] [--seed S]\n"
	"\n"
	"A hostile main: lives with vdev 0 of the board's remote, honest at first, then writing whatever\n"
	"chance gives into its rings, buffers and words of the resource table, then resetting it.\n"
	"\n"
	"  --memory FILE      the memory that the machines share\n"
	"  --doorbell SOCKET  the doorbell server of the remote's mailbox for vdev 0 and the table\n"
	"  --beside SOCKET    also ring whatever the honest main may ring, out of turn\n"
	"  --seconds N        how long (1..86400, default 60)\n"
	"  --seed S           makes the same choices again; without it chance gives one\n";

namespace
{

std::uint64_t number(std::string_view option, std::string_view text, std::uint64_t least, std::uint64_t most)
{
	std::uint64_t value = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);

	if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
		throw std::invalid_argument(std::string(option) + " takes a number from " + std::to_string(least) +
					    " to " + std::to_string(most) + ", not \"" + std::string(text) + "\"");
	return value;
}

} // namespace

Options parse_options(int argc, char **argv)
{
	Options options;
	bool seeded = false;

	for (int i = 1; i < argc; ++i) {
		const std::string_view option = argv[i];

		if (option == "--help") {
			options.help = true;
			return options;
		}
		if (option != "--memory" && option != "--doorbell" && option != "--beside" && option != "--seconds" &&
		    option != "--seed")
			throw std::invalid_argument("unknown option \"" + std::string(option) + "\"");
		if (++i == argc)
			throw std::invalid_argument(std::string(option) + " takes a value");
		const std::string_view value = argv[i];

		if (option == "--memory") {
			options.memory = value;
		} else if (option == "--doorbell") {
			options.doorbell = value;
		} else if (option == "--beside") {
			options.beside = value;
		} else if (option == "--seconds") {
			options.seconds = static_cast<unsigned>(number(option, value, 1, 86400));
		} else {
			options.seed = number(option, value, 0, UINT64_MAX);
			seeded = true;
		}
	}
	if (options.memory.empty() || options.doorbell.empty())
		throw std::invalid_argument("--memory and --doorbell are needed");
	if (!seeded)
		options.seed = std::random_device{}();
	return options;
}

} // namespace attack
