// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_echo [NAME [ADDRESS]]: a service in user space. Makes the channel through /dev/rpmsg_ctrl0 and sends back
// whatever arrives, until it is killed; a link that went away and came back is no reason to end.
#include <cstdint>

#include "endpoint.hpp"

int main(int argc, char **argv)
{
	const std::string name = argc > 1 ? argv[1] : "rpmsg-raw";
	const unsigned address = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 0)) : 0x401;
	unsigned long echoed = 0;

	setvbuf(stdout, nullptr, _IOLBF, 0);
	guest::create_channel("/dev/rpmsg_ctrl0", name, address);
	for (;;) {
		const auto device = guest::device_of(name, std::chrono::seconds(3600));
		const guest::Endpoint endpoint(device);
		std::uint8_t bytes[guest::kMtu];

		std::printf("echo: %s is %s\n", name.c_str(), device.c_str());
		while (const std::size_t length = endpoint.receive(bytes, sizeof(bytes))) {
			if (!endpoint.send(bytes, length)) {
				std::printf("echo: cannot answer: %s\n", std::strerror(errno));
				break;
			}
			++echoed;
		}
		std::printf("echo: %s is gone after %lu messages\n", device.c_str(), echoed);
	}
}
