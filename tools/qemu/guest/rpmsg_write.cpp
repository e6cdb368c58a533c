// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_write DEVICE VERB...: what write() and poll() do, one line for each verb:
//   one [LENGTH]	a blocking write		try [LENGTH]	the same with O_NONBLOCK
//   fill		O_NONBLOCK until one fails	alarm		a blocking write under an alarm after 500 ms
//   poll [MS]		poll() for POLLOUT		flood		blocking writes until SIGTERM, errors counted
#include <csignal>
#include <cstdint>
#include <map>

#include "endpoint.hpp"

namespace
{

volatile std::sig_atomic_t over;
guest::Clock::time_point start;

long elapsed()
{
	return std::chrono::duration_cast<std::chrono::milliseconds>(guest::Clock::now() - start).count();
}

std::string name_of(int error)
{
	switch (error) {
	case 0:
		return "ok";
	case 512: // ERESTARTSYS: as the main end's bus says after 15 s
		return "ERESTARTSYS";
	default:
		return strerrorname_np(error) ? strerrorname_np(error) : std::to_string(error);
	}
}

int write_one(int fd, std::size_t length = 100)
{
	static const std::uint8_t bytes[1024] = {};

	return write(fd, bytes, length) == static_cast<ssize_t>(length) ? 0 : errno;
}

void nonblocking(int fd, bool on)
{
	const int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

void say(const std::string &text)
{
	std::printf("%s after_ms=%ld\n", text.c_str(), elapsed());
	std::fflush(stdout);
}

void flood(int fd)
{
	std::map<std::string, unsigned long> results;
	long longest = 0;

	while (!over) {
		const auto before = elapsed();
		const int error = write_one(fd);

		longest = std::max(longest, elapsed() - before);
		++results[name_of(error)];
		if (error == EPIPE)
			break;
		// Enough to fill the ring soon where nobody empties it, and to leave the machine to others where somebody does.
		usleep(error ? 20000 : 2000);
	}
	std::printf("flood:");
	for (const auto &[name, count] : results)
		std::printf(" %s=%lu", name.c_str(), count);
	std::printf(" longest_ms=%ld\n", longest);
}

} // namespace

int main(int argc, char **argv)
{
	if (argc < 3)
		guest::fail("usage: rpmsg_write DEVICE VERB...");
	const guest::Endpoint endpoint(argv[1]);
	const int fd = endpoint.fd();
	struct sigaction action = {};

	action.sa_handler = [](int) { over = 1; };
	sigaction(SIGTERM, &action, nullptr);
	sigaction(SIGALRM, &action, nullptr);
	for (int at = 2; at < argc; ++at) {
		const std::string verb = argv[at];
		const bool number = at + 1 < argc && std::isdigit(argv[at + 1][0]);
		const long value = number ? std::atol(argv[++at]) : -1;
		const auto length = value < 0 ? 100 : static_cast<std::size_t>(value);

		start = guest::Clock::now();
		if (verb == "one" || verb == "try" || verb == "alarm") {
			std::printf("%s: begins\n", verb.c_str());
			std::fflush(stdout);
			nonblocking(fd, verb == "try");
			if (verb == "alarm")
				ualarm(500000, 0);
			say(verb + ": " + name_of(write_one(fd, length)));
		} else if (verb == "fill") {
			unsigned count = 0;
			int error;

			nonblocking(fd, true);
			while (!(error = write_one(fd)))
				++count;
			say("fill: " + name_of(error) + " count=" + std::to_string(count));
		} else if (verb == "poll") {
			std::printf("poll: begins\n");
			std::fflush(stdout);
			pollfd one = {fd, POLLOUT, 0};
			const int found = poll(&one, 1, value < 0 ? 500 : static_cast<int>(value));

			say(std::string("poll: ") +
			    (found == 1 && one.revents & POLLOUT ? "writable" : "not writable"));
		} else if (verb == "flood") {
			nonblocking(fd, false);
			flood(fd);
		} else {
			guest::fail("no such verb: " + verb);
		}
	}
	return 0;
}
