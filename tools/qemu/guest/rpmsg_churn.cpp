// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_churn CONTROL channels create|release COUNT: so many channels that rpmsg_echo drives, one after the other.
// rpmsg_churn CONTROL endpoints COUNT DESTINATION: makes an endpoint, opens it, sends a message, has it closed and
// destroyed, so many times, a few at a time.
#include <sys/wait.h>

#include "endpoint.hpp"

namespace
{

constexpr unsigned kFirstChannel = 0x10000; // addresses that nobody else takes
constexpr unsigned kEndpoint = 0x8000000;
constexpr unsigned kAtOnce = 4; // each waits mostly for the kernel to let go of the one before

rpmsg_endpoint_info info_of(const char *name, unsigned source, unsigned destination)
{
	rpmsg_endpoint_info info = {};

	std::strncpy(info.name, name, sizeof(info.name) - 1);
	info.src = source;
	info.dst = destination;
	return info;
}

void channels(int control, unsigned long request, unsigned count)
{
	for (unsigned number = 0; number < count; ++number) {
		auto info = info_of("rpmsg-echo", kFirstChannel + number, RPMSG_ADDR_ANY);

		if (ioctl(control, request, &info))
			guest::fail_errno("churn: channel " + std::to_string(number) + " of " + std::to_string(count));
	}
}

void endpoints_of_one(int control, unsigned first, unsigned count, unsigned destination)
{
	const std::string name = "churn" + std::to_string(first);

	for (unsigned number = first; number < count; number += kAtOnce) {
		auto info = info_of(name.c_str(), kEndpoint + number, destination);

		if (ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info))
			guest::fail_errno("churn: endpoint " + std::to_string(number));
		const guest::Endpoint endpoint(guest::device_of(name));

		// To an address where somebody listens and takes no notice.
		if (!endpoint.send(&number, sizeof(number)))
			guest::fail_errno("churn: message of endpoint " + std::to_string(number));
		if (ioctl(endpoint.fd(), RPMSG_DESTROY_EPT_IOCTL))
			guest::fail_errno("churn: endpoint " + std::to_string(number) + " is not destroyed");
	}
}

void endpoints(int control, unsigned count, unsigned destination)
{
	bool failed = false;
	int status;

	for (unsigned first = 0; first < kAtOnce; ++first) {
		const pid_t child = fork();

		if (child < 0)
			guest::fail_errno("churn: fork");
		if (!child) {
			endpoints_of_one(control, first, count, destination);
			std::exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	if (failed)
		std::exit(1);
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 5)
		guest::fail("usage: rpmsg_churn CONTROL channels create|release COUNT | endpoints COUNT DESTINATION");
	const std::string what = argv[2];
	const int control = open(argv[1], O_RDWR | O_CLOEXEC);
	const auto number = [](const char *text) { return static_cast<unsigned>(std::strtoul(text, nullptr, 0)); };

	if (control < 0)
		guest::fail_errno(argv[1]);
	if (what == "channels")
		channels(control, argv[3] == std::string("create") ? RPMSG_CREATE_DEV_IOCTL : RPMSG_RELEASE_DEV_IOCTL,
			 number(argv[4]));
	else
		endpoints(control, number(argv[3]), number(argv[4]));
	close(control);
	return 0;
}
