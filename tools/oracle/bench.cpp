// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench WHO WHAT SIZE [count]: what a message costs the device end of a ring. WHO is ours, vringh or floor (a bare copy
 * through a ring of one writer and one reader), WHAT is receive or send. Prints "single MEDIAN MIN MAX" and
 * "two_threads MEDIAN MIN MAX" in ns per message; with count only runs, for callgrind to count oracle_bench_*.
 */
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <amp/env_host.hpp>
#include <amp/vring/device_ring.hpp>
#include <amp/vring/driver_ring.hpp>

#include "kernel_ends.h"

using namespace amp;

namespace
{

constexpr u32 kNum = 256;
constexpr u32 kBatch = 128;
constexpr u32 kAlign = 4096;
constexpr usize kMost = 512;

struct Memory {
	alignas(kAlign) u8 ring[16384];
	alignas(64) u8 buffers[kNum * kMost];
	amp_vring_memory vring() { return {ring, sizeof(ring), kNum, kAlign}; }
	amp_region region() { return {reinterpret_cast<uptr>(buffers), buffers, sizeof(buffers)}; }
};

// The floor's ring: one writer and one reader, slots of a fixed size.
struct Slots {
	struct Slot {
		u32 size;
		u8 bytes[kMost];
	};
	alignas(64) std::atomic<u32> head{0};
	alignas(64) std::atomic<u32> tail{0};
	Slot slots[kNum];

	bool put(const void *from, usize size)
	{
		const u32 at = head.load(std::memory_order_relaxed);
		if (at - tail.load(std::memory_order_acquire) == kNum)
			return false;
		slots[at % kNum].size = u32(size);
		std::memcpy(slots[at % kNum].bytes, from, size);
		head.store(at + 1, std::memory_order_release);
		return true;
	}
	bool get(void *to)
	{
		const u32 at = tail.load(std::memory_order_relaxed);
		if (head.load(std::memory_order_acquire) == at)
			return false;
		std::memcpy(to, slots[at % kNum].bytes, slots[at % kNum].size);
		tail.store(at + 1, std::memory_order_release);
		return true;
	}
};

Memory memory;
Slots slots;
amp_region region;
DeviceRing<HostEnv> ours;
kernel_device *vringh;

} // namespace

extern "C" {

[[gnu::noinline]] bool oracle_bench_ours_receive(void *to, usize size)
{
	const auto head = ours.take();
	if (!head.ok())
		return false;
	const bool good = ours.reader(head.value()).read(to, size).ok();
	ours.give(head.value(), 0);
	ours.publish();
	ours.kick_needed();
	return good;
}
[[gnu::noinline]] bool oracle_bench_ours_send(const void *from, usize size)
{
	const auto head = ours.take();
	if (!head.ok())
		return false;
	const bool good = ours.writer(head.value()).write(from, size).ok();
	ours.give(head.value(), u32(size));
	ours.publish();
	ours.kick_needed();
	return good;
}
[[gnu::noinline]] bool oracle_bench_vringh_receive(void *to, usize size)
{
	return kernel_device_receive(vringh, to, size);
}
[[gnu::noinline]] bool oracle_bench_vringh_send(const void *from, usize size)
{
	return kernel_device_send(vringh, from, size);
}
[[gnu::noinline]] bool oracle_bench_floor_receive(void *to, usize)
{
	return slots.get(to);
}
[[gnu::noinline]] bool oracle_bench_floor_send(const void *from, usize size)
{
	return slots.put(from, size);
}
}

