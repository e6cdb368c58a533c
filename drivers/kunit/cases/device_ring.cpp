// SPDX-License-Identifier: GPL-2.0-only
// The device end with an honest driver.
#include <amp/vring/device_ring.hpp>

#include "env.hpp"
#include "mock_driver.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u64 kDa = 0x8'5000'0000; // above 4 GiB: the upper half of an address counts

// A ring, its driver and a pool of 64 bytes per descriptor.
template <typename Env> struct Bench {
	amp_vring_memory memory;
	amp_region pool;
	MockDriver<Env> driver;
	DeviceRing<Env> device;
	u32 *lent;

	void build(amp_test &test, u32 num, u16 index = 0)
	{
		memory = make_ring(test, num);
		pool = make_region(test, kDa, usize(num) * 64);
		driver.start(test, memory, index);
		for (u32 i = 0; i < num; i++)
			driver.describe(i, kDa + i * 64, 64, 0);
		lent = make_words(test, DeviceRing<Env>::words(num));
	}
	bool start(amp_test &test, bool event_idx = false)
	{
		return CHECK(device.start(memory, Regions(&pool, 1), event_idx, lent).ok());
	}
};

} // namespace

CASE(device_ring, takes_and_gives_in_rings_of_every_size)
{
	for (u32 num = 1; num <= AMP_VRING_NUM_MAX; num *= 2) {
		auto &bench = *make<Bench<Plain>>(test);

		bench.build(test, num, 65530); // the indices wrap on the way
		REQUIRE(bench.start(test));
		CHECK_EQ(bench.device.take().fault(), Fault::Again);
		for (u32 round = 0; round < 2; round++) {
			for (u32 i = 0; i < num; i++)
				bench.driver.offer(u16(num - 1 - i));
			REQUIRE_EQ(bench.device.ready().value(), num);
			for (u32 i = 0; i < num; i++)
				REQUIRE_EQ(bench.device.take().value(), num - 1 - i);
			CHECK_EQ(bench.device.take().fault(), Fault::Again);
			for (u32 i = 0; i < num; i++)
				bench.device.give(u16(i), i + round);
			CHECK_EQ(bench.driver.returned(), 0);
			bench.device.publish();
			REQUIRE_EQ(bench.driver.returned(), num);
			for (u32 i = 0; i < num; i++) {
				const auto used = bench.driver.collect();
				REQUIRE_EQ(used.id, i);
				REQUIRE_EQ(used.len, i + round);
			}
		}
	}
}

CASE(device_ring, indices_wrap_at_65536)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 4, 65530);
	REQUIRE(bench.start(test));
	for (u32 i = 0; i < 70000; i++) {
		bench.driver.offer(u16(i % 4));
		REQUIRE_EQ(bench.device.take().value(), i % 4);
		bench.device.give(u16(i % 4), i);
		bench.device.publish();
		REQUIRE_EQ(bench.driver.returned(), 1);
		REQUIRE_EQ(bench.driver.collect().len, i);
		REQUIRE(!bench.device.remade());
	}
}

CASE(device_ring, peek_leaves_the_buffer)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 4);
	REQUIRE(bench.start(test));
	bench.driver.offer(3);
	CHECK_EQ(bench.device.peek().value(), 3);
	CHECK_EQ(bench.device.peek().value(), 3);
	CHECK_EQ(bench.device.ready().value(), 1);
	CHECK_EQ(bench.device.take().value(), 3);
	CHECK_EQ(bench.device.ready().value(), 0);
}

CASE(device_ring, resumes_where_an_earlier_device_stopped)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 8, 1000);
	bench.driver.offer(1); // while nobody looked
	bench.driver.offer(2);
	REQUIRE(bench.start(test));
	CHECK(!bench.device.remade());
	CHECK_EQ(bench.device.take().value(), 1);
	bench.device.give(1, 7);
	bench.device.publish();
	CHECK_EQ(bench.driver.ring.used->idx.fetch().unchecked(), 1001);
	CHECK_EQ(bench.device.take().value(), 2);
}

CASE(device_ring, sees_that_the_ring_was_made_anew)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 8);
	REQUIRE(bench.start(test));
	CHECK(!bench.device.remade());
	bench.driver.offer(0);
	CHECK_EQ(bench.device.take().value(), 0);
	CHECK(!bench.device.remade()); // taking writes nothing
	bench.device.give(0, 0);
	CHECK(!bench.device.remade());
	bench.device.publish();
	CHECK(!bench.device.remade());
	bench.driver.ring.used->idx.put(0);
	CHECK(bench.device.remade());
}

// Within a batch avail.idx is read when the last look at it is used up; a new batch begins with a new look.
CASE(device_ring, an_old_look_ends_with_its_batch)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 8);
	REQUIRE(bench.start(test));
	for (const u16 head : list<u16>(u16(0), u16(1), u16(2)))
		bench.driver.offer(head);
	bench.device.hush();
	CHECK_EQ(bench.device.take().value(), 0);
	bench.driver.ring.avail->idx.put(0); // the ring is made anew
	CHECK_EQ(bench.device.take().value(), 1);
	bench.device.hush();
	CHECK_EQ(bench.device.take().fault(), Fault::BadRing);
}

