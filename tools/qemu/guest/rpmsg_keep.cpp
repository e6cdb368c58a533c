// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_keep DEVICE: sends back whatever comes and keeps its one file open, however often the link goes and comes. After
// SIGTERM it says how many messages went back and how many could not, for want of a link.
#include <csignal>
#include <cstdint>

#include "endpoint.hpp"

int main(int argc, char **argv)
{
	if (argc < 2)
		guest::fail("usage: rpmsg_keep DEVICE");
	const guest::Endpoint endpoint(argv[1]);
	unsigned long echoed = 0, lost = 0;
	static volatile std::sig_atomic_t over;
	struct sigaction action = {};

	action.sa_handler = [](int) { over = 1; };
	sigaction(SIGTERM, &action, nullptr);
	std::printf("keep: ready\n");
	std::fflush(stdout);
	while (!over) {
		std::uint8_t bytes[guest::kMtu];
		const ssize_t length = read(endpoint.fd(), bytes, sizeof(bytes));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			guest::fail_errno("keep: after " + std::to_string(echoed) + " messages: read");
		if (endpoint.send(bytes, static_cast<std::size_t>(length)))
			++echoed;
		else if (errno == ENOTCONN || errno == EDESTADDRREQ)
			++lost; // its sender is gone with the link
		else if (errno != EINTR)
			guest::fail_errno("keep: after " + std::to_string(echoed) + " messages: write");
	}
	std::printf("echoed=%lu lost=%lu\n", echoed, lost);
	return 0;
}
