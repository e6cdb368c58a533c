// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_stream NAME COUNT [first]: sends COUNT numbered messages and receives COUNT, both at full speed, and checks
// that none is lost, doubled, reordered or damaged. Run on both ends; the one with "first" starts, which tells the
// other where to answer.
#include <atomic>
#include <cstdint>
#include <thread>

#include "message.hpp"

namespace
{

constexpr std::uint32_t kStuck = 20000; // ms without a message

void receive_all(const guest::Endpoint &endpoint, std::uint32_t count, std::atomic<bool> &begun)
{
	for (std::uint32_t number = 0; number < count; ++number) {
		std::uint8_t bytes[guest::kMtu];

		if (!endpoint.wait(POLLIN, kStuck))
			guest::fail("stream: message " + std::to_string(number) + " of " + std::to_string(count) +
				    " did not arrive within 20 s");
		const auto got = endpoint.receive(bytes, sizeof(bytes));

		if (const auto wrong = guest::Message::of_stream(number).differs_from(bytes, got); !wrong.empty()) {
			std::uint32_t told = 0;

			std::memcpy(&told, bytes, std::min(got, sizeof(told)));
			guest::fail("stream: expected message " + std::to_string(number) + ", got one that says " +
				    std::to_string(told) + ": " + wrong);
		}
		begun = true;
		begun.notify_one();
	}
}

void send_all(const guest::Endpoint &endpoint, std::uint32_t count)
{
	for (std::uint32_t number = 0; number < count; ++number) {
		const auto message = guest::Message::of_stream(number);

		if (!endpoint.send(message.data(), message.length()))
			guest::fail_errno("stream: cannot send message " + std::to_string(number));
	}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc < 3)
		guest::fail("usage: rpmsg_stream NAME COUNT [first]");
	const auto count = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 0));
	const guest::Endpoint endpoint(guest::device_of(argv[1]));
	std::atomic<bool> begun = argc > 3;
	const auto start = guest::Clock::now();
	std::thread sender([&] {
		begun.wait(false);
		send_all(endpoint, count);
	});

	std::printf("stream: ready\n");
	std::fflush(stdout);
	receive_all(endpoint, count, begun);
	sender.join();
	std::printf("stream: %u messages each way in %.1f s\n", count,
		    std::chrono::duration<double>(guest::Clock::now() - start).count());
	return 0;
}
