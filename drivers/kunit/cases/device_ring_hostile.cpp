// SPDX-License-Identifier: GPL-2.0-only
// The device end with a driver that breaks one rule at a time: which fault, which words, and what is left untouched.
#include <amp/vring/device_ring.hpp>

#include "env.hpp"
#include "mock_driver.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u64 kDa = 0x5000'0000;
constexpr u32 kNum = 8;

struct Bench {
	amp_vring_memory memory;
	amp_region pool;
	MockDriver<Plain> driver;
	DeviceRing<Plain> device;
	u32 *lent;

	static Bench &start(amp_test &test, u16 index = 0)
	{
		auto &bench = *make<Bench>(test);

		bench.memory = make_ring(test, kNum);
		bench.pool = make_region(test, kDa, 1024);
		bench.driver.start(test, bench.memory, index);
		bench.lent = make_words(test, decltype(bench.device)::words(kNum));
		CHECK(bench.restart().ok());
		return bench;
	}
	Result<void> restart() { return device.start(memory, Regions(&pool, 1), false, lent); }
};

void bad_ring(amp_test &test, Bench &bench, const char *why, u64 value)
{
	for (u32 i = 0; i < 2; i++) { // a second look changes nothing
		CHECK_EQ(bench.device.take().fault(), Fault::BadRing);
		CHECK(has_text(bench.device.complaint().what, why));
		CHECK_EQ(bench.device.complaint().value, value);
	}
	CHECK_EQ(bench.driver.returned(), 0);
}

void bad_chain(amp_test &test, Bench &bench, u16 head, Access access, const char *why, u64 value)
{
	u8 buffer[8] = {};
	auto chain = access == Access::Read ? bench.device.reader(head) : bench.device.writer(head);

	for (u32 i = 0; i < 2; i++) { // and stays bad
		const auto result = access == Access::Read ? chain.read(buffer, sizeof(buffer))
							   : chain.write(buffer, sizeof(buffer));
		CHECK_EQ(result.fault(), Fault::BadChain);
		CHECK(has_text(chain.complaint().what, why));
		CHECK_EQ(chain.complaint().value, value);
	}
	auto again = access == Access::Read ? bench.device.reader(head) : bench.device.writer(head);
	CHECK_EQ(again.room(8).fault(), Fault::BadChain);
}

} // namespace

CASE(device_ring, refuses_an_index_that_jumps)
{
	for (const u16 start : list<u16>(0, 100, 65530)) {
		auto &bench = Bench::start(test, start);

		for (const u32 ahead : list<u32>(kNum + 1, 1000u, 0x7fffu, 0x8000u, 0xffffu)) {
			const u16 idx = u16(start + ahead);

			bench.driver.ring.avail->idx.put(idx);
			bad_ring(test, bench, "avail.idx", idx);
			CHECK_EQ(bench.device.ready().fault(), Fault::BadRing);
			CHECK_EQ(bench.restart().fault(), Fault::BadRing);
		}
		bench.driver.ring.avail->idx.put(u16(start + kNum)); // as far as is legal
		CHECK(bench.restart().ok());
		CHECK_EQ(bench.device.ready().value(), kNum);
	}
}

CASE(device_ring, refuses_a_head_out_of_range)
{
	for (const u16 head : list<u16>(u16(kNum), u16(kNum + 1), u16(0x7fff), u16(0x8000), u16(0xffff))) {
		auto &bench = Bench::start(test);

		bench.driver.offer(head);
		bad_ring(test, bench, "offered head, expected below", head);
	}
}

CASE(device_ring, refuses_a_head_offered_twice)
{
	auto &bench = Bench::start(test);

	bench.driver.offer(5);
	bench.driver.offer(5);
	CHECK_EQ(bench.device.take().value(), 5);
	bad_ring(test, bench, "while it was still taken", 5);
	bench.device.give(5, 0);
	bench.device.publish();
	CHECK_EQ(bench.device.take().value(), 5); // once given back, it may come again
}

CASE(device_ring, start_forgets_what_was_lent)
{
	auto &bench = Bench::start(test);

	bench.driver.offer(5);
	CHECK_EQ(bench.device.take().value(), 5);
	REQUIRE(bench.restart().ok());
	CHECK_EQ(bench.device.take().value(), 5);
}

CASE(device_ring, ends_chains_that_loop)
{
	auto &bench = Bench::start(test);

	bench.driver.describe(0, kDa, 0, AMP_VRING_DESC_NEXT, 0);
	bad_chain(test, bench, 0, Access::Read, "loops", kNum + 1);
	bench.driver.describe(0, kDa, 0, AMP_VRING_DESC_NEXT, 1);
	bench.driver.describe(1, kDa, 0, AMP_VRING_DESC_NEXT, 0);
	bad_chain(test, bench, 1, Access::Read, "loops", kNum + 1);
	bench.driver.describe(0, kDa, 1, AMP_VRING_DESC_NEXT | AMP_VRING_DESC_WRITE, 0);
	auto chain = bench.device.writer(0);
	u8 buffer[kNum + 1] = {};
	CHECK_EQ(chain.write(buffer, sizeof(buffer)).fault(), Fault::BadChain);
	CHECK(has_text(chain.complaint().what, "loops"));
	CHECK_EQ(bench.device.writer(0).room(1000).fault(), Fault::BadChain);
}

