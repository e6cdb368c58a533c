// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_control DEVICE create|release|endpoint NAME [SOURCE [DESTINATION]]: an ioctl of mainline's rpmsg_ctrl. "endpoint"
// prints the character device that it made.
#include <set>

#include "endpoint.hpp"

namespace
{

std::set<std::string> devices()
{
	std::set<std::string> found;

	for (const auto &entry : std::filesystem::directory_iterator("/sys/class/rpmsg"))
		found.insert(entry.path().filename().string());
	return found;
}

unsigned long request_of(const std::string &verb)
{
	if (verb == "create")
		return RPMSG_CREATE_DEV_IOCTL;
	if (verb == "release")
		return RPMSG_RELEASE_DEV_IOCTL;
	if (verb == "endpoint")
		return RPMSG_CREATE_EPT_IOCTL;
	guest::fail("no such verb: " + verb);
}

unsigned address(int argc, char **argv, int at)
{
	return at < argc ? static_cast<unsigned>(std::strtoul(argv[at], nullptr, 0)) : RPMSG_ADDR_ANY;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc < 4)
		guest::fail("usage: rpmsg_control DEVICE create|release|endpoint NAME [SOURCE [DESTINATION]]");
	const std::string verb = argv[2];
	const auto request = request_of(verb);
	rpmsg_endpoint_info info = {};
	const int fd = open(argv[1], O_RDWR | O_CLOEXEC);

	if (fd < 0)
		guest::fail_errno(argv[1]);
	std::strncpy(info.name, argv[3], sizeof(info.name) - 1);
	info.src = address(argc, argv, 4);
	info.dst = address(argc, argv, 5);
	const auto before = devices();

	if (ioctl(fd, request, &info))
		guest::fail_errno(verb + " " + argv[3]);
	if (request == RPMSG_CREATE_EPT_IOCTL)
		for (const auto &device : devices())
			if (!before.count(device))
				std::printf("/dev/%s\n", device.c_str());
	return 0;
}
