// SPDX-License-Identifier: GPL-2.0-only
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "description.hpp"
#include "image.hpp"

namespace
{

using namespace rsctool;

constexpr char kUsage[] =
	"usage: rsctool [--offset BYTES] show FILE\n"
	"       rsctool [--offset BYTES] check FILE\n"
	"       rsctool [--offset BYTES] build FILE TEXT\n"
	"       rsctool [--offset BYTES] retype FILE large|vdev [N]\n"
	"\n"
	"  show    prints the resource table of FILE as text\n"
	"  check   is it sound, and does mainline's remoteproc take it? Status 1: not\n"
	"  build   makes the table that TEXT (a file, or - for standard input) describes as show prints it: in\n"
	"          the place of the one in FILE, or as a new raw FILE\n"
	"  retype  turns all vdevs, or the N-th (0 ...), into the type that mainline's core passes over, which\n"
	"          may have more than two vrings; or back\n"
	"\n"
	"FILE is firmware as ELF with a section .resource_table, or a raw image; --offset says where in that.\n";

// What mainline refuses and the format allows: drivers/remoteproc/remoteproc_core.c and remoteproc_elf_loader.c.
constexpr std::size_t kMainlineVrings = 2;

class Usage : public std::invalid_argument {
public:
	using std::invalid_argument::invalid_argument;
};

std::uint64_t number(const std::string &text, const char *what)
{
	std::size_t end = 0;

	try {
		const auto value = std::stoull(text, &end, 0);

		if (end == text.size() && text[0] != '-')
			return value;
	} catch (const std::exception &) {
		// said below
	}
	throw Usage(std::string(what) + " is a number, not \"" + text + "\"");
}

std::string contents(const std::string &path)
{
	if (path == "-")
		return {std::istreambuf_iterator<char>(std::cin), {}};
	std::ifstream file(path, std::ios::binary);

	if (!file)
		throw std::runtime_error("cannot open " + path);
	return {std::istreambuf_iterator<char>(file), {}};
}

int check(const Image &image, const std::string &path)
{
	const Table table = read_table(image.table(), image.order());
	std::size_t vdevs = 0;
	int status = 0;
	auto refused = [&](const std::string &why) {
		std::fprintf(stderr, "rsctool: %s: mainline refuses it: %s\n", path.c_str(), why.c_str());
		status = 1;
	};

	if (image.is_elf() && table.incarnation)
		refused("its ELF loader wants both reserved words to be 0; build the table without an incarnation");
	for (const auto &entry : table.entries) {
		const auto *vdev = std::get_if<Vdev>(&entry);

		if (!vdev)
			continue;
		if (!vdev->large && vdev->vrings.size() > kMainlineVrings)
			refused("vdev " + std::to_string(vdevs) + " has " + std::to_string(vdev->vrings.size()) +
				" vrings, and it takes 2; retype it as large");
		++vdevs;
	}
	if (!status)
		std::printf("%s: sound: %zu entries, %zu of them vdevs, %zu of %zu bytes\n", path.c_str(),
			    table.entries.size(), vdevs, size_of(table), image.table().size());
	return status;
}

/* A raw image that is not there yet becomes as long as its table. */
void build(const std::string &path, std::uint64_t offset, const Table &table)
{
	if (!std::filesystem::exists(path)) {
		std::ofstream(path, std::ios::binary).close();
		std::filesystem::resize_file(path, offset + size_of(table));
	}
	const Image image(path, true, offset);

	// Nothing is written before it is known to be sound.
	std::vector<std::uint32_t> room((image.table().size() + 3) / 4);
	const std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t *>(room.data()), image.table().size());

	write_table(table, bytes, image.order());
	std::copy(bytes.begin(), bytes.end(), image.table().begin());
}

int run(std::vector<std::string> words)
{
	std::uint64_t offset = 0;

	if (words.size() >= 2 && words[0] == "--offset") {
		offset = number(words[1], "the offset");
		words.erase(words.begin(), words.begin() + 2);
	}
	if (words.size() == 1 && words[0] == "--help") {
		std::fputs(kUsage, stdout);
		return 0;
	}
	if (words.size() < 2)
		throw Usage("a verb and a file are needed");
	const std::string &verb = words[0], &path = words[1];

	if (verb == "show" && words.size() == 2) {
		const Image image(path, false, offset);

		std::fputs(describe(read_table(image.table(), image.order())).c_str(), stdout);
		return 0;
	}
	if (verb == "check" && words.size() == 2)
		return check(Image(path, false, offset), path);
	if (verb == "build" && words.size() == 3) {
		build(path, offset, parse_description(contents(words[2])));
		return 0;
	}
	if (verb == "retype" && (words.size() == 3 || words.size() == 4) &&
	    (words[2] == "large" || words[2] == "vdev")) {
		const int which = words.size() == 4 ? static_cast<int>(number(words[3], "N") & 0xffff) : -1;
		const Image image(path, true, offset);

		std::printf("%s: %u retyped\n", path.c_str(),
			    retype(image.table(), image.order(), words[2] == "large", which));
		return 0;
	}
	throw Usage("\"" + verb + "\" is no verb, or has other arguments");
}

} // namespace

int main(int argc, char **argv)
{
	try {
		return run({argv + 1, argv + argc});
	} catch (const Usage &error) {
		std::fprintf(stderr, "rsctool: %s\n%s", error.what(), kUsage);
		return 2;
	} catch (const Malformed &error) {
		std::fprintf(stderr, "rsctool: malformed: %s\n", error.what());
		return 1;
	} catch (const std::exception &error) {
		std::fprintf(stderr, "rsctool: %s\n", error.what());
		return 1;
	}
}