// A message over 1 to n descriptors of any sizes arrives as one.
CASE(device_ring, reads_and_writes_chains_of_every_length)
{
	u8 *const sent = make<u8>(test, 16 * 64);
	u8 *const got = make<u8>(test, 16 * 64);

	for (u32 num = 1; num <= 16; num *= 2) {
		auto &bench = *make<Bench<Plain>>(test);

		bench.build(test, num);
		REQUIRE(bench.start(test));
		for (u32 parts = 1; parts <= num; parts++) {
			const u32 size = num * 64 - parts; // does not divide evenly
			const u16 first = u16(parts % num); // the chain runs over the end of the table
			for (u32 i = 0; i < size; i++)
				sent[i] = bytes(bench.pool)[i] = u8(i * 7 + parts);
			bench.driver.chain(first, kDa, size, parts, 0);
			bench.driver.offer(first);
			REQUIRE_EQ(bench.device.take().value(), first);
			auto reader = bench.device.reader(first);
			CHECK(reader.read(got, 5).ok());
			CHECK(reader.read(got + 5, size - 5).ok());
			CHECK(same_bytes(sent, got, size));
			CHECK_EQ(reader.read(got, 1).fault(), Fault::BadChain);
			CHECK(has_text(reader.complaint().what, "bytes in the buffer"));

			bench.driver.chain(first, kDa, size, parts, AMP_VRING_DESC_WRITE);
			for (u32 i = 0; i < size; i++)
				sent[i] = u8(i * 5 + parts);
			auto measure = bench.device.writer(first);
			CHECK_EQ(measure.room(100000).value(), size);
			auto writer = bench.device.writer(first);
			CHECK(writer.write(sent, size).ok());
			CHECK(same_bytes(sent, bytes(bench.pool), size));
			CHECK_EQ(writer.write(sent, 1).fault(), Fault::BadChain);
			bench.device.give(first, size);
		}
		bench.device.publish();
	}
}

CASE(device_ring, room_counts_no_further_than_asked)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 4);
	REQUIRE(bench.start(test));
	bench.driver.chain(0, kDa, 256, 4, AMP_VRING_DESC_WRITE);
	CHECK_EQ(bench.device.writer(0).room(0).value(), 0);
	CHECK_EQ(bench.device.writer(0).room(64).value(), 64);
	CHECK_EQ(bench.device.writer(0).room(100).value(), 100);
	CHECK_EQ(bench.device.writer(0).room(256).value(), 256);
	CHECK_EQ(bench.device.writer(0).room(257).value(), 256);
}

CASE(device_ring, empty_descriptors_are_stepped_over)
{
	auto &bench = *make<Bench<Plain>>(test);
	u8 got[4] = {};

	bench.build(test, 4);
	REQUIRE(bench.start(test));
	bench.driver.describe(0, kDa, 0, AMP_VRING_DESC_NEXT, 1);
	bench.driver.describe(1, kDa + 256, 0, AMP_VRING_DESC_NEXT,
			      2); // just behind the last byte: nothing is there
	bench.driver.describe(2, kDa, 4, 0);
	bytes(bench.pool)[3] = 9;
	CHECK(bench.device.reader(0).read(got, 4).ok());
	CHECK_EQ(got[3], 9);
	CHECK(bench.device.reader(0).read(got, 0).ok());
	bench.driver.describe(0, kDa, 0, 0);
	CHECK_EQ(bench.device.reader(0).read(got, 1).fault(), Fault::BadChain);
}

CASE(device_ring, kicks_unless_told_not_to)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 4);
	REQUIRE(bench.start(test));
	CHECK(!bench.device.kick_needed()); // nothing was published
	for (u32 i = 0; i < 20; i++) {
		const bool quiet = i % 3 == 0;

		bench.driver.ring.avail->flags.put(quiet ? AMP_VRING_AVAIL_NO_INTERRUPT : 0xfffe);
		bench.driver.offer(0);
		REQUIRE_EQ(bench.device.take().value(), 0);
		bench.device.give(0, 0);
		CHECK(!bench.device.kick_needed()); // not published yet
		bench.device.publish();
		CHECK_EQ(bench.device.kick_needed(), !quiet);
		CHECK(!bench.device.kick_needed()); // once is enough
	}
}

// Batches of any size against any event: kicked exactly where one of the steps reaches it.
CASE(device_ring, kicks_at_the_event_index)
{
	auto &bench = *make<Bench<Plain>>(test);
	Dice dice(7);
	u32 kicks = 0;

	bench.build(test, 16, 65500);
	REQUIRE(bench.start(test, true));
	for (u32 i = 0; i < 3000; i++) {
		const u16 from = bench.driver.idx();
		const u16 event = u16(from + dice.below(24) - 4);
		const u32 batch = 1 + dice.below(16);
		bool wanted = false;

		bench.driver.ring.used_event->put(event);
		bench.driver.ring.avail->flags.put(AMP_VRING_AVAIL_NO_INTERRUPT); // has no meaning here
		for (u32 n = 0; n < batch; n++) {
			bench.driver.offer(u16(n));
			REQUIRE_EQ(bench.device.take().value(), n);
			bench.device.give(u16(n), 0);
			wanted |= u16(from + n) == event;
		}
		bench.device.publish();
		REQUIRE_EQ(bench.device.kick_needed(), wanted);
		kicks += wanted;
		CHECK(!bench.device.kick_needed());
	}
	CHECK(kicks > 500);
}

