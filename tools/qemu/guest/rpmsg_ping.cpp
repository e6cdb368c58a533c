// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_ping [NAME [ROUNDS]]: sends messages of 1 byte to the MTU to an echo service, each again and again for ROUNDS,
// and compares what comes back.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "message.hpp"

constexpr int kPatience = 12000; // ms; sooner than a sender that missed its wake-up looks again

int main(int argc, char **argv)
{
	const std::string name = argc > 1 ? argv[1] : "rpmsg-raw";
	const unsigned rounds = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 0)) : 1;
	const guest::Endpoint endpoint(guest::device_of(name));

	std::puts("ping: ready"); // it has this life's channel: whoever waits for that may end the link now
	std::fflush(stdout);
	std::vector<double> times;
	std::uint32_t number = 0;

	for (unsigned round = 0; round < rounds; ++round)
		for (std::size_t length = 1; length <= guest::kMtu; ++length) {
			const guest::Message message(++number, length);
			std::uint8_t back[guest::kMtu];
			const auto start = guest::Clock::now();

			if (!endpoint.send(message.data(), length))
				guest::fail_errno("ping: cannot send " + std::to_string(length) + " bytes");
			if (!endpoint.wait(POLLIN, kPatience))
				guest::fail("ping: no answer to " + std::to_string(length) + " bytes within " +
					    std::to_string(kPatience) + " ms");
			const auto got = endpoint.receive(back, sizeof(back));
			const double time =
				std::chrono::duration<double, std::micro>(guest::Clock::now() - start).count();

			if (const auto wrong = message.differs_from(back, got); !wrong.empty())
				guest::fail("ping: message " + std::to_string(number) + ": " + wrong);
			times.push_back(time);
		}

	std::uint8_t too_long[guest::kMtu + 1] = {};

	if (endpoint.send(too_long, sizeof(too_long)) || errno != EMSGSIZE)
		guest::fail_errno("ping: one byte more than the MTU is not refused with EMSGSIZE");
	std::sort(times.begin(), times.end());
	std::printf("messages=%u longest=%zu rtt_us_min=%.0f rtt_us_median=%.0f rtt_us_max=%.0f\n", number, guest::kMtu,
		    times.front(), times[times.size() / 2], times.back());
	return 0;
}