CASE(device_ring, refuses_addresses_outside_of_the_regions)
{
	struct {
		u64 addr;
		u32 len;
	} const bad[] = {
		{0, 8},
		{kDa - 1, 8},
		{kDa - 1, 0},
		{kDa - 8, 8},
		{kDa + 1024, 1},
		{kDa + 1025, 0},
		{kDa + 1017, 8},
		{kDa, 1025},
		{kDa, 0xffffffff},
		{kDa + 8, 0xffffffff},
		{0xffff'ffff'ffff'ffff, 1},
		{0xffff'ffff'ffff'ffff, 2},
		{0xffff'ffff'ffff'fff8, 8},
		{0xffff'ffff'ffff'fff8, 0xffffffff},
		{0x1'0000'0000 + kDa, 8},
		{0x8000'0000'0000'0000 + kDa, 8},
	};

	auto &bench = Bench::start(test);
	for (const auto &entry : bad) {
		for (const auto access : list<Access>(Access::Read, Access::Write)) {
			bench.driver.describe(0, entry.addr, entry.len,
					      access == Access::Write ? AMP_VRING_DESC_WRITE : 0);
			bad_chain(test, bench, 0, access, "descriptor address", entry.addr);
		}
	}
	bench.driver.describe(0, kDa + 1016, 8, 0);
	u8 buffer[8];
	CHECK(bench.device.reader(0).read(buffer, 8).ok());
}

CASE(device_ring, refuses_a_chain_whose_second_part_is_bad)
{
	auto &bench = Bench::start(test);
	u8 buffer[16];

	bench.driver.describe(0, kDa, 8, AMP_VRING_DESC_NEXT, 1);
	bench.driver.describe(1, kDa + 1020, 8, 0);
	CHECK(bench.device.reader(0).read(buffer, 8).ok()); // not needed, not looked at
	auto chain = bench.device.reader(0);
	CHECK_EQ(chain.read(buffer, 9).fault(), Fault::BadChain);
	CHECK_EQ(chain.complaint().value, kDa + 1020);
}

CASE(device_ring, refuses_indirect_descriptors)
{
	auto &bench = Bench::start(test);

	for (const u16 flags : list<u16>(4, 5, 6, 7, 0xffff)) {
		bench.driver.describe(0, kDa, 64, flags);
		bad_chain(test, bench, 0, Access::Read, "INDIRECT", flags);
		bad_chain(test, bench, 0, Access::Write, "INDIRECT", flags);
	}
}

CASE(device_ring, refuses_the_wrong_direction)
{
	auto &bench = Bench::start(test);

	bench.driver.describe(0, kDa, 64, AMP_VRING_DESC_WRITE);
	bad_chain(test, bench, 0, Access::Read, "direction", AMP_VRING_DESC_WRITE);
	bench.driver.describe(0, kDa, 64, 0);
	bad_chain(test, bench, 0, Access::Write, "direction", 0);
}

CASE(device_ring, refuses_a_next_out_of_range)
{
	auto &bench = Bench::start(test);

	for (const u16 next : list<u16>(u16(kNum), u16(kNum + 1), u16(0x8000), u16(0xffff))) {
		bench.driver.describe(0, kDa, 4, AMP_VRING_DESC_NEXT, next);
		bad_chain(test, bench, 0, Access::Read, "next descriptor", next);
		bench.driver.describe(0, kDa, 8, 0, next); // without the flag it means nothing
		u8 buffer[8];
		CHECK(bench.device.reader(0).read(buffer, 8).ok());
	}
}

CASE(device_ring, any_hint_is_safe)
{
	auto &bench = Bench::start(test);

	for (const u16 garbage : list<u16>(0x0000, 0x0001, 0x5555, 0x8000, 0xfffe, 0xffff)) {
		bench.driver.ring.avail->flags.put(garbage);
		bench.driver.ring.used_event->put(garbage);
		for (const bool event_idx : list<bool>(false, true)) {
			REQUIRE(bench.device.start(bench.memory, Regions(&bench.pool, 1), event_idx, bench.lent).ok());
			bench.driver.offer(0);
			REQUIRE_EQ(bench.device.take().value(), 0);
			bench.device.give(0, 0);
			bench.device.publish();
			(void)bench.device.kick_needed();
			CHECK(!bench.device.listen());
			CHECK_EQ(bench.driver.returned(), 1);
			bench.driver.collect();
		}
	}
}
