// SPDX-License-Identifier: GPL-2.0-only
// fault_each WITHIN FUNCTION ERROR TIMES NAME DO_FILE DO_TEXT UNDO_FILE UNDO_TEXT FOLDER...: writes DO_TEXT into DO_FILE
// again and again, while the first call of FUNCTION under WITHIN fails, then the second, until there is none more (TIMES
// in a row, 0 for all from there on; see drivers/kunit/fail_call.c). Where the write works nonetheless, it is undone.
//
// Each time nothing may be left in the FOLDERs, and a write that is refused leaves a message about NAME: one of the
// driver's at most, or that of the driver core. A write that works with something missing leaves a message, too.
#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "endpoint.hpp"

namespace
{

constexpr unsigned kMost = 5000; // more calls than any probe makes
constexpr unsigned kTold = 5; // faults of one kind that are told in full
constexpr int kError = 3, kWarning = 4;

/* 0 or an errno. */
int write_to(const std::string &file, const std::string &text)
{
	const int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	const int error = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;

	close(fd);
	return error;
}

class FailCall {
public:
	FailCall(const std::string &within, const std::string &function, const std::string &error,
		 const std::string &times)
	{
		set("nth", "0");
		set("error", error);
		set("times", times);
		set("within", within);
		set("function", function);
	}
	~FailCall()
	{
		write_to(path("function"), "\n");
		write_to(path("within"), "\n");
	}
	FailCall(const FailCall &) = delete;
	FailCall &operator=(const FailCall &) = delete;

	void arm(unsigned nth) const { set("nth", std::to_string(nth)); }

	/* How many calls failed; from here on none does. */
	unsigned disarm() const
	{
		unsigned failed = 0;

		std::ifstream(path("failed")) >> failed;
		set("nth", "0");
		return failed;
	}

private:
	static std::string path(const std::string &name) { return "/sys/module/fail_call/parameters/" + name; }

	static void set(const std::string &name, const std::string &value)
	{
		if (const int error = write_to(path(name), value))
			guest::fail("fail_call: " + name + "=" + value + ": " + std::strerror(error));
	}
};

struct Line {
	int level;
	std::string text;

	bool about(const std::string &name) const { return text.find(name + ": ") != std::string::npos; }

	/* An error that the driver told by itself; the remoteproc core tells one for each step that it goes back. */
	bool ours(const std::string &name) const
	{
		return level <= kError && about(name) && text.find("probe with driver") == std::string::npos &&
		       text.rfind("remoteproc ", 0) == std::string::npos;
	}
};

/* What the kernel says, warnings and worse. */
class Log {
public:
	Log() : fd_(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC))
	{
		if (fd_ < 0)
			guest::fail_errno("/dev/kmsg");
		lseek(fd_, 0, SEEK_END);
	}
	~Log() { close(fd_); }
	Log(const Log &) = delete;
	Log &operator=(const Log &) = delete;

	/* Since the last call. */
	std::vector<Line> lines() const
	{
		std::vector<Line> lines;
		char record[8192];

		for (;;) {
			const ssize_t got = read(fd_, record, sizeof(record));

			if (got < 0 && errno == EPIPE)
				continue;
			if (got <= 0)
				return lines;
			// "level,number,time,flags;text\n KEY=value\n..."
			const std::string whole(record, static_cast<std::size_t>(got));
			const auto text = whole.find(';') + 1;

			const int level = std::atoi(whole.c_str()) & 7;

			if (level <= kWarning)
				lines.push_back({level, whole.substr(text, whole.find('\n', text) - text)});
		}
	}

private:
	const int fd_;
};

/* What is there, two levels deep; symlinks are not followed. */
std::string listing(const std::vector<std::string> &folders)
{
	std::vector<std::string> found;
	std::error_code none;
	std::string all;

	for (const auto &folder : folders)
		for (const auto &entry : std::filesystem::directory_iterator(folder, none)) {
			found.push_back(entry.path());
			if (!entry.is_symlink(none) && entry.is_directory(none))
				for (const auto &inner : std::filesystem::directory_iterator(entry.path(), none))
					found.push_back(inner.path());
		}
	std::sort(found.begin(), found.end());
	for (const auto &path : found)
		all += path + "\n";
	return all;
}