namespace
{

using Clock = std::chrono::steady_clock;

// The other end of the ring, as far as the bench needs it: it works in batches, or in a thread of its own.
class Other {
public:
	Other(bool floor, bool receives, usize size) : floor_(floor), receives_(receives), size_(size)
	{
		const BufferPool pool = {memory.region(), kMost};

		storage_.resize(std::max(DriverTxRing<HostEnv>::words(kNum), DriverRxRing<HostEnv>::words(kNum)));
		const bool good = receives ? rx_.start(memory.vring(), pool, false, storage_.data()).ok()
					   : tx_.start(memory.vring(), pool, false, storage_.data()).ok();
		if (!good)
			std::abort();
		// It looks by itself.
		receives ? rx_.hush() : tx_.hush();
	}
	// One message to the device, or one from it.
	bool work()
	{
		if (floor_)
			return receives_ ? slots.get(scratch_) : slots.put(scratch_, size_);
		const auto head = receives_ ? rx_.take() : tx_.take();
		if (!head.ok())
			return false;
		if (receives_) {
			(void)rx_.reader(head.value()).read(scratch_, size_);
			rx_.give(head.value(), 0);
			rx_.publish();
		} else {
			(void)tx_.writer(head.value()).write(scratch_, size_);
			tx_.give(head.value(), u32(size_));
			tx_.publish();
		}
		return true;
	}

private:
	bool floor_, receives_;
	usize size_;
	std::vector<u32> storage_;
	DriverTxRing<HostEnv> tx_;
	DriverRxRing<HostEnv> rx_;
	u8 scratch_[kMost] = {};
};

void print(const char *what, std::vector<double> times)
{
	std::sort(times.begin(), times.end());
	std::printf("%s %.2f %.2f %.2f\n", what, times[times.size() / 2], times.front(), times.back());
}

template <typename Device> double batches(Other &other, bool receives, u32 count, Device device)
{
	std::chrono::nanoseconds total{};

	for (u32 done = 0; done < count; done += kBatch) {
		for (u32 i = 0; !receives && i < kBatch; i++)
			other.work();
		const auto start = Clock::now();
		for (u32 i = 0; i < kBatch; i++)
			if (!device()) {
				std::fputs("bench: a message was lost\n", stderr);
				std::exit(1);
			}
		total += Clock::now() - start;
		for (u32 i = 0; receives && i < kBatch; i++)
			other.work();
	}
	return double(total.count()) / count;
}

template <typename Device> double threads(Other &other, u32 count, Device device)
{
	const auto start = Clock::now();
	std::thread thread([&] {
		for (u32 done = 0; done < count;)
			other.work() ? void(++done) : std::this_thread::yield();
	});

	for (u32 done = 0; done < count;)
		device() ? void(++done) : std::this_thread::yield();
	thread.join();
	return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / count;
}

template <typename Device> int run(bool floor, bool sends, usize size, bool count_only, Device device)
{
	// What the device sends the other receives.
	Other other(floor, sends, size);
	std::vector<u32> lent(DeviceRing<HostEnv>::words(kNum));

	region = memory.region();
	if (!ours.start(memory.vring(), Regions(&region, 1), false, lent.data()).ok())
		return 1;
	vringh = kernel_device_new(memory.ring, kNum, kAlign, false);
	if (count_only) {
		batches(other, sends, 10 * kBatch, device);
	} else {
		std::vector<double> single, two;

		for (u32 round = 0; round < 31; round++)
			single.push_back(batches(other, sends, 64 * kBatch, device));
		for (u32 round = 0; round < 11; round++)
			two.push_back(threads(other, 100000, device));
		print("single", single);
		print("two_threads", two);
	}
	kernel_device_free(vringh);
	return 0;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc < 4) {
		std::fputs("usage: bench ours|vringh|floor receive|send SIZE [count]\n", stderr);
		return 2;
	}
	const std::string who = argv[1];
	const bool sends = std::string(argv[2]) == "send";
	const usize size = std::min<usize>(std::strtoul(argv[3], nullptr, 0), kMost);
	static u8 payload[kMost];
	const auto go = [&](auto receive, auto send) {
		return run(who == "floor", sends, size, argc > 4,
			   [=] { return sends ? send(payload, size) : receive(payload, size); });
	};

	if (who == "ours")
		return go(oracle_bench_ours_receive, oracle_bench_ours_send);
	if (who == "vringh")
		return go(oracle_bench_vringh_receive, oracle_bench_vringh_send);
	return go(oracle_bench_floor_receive, oracle_bench_floor_send);
}
