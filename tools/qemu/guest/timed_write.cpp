// SPDX-License-Identifier: GPL-2.0-only
// timed_write FILE TEXT: one write(), and how many ns it took
#include "endpoint.hpp"

int main(int argc, char **argv)
{
	if (argc != 3)
		guest::fail("timed_write FILE TEXT");
	const int fd = open(argv[1], O_WRONLY);

	if (fd < 0)
		guest::fail_errno(argv[1]);
	const auto start = guest::Clock::now();

	if (write(fd, argv[2], std::strlen(argv[2])) < 0)
		guest::fail_errno(argv[1]);
	const std::chrono::nanoseconds taken = guest::Clock::now() - start;

	std::printf("ns=%lld\n", static_cast<long long>(taken.count()));
}