/* The first line of @a that is not in @b, or the other way round. */
std::string difference(const std::string &a, const std::string &b)
{
	std::istringstream one(a), other(b);
	std::string left, right;

	while (std::getline(one, left) && std::getline(other, right) && left == right)
		;
	return left == right ? "" : left < right ? left : right;
}

struct Sums {
	unsigned refused = 0, worked = 0, wrong = 0;
	std::map<std::string, unsigned> said;

	void complain(unsigned nth, const std::string &what, const std::vector<Line> &lines)
	{
		if (++wrong > kTold)
			return;
		std::printf("call %u: %s\n", nth, what.c_str());
		for (const auto &line : lines)
			std::printf("    %s\n", line.text.c_str());
	}
};

} // namespace

int main(int argc, char **argv)
{
	if (argc < 11)
		guest::fail(
			"usage: fault_each WITHIN FUNCTION ERROR TIMES NAME DO_FILE DO_TEXT UNDO_FILE UNDO_TEXT FOLDER...");
	const std::string name = argv[5], do_file = argv[6], do_text = argv[7], undo_file = argv[8],
			  undo_text = argv[9];
	const std::vector<std::string> folders(argv + 10, argv + argc);
	const FailCall fail(argv[1], argv[2], argv[3], argv[4]);
	const auto undo = [&] {
		if (const int error = write_to(undo_file, undo_text))
			guest::fail("cannot write " + undo_text + " to " + undo_file + ": " + std::strerror(error));
	};
	const std::string nothing = listing(folders);

	if (const int error = write_to(do_file, do_text))
		guest::fail("it does not even work by itself: " + std::string(std::strerror(error)));
	const std::string all = listing(folders);

	undo();
	if (const auto left = difference(listing(folders), nothing); !left.empty())
		guest::fail("it is not undone even by itself: " + left);

	const Log log;
	Sums sums;
	unsigned nth = 1;

	for (;; ++nth) {
		log.lines();
		fail.arm(nth);
		const int error = write_to(do_file, do_text);
		const unsigned failed = fail.disarm();
		const auto lines = log.lines();
		const auto about =
			std::count_if(lines.begin(), lines.end(), [&](auto &line) { return line.about(name); });
		const auto ours =
			std::count_if(lines.begin(), lines.end(), [&](auto &line) { return line.ours(name); });
		const std::string what = error ? strerrorname_np(error) : "worked";

		for (const auto &line : lines)
			++sums.said[line.text];
		if (error && !about)
			sums.complain(nth, what + " without a message", lines);
		if (ours > 1)
			sums.complain(nth, what + " with more than one message", lines);
		if (!error) {
			const auto missing = difference(listing(folders), all);

			// A driver does without debugfs, and says nothing of it.
			if (!missing.empty() && missing.rfind("/sys/kernel/debug/", 0) && !about)
				sums.complain(nth, "not the same without a message: " + missing, lines);
			undo();
		}
		if (const auto left = difference(listing(folders), nothing); !left.empty())
			sums.complain(nth, what + ", left behind: " + left, lines);
		if (!failed)
			break;
		if (nth == kMost)
			guest::fail("still failing at call " + std::to_string(nth));
		++(error ? sums.refused : sums.worked);
	}
	if (const int error = write_to(do_file, do_text))
		guest::fail("it does not work any more: " + std::string(std::strerror(error)));
	undo();
	for (const auto &[line, count] : sums.said)
		std::printf("    %u x %s\n", count, line.c_str());
	std::printf("calls=%u refused=%u worked=%u wrong=%u\n", nth - 1, sums.refused, sums.worked, sums.wrong);
	return sums.wrong != 0;
}