CASE(device_ring, asks_for_kicks_by_flag)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 4);
	REQUIRE(bench.start(test));
	bench.device.hush();
	CHECK_EQ(bench.driver.ring.used->flags.fetch().unchecked(), AMP_VRING_USED_NO_NOTIFY);
	CHECK(!bench.device.listen());
	CHECK_EQ(bench.driver.ring.used->flags.fetch().unchecked(), 0);
	CHECK_EQ(bench.driver.ring.avail_event->fetch().unchecked(),
		 0); // not its word without EVENT_IDX
	bench.driver.offer(0);
	CHECK(bench.device.listen());
	REQUIRE(bench.device.take().ok());
	CHECK(!bench.device.listen());
}

CASE(device_ring, asks_for_kicks_by_event_index)
{
	auto &bench = *make<Bench<Plain>>(test);

	bench.build(test, 4, 65534);
	REQUIRE(bench.start(test, true));
	bench.device.hush();
	CHECK_EQ(bench.driver.ring.used->flags.fetch().unchecked(),
		 0); // must stay 0 (virtio 1.2, 2.7.10)
	for (u32 i = 0; i < 5; i++) {
		CHECK(!bench.device.listen());
		CHECK_EQ(bench.driver.ring.avail_event->fetch().unchecked(), u16(65534 + i));
		bench.driver.offer(0);
		CHECK(bench.device.listen());
		REQUIRE(bench.device.take().ok());
		bench.device.give(0, 0);
	}
}

namespace
{

// Offers a buffer at the very moment at which the device end has set its hint and is about to wait.
struct LateOffer {
	MockDriver<Plain> *driver;
	u32 at;
	u32 seen;

	static void before(void *context, Touch, const void *, usize)
	{
		auto &self = *static_cast<LateOffer *>(context);

		if (self.seen++ == self.at)
			self.driver->offer(1);
	}
};

} // namespace

// Whenever a buffer comes while we decide to sleep: either we see it, or the driver sees that we want a kick.
CASE(device_ring, listen_loses_no_wakeup)
{
	for (const bool event_idx : list<bool>(false, true)) {
		for (u32 at = 0; at < 4; at++) {
			const auto memory = make_ring(test, 4);
			const auto pool = make_region(test, kDa, 64);
			auto &driver = *make<MockDriver<Plain>>(test);
			auto &device = *make<DeviceRing<Hostile>>(test);

			driver.start(test, memory);
			REQUIRE(device.start(memory, Regions(&pool, 1), event_idx, make_words(test, device.words(4)))
					.ok());
			device.hush();
			LateOffer late{&driver, at, 0};
			Hostile::meddler = {LateOffer::before, &late};
			const bool seen = device.listen();
			Hostile::meddler = {};
			REQUIRE_EQ(late.seen, 3); // hint, barrier, index
			const bool offered = at < 3;
			const bool asked = event_idx ? passes_event(driver.ring.avail_event->fetch().unchecked(), 1, 0)
						     : !driver.ring.used->flags.fetch().has(AMP_VRING_USED_NO_NOTIFY);
			CHECK_EQ(seen, offered);
			CHECK(asked);
		}
	}
}

// The same ring with the other byte order: the same results, every word on the wire swapped.
CASE(device_ring, works_in_the_other_byte_order)
{
	auto &bench = *make<Bench<Swapped>>(test);
	u8 got[64];

	bench.build(test, 4, 0x1234);
	REQUIRE(bench.start(test));
	CHECK_EQ(*reinterpret_cast<u64 *>(bench.memory.va), __builtin_bswap64(kDa));
	bytes(bench.pool)[64 * 2 + 63] = 77;
	bench.driver.offer(2);
	REQUIRE_EQ(bench.device.take().value(), 2);
	CHECK(bench.device.reader(2).read(got, 64).ok());
	CHECK_EQ(got[63], 77);
	bench.device.give(2, 0x01020304);
	bench.device.publish();
	const auto *const used = static_cast<u8 *>(bench.memory.va) + VringLayout::of(4, kAlign).used;
	CHECK_EQ(*reinterpret_cast<const u16 *>(used + 2), __builtin_bswap16(0x1235));
	const usize slot = 4 + 8 * (0x1234 % 4);
	CHECK_EQ(*reinterpret_cast<const u32 *>(used + slot), __builtin_bswap32(2));
	CHECK_EQ(*reinterpret_cast<const u32 *>(used + slot + 4), __builtin_bswap32(0x01020304));
	bench.driver.ring.avail->flags.put(AMP_VRING_AVAIL_NO_INTERRUPT);
	CHECK(!bench.device.kick_needed());
}
