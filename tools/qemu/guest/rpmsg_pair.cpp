// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_pair A B [ROUNDS]: two devices of this machine that are the ends of one channel. Sends messages of every length
// from 0 to the MTU from A to B and from B to A at the same time, and compares each.
#include <cstdint>
#include <thread>

#include "message.hpp"

namespace
{

constexpr int kStuck = 20000; // ms without a message

void send_all(const guest::Endpoint &endpoint, std::uint32_t rounds, const char *way)
{
	std::uint32_t number = 0;

	for (std::uint32_t round = 0; round < rounds; ++round)
		for (std::size_t length = 0; length <= guest::kMtu; ++length) {
			const guest::Message message(++number, length);

			if (!endpoint.send(message.data(), length))
				guest::fail_errno(std::string("pair: ") + way + ": cannot send " +
						  std::to_string(length) + " bytes");
		}
}

void receive_all(const guest::Endpoint &endpoint, std::uint32_t rounds, const char *way)
{
	std::uint32_t number = 0;

	for (std::uint32_t round = 0; round < rounds; ++round)
		for (std::size_t length = 0; length <= guest::kMtu; ++length) {
			std::uint8_t bytes[guest::kMtu];

			if (!endpoint.wait(POLLIN, kStuck))
				guest::fail(std::string("pair: ") + way + ": no message of " + std::to_string(length) +
					    " bytes within 20 s");
			// One of length 0 reads as such: not through receive(), which takes it for the end.
			const ssize_t got = read(endpoint.fd(), bytes, sizeof(bytes));

			if (got < 0)
				guest::fail_errno(std::string("pair: ") + way);
			const auto wrong =
				guest::Message(++number, length).differs_from(bytes, static_cast<std::size_t>(got));

			if (!wrong.empty())
				guest::fail(std::string("pair: ") + way + ": message " + std::to_string(number) + ": " +
					    wrong);
		}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc < 3)
		guest::fail("usage: rpmsg_pair A B [ROUNDS]");
	const guest::Endpoint a(argv[1]), b(argv[2]);
	const auto rounds = argc > 3 ? static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 0)) : 1;
	// Whoever has no destination yet learns it from the first message.
	const guest::Message hello(0, 1);
	std::uint8_t byte = 0;

	if (!a.send(hello.data(), 1))
		guest::fail_errno("pair: first message");
	if (!b.wait(POLLIN, kStuck) || b.receive(&byte, 1) != 1 || !hello.differs_from(&byte, 1).empty())
		guest::fail("pair: the first message did not arrive as it was sent");
	std::thread threads[] = {
		std::thread(send_all, std::cref(a), rounds, "first to second"),
		std::thread(receive_all, std::cref(b), rounds, "first to second"),
		std::thread(send_all, std::cref(b), rounds, "second to first"),
		std::thread(receive_all, std::cref(a), rounds, "second to first"),
	};

	for (auto &thread : threads)
		thread.join();
	const unsigned long each = rounds * (guest::kMtu + 1);
	const unsigned long bytes = rounds * (guest::kMtu * (guest::kMtu + 1) / 2);

	std::printf("first_messages=%lu first_bytes=%lu second_messages=%lu second_bytes=%lu\n", each + 1, bytes + 1,
		    each, bytes);
	return 0;
}
