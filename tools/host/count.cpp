// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message of 64 bytes costs the device end: amp_count_receive and amp_count_send, each called 10000 times, for
 * callgrind to count. The peer's part runs outside of them.
 */
#include <cstdio>
#include <memory>
#include <vector>

#include <amp/env_host.hpp>
#include <amp/rpmsg/link.hpp>
#include <amp/vring/device_ring.hpp>
#include <amp/vring/driver_ring.hpp>

using namespace amp;

using Main = Link<HostEnv, DriverTxRing<HostEnv>, DriverRxRing<HostEnv>>;
using Remote = Link<HostEnv, DeviceRing<HostEnv>, DeviceRing<HostEnv>>;

extern "C" [[gnu::noinline]] bool amp_count_receive(Remote &remote, amp_frame &frame, void *payload)
{
	return remote.from_peer.receive(frame, payload, 496).ok() && remote.from_peer.publish();
}

extern "C" [[gnu::noinline]] bool amp_count_send(Remote &remote, const amp_frame &frame, const void *payload)
{
	const auto head = remote.to_peer.reserve();
	if (!head.ok())
		return false;
	Complaint complaint;
	const auto written = remote.to_peer.write(head.value(), frame, payload, complaint);

	return remote.to_peer.submit(head.value(), written.ok() ? written.value() : 0);
}

int main()
{
	constexpr u32 kNum = 256;
	constexpr u32 kSize = 512;
	alignas(4096) static u8 memory[2][16384];
	std::vector<u8> pool(2 * kNum * kSize);
	const amp_region whole = {0x5000'0000, pool.data(), pool.size()};
	auto main = std::make_unique<Main>();
	auto remote = std::make_unique<Remote>();
	std::vector<u32> words[4];
	const auto space = [&words](u32 i) {
		words[i].resize(DriverTxRing<HostEnv>::words(kNum));
		return words[i].data();
	};
	const auto half = [&whole](u32 i) {
		return BufferPool{
			{whole.da + i * kNum * kSize, static_cast<u8 *>(whole.va) + i * kNum * kSize, kNum * kSize},
			kSize};
	};
	const amp_vring_memory up = {memory[0], sizeof(memory[0]), kNum, 4096};
	const amp_vring_memory down = {memory[1], sizeof(memory[1]), kNum, 4096};

	bool good = main->from_peer.ring().start(up, half(0), false, space(0)).ok() &&
		    main->to_peer.ring().start(down, half(1), false, space(1)).ok() &&
		    remote->to_peer.ring().start(up, Regions(&whole, 1), false, space(2)).ok() &&
		    remote->from_peer.ring().start(down, Regions(&whole, 1), false, space(3)).ok();
	u8 payload[512] = {};
	for (u32 n = 0; good && n < 10000; n++) {
		amp_frame frame = {n, 2, 64, 0};
		Complaint complaint;
		const u16 head = main->to_peer.reserve().value();

		good = main->to_peer.write(head, frame, payload, complaint).ok();
		main->to_peer.submit(head, 80);
		good = good && amp_count_receive(*remote, frame, payload) && amp_count_send(*remote, frame, payload) &&
		       main->from_peer.receive(frame, payload, 496).ok();
		main->from_peer.publish();
	}
	std::puts(good ? "10000 messages each way" : "count: a message was lost");
	return !good;
}
