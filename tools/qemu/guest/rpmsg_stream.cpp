// SPDX-License-Identifier: GPL-2.0-only
// rpmsg_stream NAME COUNT [first]: sends COUNT numbered messages and receives COUNT, both as fast as they go, and checks
// that none is lost, doubled, reordered or damaged. Run on both ends; the one with "first" starts, which tells the
// other where to answer.
//
// rpmsg_char queues for its reader without a bound and drops when memory is out. So neither end sends more than a window
// ahead of what it has received: then at most two windows wait in the other's queue.
#include <atomic>
#include <cstdint>
#include <thread>

#include "message.hpp"

namespace
{

constexpr std::uint32_t kWindow = 1024; // messages
constexpr unsigned kStuck = 60; // seconds without a message

/* How many messages have arrived; ends the program when they stand still. */
class Arrivals {
public:
	Arrivals(std::uint32_t count, bool first) : count_(count), first_(first), watch_([this] { watch(); }) {}
	~Arrivals()
	{
		over_ = true;
		watch_.join();
	}

	void set(std::uint32_t number)
	{
		number_ = number;
		number_.notify_one();
	}

	/* Until message @number may be sent. */
	void wait_to_send(std::uint32_t number) const
	{
		for (;;) {
			const std::uint32_t arrived = number_;

			if ((arrived || first_) && number < arrived + kWindow)
				return;
			number_.wait(arrived);
		}
	}

private:
	void watch()
	{
		std::uint32_t last = 0;

		for (unsigned still = 0; !over_; usleep(100000)) {
			const std::uint32_t now = number_;

			still = now == last ? still + 1 : 0;
			last = now;
			if (still > kStuck * 10)
				guest::fail("stream: message " + std::to_string(now) + " of " + std::to_string(count_) +
					    " did not arrive within " + std::to_string(kStuck) + " s");
		}
	}

	const std::uint32_t count_;
	const bool first_;
	std::atomic<std::uint32_t> number_ = 0;
	std::atomic<bool> over_ = false;
	std::thread watch_;
};

/* Blocks in read() alone: a poll() for each message would cost as much again. */
void receive_all(const guest::Endpoint &endpoint, std::uint32_t count, Arrivals &arrivals)
{
	for (std::uint32_t number = 0; number < count; ++number) {
		std::uint8_t bytes[guest::kMtu];
		const auto got = endpoint.receive(bytes, sizeof(bytes));

		if (const auto wrong = guest::Message::of_stream(number).differs_from(bytes, got); !wrong.empty()) {
			std::uint32_t told = 0;

			std::memcpy(&told, bytes, std::min(got, sizeof(told)));
			guest::fail("stream: expected message " + std::to_string(number) + ", got one that says " +
				    std::to_string(told) + ": " + wrong);
		}
		arrivals.set(number + 1);
	}
}

void send_all(const guest::Endpoint &endpoint, std::uint32_t count, const Arrivals &arrivals)
{
	for (std::uint32_t number = 0; number < count; ++number) {
		const auto message = guest::Message::of_stream(number);

		arrivals.wait_to_send(number);
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
	Arrivals arrivals(count, argc > 3);
	const auto start = guest::Clock::now();

	std::printf("stream: ready\n");
	std::fflush(stdout);
	std::thread sender([&] { send_all(endpoint, count, arrivals); });

	receive_all(endpoint, count, arrivals);
	sender.join();
	std::printf("stream: %u messages each way in %.1f s\n", count,
		    std::chrono::duration<double>(guest::Clock::now() - start).count());
	return 0;
}
