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

constexpr unsigned kStuck = 60; // seconds without a message

/* Blocks in read() alone: a poll() for each message would cost as much again. The watch ends a stream that stands still. */
class Watch {
public:
	explicit Watch(std::uint32_t count) : count_(count), thread_([this] { run(); }) {}
	~Watch()
	{
		over_ = true;
		thread_.join();
	}

	void arrived(std::uint32_t number) { arrived_.store(number, std::memory_order_relaxed); }

private:
	void run()
	{
		std::uint32_t last = 0;

		for (unsigned still = 0; !over_; usleep(100000)) {
			const auto now = arrived_.load(std::memory_order_relaxed);

			still = now == last ? still + 1 : 0;
			last = now;
			if (still > kStuck * 10)
				guest::fail("stream: message " + std::to_string(now) + " of " + std::to_string(count_) +
					    " did not arrive within " + std::to_string(kStuck) + " s");
		}
	}

	const std::uint32_t count_;
	std::atomic<std::uint32_t> arrived_ = 0;
	std::atomic<bool> over_ = false;
	std::thread thread_;
};

void receive_all(const guest::Endpoint &endpoint, std::uint32_t count, std::atomic<bool> &begun)
{
	Watch watch(count);

	for (std::uint32_t number = 0; number < count; ++number) {
		std::uint8_t bytes[guest::kMtu];
		const auto got = endpoint.receive(bytes, sizeof(bytes));

		if (const auto wrong = guest::Message::of_stream(number).differs_from(bytes, got); !wrong.empty()) {
			std::uint32_t told = 0;

			std::memcpy(&told, bytes, std::min(got, sizeof(told)));
			guest::fail("stream: expected message " + std::to_string(number) + ", got one that says " +
				    std::to_string(told) + ": " + wrong);
		}
		watch.arrived(number + 1);
		if (!number) {
			begun = true;
			begun.notify_one();
		}
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
