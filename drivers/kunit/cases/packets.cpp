// SPDX-License-Identifier: GPL-2.0-only
// Buffers that are a header and whatever follows it, with a driver that is honest and one that is not.
#include <amp/vring/device_ring.hpp>
#include <amp/vring/packets.hpp>

#include "env.hpp"
#include "rvdev_main.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u32 kNum = 8;
constexpr u32 kSize = 64;
constexpr u32 kHeader = 10;

struct Bench {
	RvdevMain<Plain, 2, kNum, kSize> main;
	PacketSender<DeviceRing<Plain>> to_main;
	PacketReceiver<DeviceRing<Plain>> from_main;
	u8 header[kHeader];
	u8 payload[kSize];

	static Bench &start(amp_test &test)
	{
		auto &bench = *make<Bench>(test);
		const Regions regions(bench.main.rings.regions, 1);

		bench.main.start(test, 0);
		CHECK(bench.start_way(test, bench.to_main, 0).ok());
		CHECK(bench.start_way(test, bench.from_main, 1).ok());
		return bench;
	}
	template <typename Way> Result<void> start_way(amp_test &test, Way &way, u32 ring)
	{
		return way.ring().start(main.rings.memory[ring], Regions(main.rings.regions, 1), false,
					make_words(test, DeviceRing<Plain>::words(kNum)));
	}
	Result<usize> receive(usize room = kSize) { return from_main.receive(header, kHeader, payload, room); }
};

void fill(u8 *to, u32 size)
{
	for (u32 i = 0; i < size; i++)
		to[i] = u8(i * 7 + 1);
}

} // namespace

CASE(packets, arrive_whole_from_chains_of_every_length)
{
	u8 sent[kSize];

	fill(sent, kSize);
	for (u32 size = kHeader; size <= kSize; size++) {
		for (const u32 parts : list<u32>(1, 2, 3, kNum)) {
			auto &bench = Bench::start(test);

			__builtin_memcpy(bench.main.buffer(1, 0), sent, size);
			bench.main.driver[1].chain(0, bench.main.da(1, 0), size, parts, 0);
			bench.main.driver[1].offer(0);
			const auto got = bench.receive();
			REQUIRE(got.ok());
			REQUIRE_EQ(got.value(), size - kHeader);
			REQUIRE(same_bytes(bench.header, sent, kHeader));
			REQUIRE(same_bytes(bench.payload, sent + kHeader, size - kHeader));
			CHECK_EQ(bench.receive().fault(), Fault::Again);
			bench.from_main.publish();
			REQUIRE_EQ(bench.main.driver[1].returned(), 1);
			CHECK_EQ(bench.main.driver[1].collect().len, 0);
			CHECK_EQ(bench.from_main.counters().messages, 1);
			CHECK_EQ(bench.from_main.counters().bytes, size - kHeader);
		}
	}
}

CASE(packets, shorter_than_a_header_or_longer_than_the_room_are_dropped)
{
	auto &bench = Bench::start(test);
	u8 sent[kSize];

	fill(sent, kSize);
	bench.main.send(1, 0, sent, kHeader - 1);
	bench.main.send(1, 1, sent, kHeader + 21);
	bench.main.send(1, 2, sent, kHeader + 20);
	CHECK_EQ(bench.receive(20).fault(), Fault::BadChain);
	CHECK(has_text(bench.from_main.complaint().what, "expected at least"));
	CHECK_EQ(bench.payload[0], 0);
	CHECK_EQ(bench.receive(20).fault(), Fault::BadChain);
	CHECK(has_text(bench.from_main.complaint().what, "expected at most"));
	CHECK_EQ(bench.from_main.complaint().value, 21);
	CHECK_EQ(bench.from_main.complaint().limit, 20);
	CHECK_EQ(bench.receive(20).value(), 20);
	bench.from_main.publish();
	CHECK_EQ(bench.main.driver[1].returned(), 3);
	CHECK_EQ(bench.from_main.counters().bad_buffers, 2);
}

CASE(packets, a_chain_that_goes_wrong_later_is_dropped)
{
	auto &bench = Bench::start(test);
	auto &driver = bench.main.driver[1];

	driver.describe(0, bench.main.da(1, 0), 20, AMP_VRING_DESC_NEXT, 1);
	driver.describe(1, 0x1000, 20, 0); // outside of the region
	driver.offer(0);
	CHECK_EQ(bench.receive().fault(), Fault::BadChain);
	CHECK(has_text(bench.from_main.complaint().what, "outside"));

	driver.describe(2, bench.main.da(1, 0), 20, AMP_VRING_DESC_NEXT, 3);
	driver.describe(3, bench.main.da(1, 0), 0, AMP_VRING_DESC_NEXT, 3); // says nothing for ever
	driver.offer(2);
	CHECK_EQ(bench.receive().fault(), Fault::BadChain);
	CHECK(has_text(bench.from_main.complaint().what, "loops"));
}

CASE(packets, go_out_whole_or_not_at_all)
{
	auto &bench = Bench::start(test);
	u8 sent[kSize];

	fill(sent, kSize);
	CHECK_EQ(bench.to_main.send(sent, kHeader, sent, 20).fault(), Fault::Again);
	bench.main.listen(0, 0);
	bench.main.listen(0, 1, kHeader + 19);
	const auto went = bench.to_main.send(sent, kHeader, sent + kHeader, 20);
	REQUIRE(went.ok());
	CHECK_EQ(went.value().size, 20);
	CHECK(went.value().kick);
	CHECK(same_bytes(bench.main.buffer(0, 0), sent, kHeader + 20));
	CHECK_EQ(bench.main.driver[0].collect().len, kHeader + 20);
	CHECK_EQ(bench.to_main.send(sent, kHeader, sent, 20).fault(), Fault::BadChain);
	REQUIRE_EQ(bench.main.driver[0].returned(), 1);
	CHECK_EQ(bench.main.driver[0].collect().len, 0);
	CHECK_EQ(bench.to_main.counters().messages, 1);
	CHECK_EQ(bench.to_main.counters().bytes, 20);
	CHECK_EQ(bench.to_main.counters().bad_buffers, 1);
}

CASE(packets, a_stream_fills_what_there_is)
{
	for (const u32 parts : list<u32>(1, 2, 3)) {
		auto &bench = Bench::start(test);
		u8 sent[kSize];

		fill(sent, kSize);
		bench.main.driver[0].chain(0, bench.main.da(0, 0), 15, parts, AMP_VRING_DESC_WRITE);
		bench.main.driver[0].offer(0);
		bench.main.listen(0, 4);
		REQUIRE_EQ(bench.to_main.send_some(sent, 40).value().size, 15);
		REQUIRE_EQ(bench.to_main.send_some(sent + 15, 25).value().size, 25);
		CHECK(same_bytes(bench.main.buffer(0, 0), sent, 15));
		CHECK(same_bytes(bench.main.buffer(0, 4), sent + 15, 25));
		CHECK_EQ(bench.main.buffer(0, 4)[25], 0);
		CHECK_EQ(bench.main.driver[0].collect().len, 15);
		CHECK_EQ(bench.main.driver[0].collect().len, 25);
		bench.main.driver[0].describe(5, 0x1000, 20, AMP_VRING_DESC_WRITE);
		bench.main.driver[0].offer(5);
		CHECK_EQ(bench.to_main.send_some(sent, 1).fault(), Fault::BadChain);
		CHECK_EQ(bench.main.driver[0].collect().len, 0);
	}
}
