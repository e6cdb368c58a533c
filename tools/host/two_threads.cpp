// SPDX-License-Identifier: GPL-2.0-only
/*
 * A main and a remote in two threads, under ThreadSanitizer: messages go round with their content checked, and both
 * sleep until they are kicked, so that a kick that is lost is a failure and not a delay.
 */
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <amp/env_host.hpp>
#include <amp/rpmsg/link.hpp>
#include <amp/vring/device_ring.hpp>
#include <amp/vring/driver_ring.hpp>

using namespace amp;

namespace
{

using Main = Link<HostEnv, DriverTxRing<HostEnv>, DriverRxRing<HostEnv>>;
using Remote = Link<HostEnv, DeviceRing<HostEnv>, DeviceRing<HostEnv>>;
using Doorbell = std::counting_semaphore<>;

constexpr u32 kNum = 8;
constexpr u32 kSize = 64;
constexpr u32 kPayload = kSize - kRpmsgHeaderSize;
constexpr u32 kInFlight = 5;
constexpr auto kPatience = std::chrono::seconds(20);

struct Ring {
	std::vector<u64> memory = std::vector<u64>(VringLayout::of(kNum, 16).size / 8 + 3);
	std::vector<u8> pool = std::vector<u8>(kNum * kSize);
	std::vector<u32> driver_words = std::vector<u32>(DriverTxRing<HostEnv>::words(kNum));
	std::vector<u32> device_words = std::vector<u32>(DeviceRing<HostEnv>::words(kNum));
	amp_region region{0x1000, pool.data(), pool.size()};
	Doorbell to_driver{0};
	Doorbell to_device{0};

	amp_vring_memory at()
	{
		const auto start = (reinterpret_cast<uptr>(memory.data()) + 15) & ~uptr(15);

		return {reinterpret_cast<void *>(start), VringLayout::of(kNum, 16).size, kNum, 16};
	}
};

[[noreturn]] void give_up(const char *who, const char *why, u32 n)
{
	std::printf("        %s: %s at message %u\n", who, why, n);
	std::fflush(stdout);
	std::_Exit(1);
}

void check(bool good, const char *who, const char *why, u32 n)
{
	if (!good)
		give_up(who, why, n);
}

// Sleep until the ring has something, as a driver does: ask for a kick, look once more, wait for it.
template <typename End> void wait(End &ring, Doorbell &bell, const char *who, u32 n)
{
	if (!ring.listen())
		check(bell.try_acquire_for(kPatience), who, "a kick was lost", n);
	ring.hush();
}

template <typename Sender> bool send(Sender &sender, u32 n, Doorbell &kick)
{
	const auto head = sender.reserve();
	if (!head.ok())
		return false;
	u8 payload[kPayload];
	Complaint complaint;

	std::memset(payload, static_cast<int>(n * 37), sizeof(payload));
	const u16 len = u16(n % (kPayload + 1));
	const auto written = sender.write(head.value(), {n, n + 1, len, 0}, payload, complaint);
	check(written.ok(), "sender", "a buffer was refused", n);
	if (sender.submit(head.value(), written.value()))
		kick.release();
	return true;
}

template <typename Receiver> bool receive(Receiver &receiver, u32 n, const char *who)
{
	u8 payload[kPayload];
	amp_frame frame = {};
	const auto result = receiver.receive(frame, payload, sizeof(payload));

	if (result.fault() == Fault::Again)
		return false;
	check(result.ok(), who, "a message was refused", n);
	check(frame.src == n && frame.dst == n + 1 && frame.len == n % (kPayload + 1), who, "wrong header", n);
	for (u32 i = 0; i < frame.len; i++)
		check(payload[i] == u8(n * 37), who, "wrong content", n);
	return true;
}

void play(bool event_idx, u32 messages)
{
	Ring down; // main to remote
	Ring up;
	auto main = std::make_unique<Main>();
	auto remote = std::make_unique<Remote>();
	bool good =
		main->to_peer.ring().start(down.at(), {down.region, kSize}, event_idx, down.driver_words.data()).ok() &&
		main->from_peer.ring().start(up.at(), {up.region, kSize}, event_idx, up.driver_words.data()).ok();
	(void)main->from_peer.publish();
	good = good &&
	       remote->from_peer.ring()
		       .start(down.at(), Regions(&down.region, 1), event_idx, down.device_words.data())
		       .ok() &&
	       remote->to_peer.ring().start(up.at(), Regions(&up.region, 1), event_idx, up.device_words.data()).ok();
	check(good, "both", "start failed", 0);

	std::thread echo([&] {
		for (u32 n = 0; n < messages; n++) {
			while (!receive(remote->from_peer, n, "remote"))
				wait(remote->from_peer.ring(), down.to_device, "remote, receiving", n);
			if (remote->from_peer.publish())
				down.to_driver.release();
			while (!send(remote->to_peer, n, up.to_driver))
				wait(remote->to_peer.ring(), up.to_device, "remote, sending", n);
		}
	});
	u32 sent = 0;
	for (u32 n = 0; n < messages; n++) {
		while (sent < messages && sent < n + kInFlight && send(main->to_peer, sent, down.to_device))
			sent++;
		while (!receive(main->from_peer, n, "main"))
			wait(main->from_peer.ring(), up.to_driver, "main, receiving", n);
		if (main->from_peer.publish())
			up.to_device.release();
	}
	echo.join();
}

} // namespace

int main(int argc, char **argv)
{
	const u32 messages = argc > 1 ? u32(std::strtoul(argv[1], nullptr, 0)) : 10000;
	const char *const prefix = std::getenv("AMP_RESULTS_PREFIX");
	const char *const results = std::getenv("AMP_RESULTS");
	const std::string name = std::string(prefix ? prefix : "") + "two threads pass " + std::to_string(messages) +
				 " messages each way, ";

	for (const bool event_idx : {false, true}) {
		play(event_idx, messages);
		const std::string line = name + (event_idx ? "kicked by event index" : "kicked by flag");

		std::printf("  pass  %s\n", line.c_str());
		std::fflush(stdout);
		if (std::FILE *const file = results ? std::fopen(results, "a") : nullptr) {
			std::fprintf(file, "pass %s\n", line.c_str());
			std::fclose(file);
		}
	}
	return 0;
}
