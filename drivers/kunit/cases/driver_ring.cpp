// SPDX-License-Identifier: GPL-2.0-only
// The driver end, both directions, with an honest device.
#include <amp/vring/driver_ring.hpp>
#include <amp/vring/ring_end.hpp>

#include "env.hpp"
#include "mock_driver.hpp"

using namespace amp;
using namespace amp::cases;

static_assert(TransmitEnd<DriverTxRing<Plain>> && !ReceiveEnd<DriverTxRing<Plain>>);
static_assert(ReceiveEnd<DriverRxRing<Plain>> && !TransmitEnd<DriverRxRing<Plain>>);

namespace
{

constexpr u64 kDa = 0x8'5000'0000;
constexpr u32 kSize = 64; // of a buffer

template <typename Ring, typename Env = Plain> struct Bench {
	amp_vring_memory memory;
	BufferPool pool;
	MockDevice<Env> device;
	Ring driver;
	u32 *storage;

	void build(amp_test &test, u32 num, u32 buffers)
	{
		memory = make_ring(test, num);
		pool = {make_region(test, kDa, usize(buffers) * kSize), kSize};
		device.start(test, memory);
		storage = make_words(test, Ring::words(num));
	}
	bool start(amp_test &test, bool event_idx = false)
	{
		return CHECK(driver.start(memory, pool, event_idx, storage).ok());
	}
};

using TxBench = Bench<DriverTxRing<Plain>>;
using RxBench = Bench<DriverRxRing<Plain>>;

} // namespace

CASE(driver_ring, makes_a_clean_ring)
{
	auto &bench = *make<TxBench>(test);

	bench.build(test, 8, 8);
	for (usize i = 0; i < bench.memory.size; i++)
		static_cast<u8 *>(bench.memory.va)[i] = 0xa5;
	REQUIRE(bench.start(test));
	for (u32 i = 0; i < 8; i++) {
		CHECK_EQ(bench.device.ring.desc[i].addr.fetch().unchecked(), kDa + i * kSize);
		CHECK_EQ(bench.device.ring.desc[i].flags.fetch().unchecked(), 0);
		CHECK_EQ(bench.device.ring.desc[i].next.fetch().unchecked(), 0);
	}
	const usize table = 8 * 16;
	const usize padding = VringLayout::of(8, kAlign).used - (table + 4 + 8 * 2 + 2);
	for (usize i = table; i < bench.memory.size; i++)
		if (i < table + 22 || i >= table + 22 + padding)
			CHECK_EQ(static_cast<u8 *>(bench.memory.va)[i], 0);
}

CASE(driver_ring, offers_every_buffer_to_be_filled)
{
	auto &bench = *make<RxBench>(test);

	bench.build(test, 8, 8);
	REQUIRE(bench.start(test));
	REQUIRE_EQ(bench.device.offered(), 8);
	CHECK(bench.driver.kick_needed());
	for (u32 i = 0; i < 8; i++) {
		const u16 head = bench.device.take();

		CHECK_EQ(head, i);
		CHECK_EQ(bench.device.ring.desc[head].len.fetch().unchecked(), kSize);
		CHECK_EQ(bench.device.ring.desc[head].flags.fetch().unchecked(), AMP_VRING_DESC_WRITE);
	}
	CHECK_EQ(bench.driver.take().fault(), Fault::Again);
}

CASE(driver_ring, transmits_in_rings_of_every_size)
{
	for (u32 num = 1; num <= AMP_VRING_NUM_MAX; num *= 2) {
		auto &bench = *make<TxBench>(test);

		bench.build(test, num, num);
		REQUIRE(bench.start(test));
		CHECK_EQ(bench.device.offered(), 0);
		for (u32 round = 0; round < 3; round++) {
			CHECK_EQ(bench.driver.ready().value(), num);
			for (u32 i = 0; i < num; i++) {
				const u16 next = bench.driver.peek().value();
				const auto head = bench.driver.take();

				REQUIRE(head.ok());
				REQUIRE_EQ(next, head.value());
				REQUIRE(bench.driver.writer(head.value()).write(&i, sizeof(i)).ok());
				bench.driver.give(head.value(), 4 + i % 60);
			}
			CHECK_EQ(bench.driver.take().fault(), Fault::Again);
			CHECK_EQ(bench.device.offered(), 0);
			bench.driver.publish();
			REQUIRE_EQ(bench.device.offered(), num);
			for (u32 i = 0; i < num; i++) {
				const u16 head = bench.device.take();
				u32 got;

				REQUIRE(head < num);
				__builtin_memcpy(&got, bytes(bench.pool.region, head * kSize), sizeof(got));
				REQUIRE_EQ(got, i);
				REQUIRE_EQ(bench.device.ring.desc[head].len.fetch().unchecked(), 4 + i % 60);
				bench.device.give(head, 0);
			}
		}
		test.services->breathe(&test);
	}
}

CASE(driver_ring, receives_in_rings_of_every_size)
{
	for (u32 num = 1; num <= AMP_VRING_NUM_MAX; num *= 2) {
		auto &bench = *make<RxBench>(test);

		bench.build(test, num, num);
		REQUIRE(bench.start(test));
		for (u32 round = 0; round < 3; round++) {
			REQUIRE_EQ(bench.device.offered(), num);
			for (u32 i = 0; i < num; i++) {
				const u16 head = bench.device.take();

				REQUIRE(head < num);
				__builtin_memcpy(bytes(bench.pool.region, head * kSize), &i, sizeof(i));
				bench.device.give(head, i % 2 ? kSize : sizeof(i));
			}
			REQUIRE_EQ(bench.driver.ready().value(), num);
			for (u32 i = 0; i < num; i++) {
				const auto head = bench.driver.take();
				u32 got = 0;
				u8 more;

				REQUIRE(head.ok());
				auto reader = bench.driver.reader(head.value());
				REQUIRE(reader.read(&got, sizeof(got)).ok());
				REQUIRE_EQ(got, i);
				// no further than what the device says it filled
				REQUIRE_EQ(reader.read(&more, 1).ok(), i % 2 == 1);
				bench.driver.give(head.value(), 0);
			}
			CHECK_EQ(bench.driver.take().fault(), Fault::Again);
			bench.driver.publish();
		}
		test.services->breathe(&test);
	}
}

CASE(driver_ring, indices_wrap_at_65536)
{
	auto &tx = *make<TxBench>(test);
	auto &rx = *make<RxBench>(test);

	tx.build(test, 4, 4);
	rx.build(test, 4, 4);
	REQUIRE(tx.start(test) && rx.start(test));
	for (u32 i = 0; i < 70000; i++) {
		const auto head = tx.driver.take();
		REQUIRE(head.ok());
		tx.driver.give(head.value(), 1);
		tx.driver.publish();
		REQUIRE_EQ(tx.device.offered(), 1);
		tx.device.give(tx.device.take(), 0);

		const u16 slot = rx.device.take();
		rx.device.give(slot, 1);
		REQUIRE_EQ(rx.driver.take().value(), slot);
		rx.driver.give(slot, 0);
		rx.driver.publish();
		REQUIRE_EQ(rx.device.offered(), 4);
	}
}

CASE(driver_ring, uses_no_more_buffers_than_the_pool_holds)
{
	auto &tx = *make<TxBench>(test);
	auto &rx = *make<RxBench>(test);

	tx.build(test, 16, 3);
	rx.build(test, 16, 3);
	REQUIRE(tx.start(test) && rx.start(test));
	CHECK_EQ(tx.driver.ready().value(), 3);
	CHECK_EQ(rx.device.offered(), 3);
	for (u32 i = 0; i < 40; i++) { // many times round the ring
		const auto head = tx.driver.take();
		REQUIRE(head.ok() && head.value() < 3);
		tx.driver.give(head.value(), 8);
		tx.driver.publish();
		tx.device.give(tx.device.take(), 0);
	}
}

CASE(driver_ring, uses_no_more_buffers_than_the_ring_holds)
{
	auto &tx = *make<TxBench>(test);

	tx.build(test, 2, 100);
	REQUIRE(tx.start(test));
	CHECK(tx.driver.take().ok());
	CHECK(tx.driver.take().ok());
	CHECK_EQ(tx.driver.take().fault(), Fault::Again);
}

CASE(driver_ring, refuses_a_pool_without_a_buffer)
{
	auto &tx = *make<TxBench>(test);

	tx.build(test, 2, 1);
	tx.pool.region.size = kSize - 1;
	CHECK_EQ(tx.driver.start(tx.memory, tx.pool, false, tx.storage).fault(), Fault::Invalid);
	CHECK(has_text(tx.driver.complaint().what, "bytes of memory for buffers"));
	tx.pool.buffer_size = 0;
	CHECK_EQ(tx.driver.start(tx.memory, tx.pool, false, tx.storage).fault(), Fault::Invalid);
	tx.memory.num = 3;
	CHECK_EQ(tx.driver.start(tx.memory, tx.pool, false, tx.storage).fault(), Fault::BadRing);
}

CASE(driver_ring, keeps_a_buffer_that_was_not_written)
{
	auto &tx = *make<TxBench>(test);

	tx.build(test, 4, 4);
	REQUIRE(tx.start(test));
	for (u32 i = 0; i < 20; i++) {
		const auto one = tx.driver.take();
		const auto two = tx.driver.take();

		REQUIRE(one.ok() && two.ok());
		tx.driver.give(one.value(), 0);
		tx.driver.give(two.value(), 0);
		tx.driver.publish();
		CHECK(!tx.driver.kick_needed());
		CHECK_EQ(tx.device.offered(), 0);
		CHECK_EQ(tx.driver.ready().value(), 4);
	}
}

CASE(driver_ring, a_write_ends_with_the_buffer)
{
	auto &tx = *make<TxBench>(test);
	const u8 data[kSize + 1] = {};

	tx.build(test, 1, 1);
	REQUIRE(tx.start(test));
	auto writer = tx.driver.writer(tx.driver.take().value());
	CHECK_EQ(writer.room(1000).value(), kSize);
	CHECK_EQ(writer.room(10).value(), 10);
	CHECK_EQ(writer.write(data, kSize + 1).fault(), Fault::Invalid);
	CHECK(has_text(writer.complaint().what, "bytes in the buffer"));
	CHECK(writer.write(data, kSize).ok());
	CHECK_EQ(writer.write(data, 1).fault(), Fault::Invalid);
}

CASE(driver_ring, kicks_unless_told_not_to)
{
	auto &tx = *make<TxBench>(test);

	tx.build(test, 4, 4);
	REQUIRE(tx.start(test));
	CHECK(!tx.driver.kick_needed());
	for (u32 i = 0; i < 20; i++) {
		const bool quiet = i % 3 == 0;
		const auto head = tx.driver.take();

		REQUIRE(head.ok());
		tx.device.ring.used->flags.put(quiet ? AMP_VRING_USED_NO_NOTIFY : 0xfffe);
		tx.driver.give(head.value(), 1);
		CHECK(!tx.driver.kick_needed());
		tx.driver.publish();
		CHECK_EQ(tx.driver.kick_needed(), !quiet);
		CHECK(!tx.driver.kick_needed());
		tx.device.give(tx.device.take(), 0);
	}
}

CASE(driver_ring, kicks_at_the_event_index)
{
	auto &tx = *make<TxBench>(test);
	Dice dice(9);
	u16 idx = 0;
	u32 kicks = 0;

	tx.build(test, 16, 16);
	REQUIRE(tx.start(test, true));
	for (u32 i = 0; i < 12000; i++) {
		const u16 event = u16(idx + dice.below(24) - 4);
		const u32 batch = 1 + dice.below(16);
		bool wanted = false;

		tx.device.ring.avail_event->put(event);
		tx.device.ring.used->flags.put(AMP_VRING_USED_NO_NOTIFY); // has no meaning here
		for (u32 n = 0; n < batch; n++) {
			wanted |= idx++ == event;
			tx.driver.give(tx.driver.take().value(), 1);
		}
		tx.driver.publish();
		REQUIRE_EQ(tx.driver.kick_needed(), wanted);
		kicks += wanted;
		for (u32 n = 0; n < batch; n++)
			tx.device.give(tx.device.take(), 0);
	}
	CHECK(kicks > 2000);
	CHECK(idx < 60000); // it wrapped
}

CASE(driver_ring, asks_for_kicks)
{
	auto &flag = *make<RxBench>(test);
	auto &event = *make<RxBench>(test);

	flag.build(test, 4, 4);
	event.build(test, 4, 4);
	REQUIRE(flag.start(test) && event.start(test, true));
	flag.driver.hush();
	event.driver.hush();
	CHECK_EQ(flag.device.ring.avail->flags.fetch().unchecked(), AMP_VRING_AVAIL_NO_INTERRUPT);
	CHECK_EQ(event.device.ring.avail->flags.fetch().unchecked(), 0); // must stay 0 (virtio 1.2, 2.7.7)
	for (u32 i = 0; i < 10; i++) {
		CHECK(!flag.driver.listen());
		CHECK(!event.driver.listen());
		CHECK_EQ(flag.device.ring.avail->flags.fetch().unchecked(), 0);
		CHECK_EQ(event.device.ring.used_event->fetch().unchecked(), i);
		flag.device.give(flag.device.take(), 1);
		event.device.give(event.device.take(), 1);
		CHECK(flag.driver.listen());
		CHECK(event.driver.listen());
		flag.driver.give(flag.driver.take().value(), 0);
		event.driver.give(event.driver.take().value(), 0);
		flag.driver.publish();
		event.driver.publish();
	}
}

namespace
{

// Returns a buffer at the very moment at which the driver end has set its hint and is about to wait.
struct LateReturn {
	MockDevice<Plain> *device;
	u32 at;
	u32 seen;

	static void before(void *context, Touch, const void *, usize)
	{
		auto &self = *static_cast<LateReturn *>(context);

		if (self.seen++ == self.at)
			self.device->give(0, 1);
	}
};

} // namespace

CASE(driver_ring, listen_loses_no_wakeup)
{
	for (const bool event_idx : list<bool>(false, true)) {
		for (u32 at = 0; at < 4; at++) {
			auto &bench = *make<Bench<DriverRxRing<Hostile>>>(test);

			bench.build(test, 4, 4);
			REQUIRE(bench.start(test, event_idx));
			bench.driver.hush();
			LateReturn late{&bench.device, at, 0};
			Hostile::meddler = {LateReturn::before, &late};
			const bool seen = bench.driver.listen();
			Hostile::meddler = {};
			REQUIRE_EQ(late.seen, 3); // hint, barrier, index
			const bool asked =
				event_idx ? passes_event(bench.device.ring.used_event->fetch().unchecked(), 1, 0)
					  : !bench.device.ring.avail->flags.fetch().has(AMP_VRING_AVAIL_NO_INTERRUPT);
			CHECK_EQ(seen, at < 3);
			CHECK(asked);
		}
	}
}

CASE(driver_ring, works_in_the_other_byte_order)
{
	auto &bench = *make<Bench<DriverRxRing<Swapped>, Swapped>>(test);
	u32 got = 0;

	bench.build(test, 4, 4);
	REQUIRE(bench.driver.start(bench.memory, bench.pool, false, bench.storage).ok());
	const auto *const base = static_cast<const u8 *>(bench.memory.va);
	CHECK_EQ(*reinterpret_cast<const u64 *>(base + 16), __builtin_bswap64(kDa + kSize));
	CHECK_EQ(*reinterpret_cast<const u32 *>(base + 24), __builtin_bswap32(kSize));
	CHECK_EQ(*reinterpret_cast<const u16 *>(base + 28), __builtin_bswap16(AMP_VRING_DESC_WRITE));
	CHECK_EQ(*reinterpret_cast<const u16 *>(base + 64 + 2), __builtin_bswap16(4));
	REQUIRE_EQ(bench.device.take(), 0);
	REQUIRE_EQ(bench.device.take(), 1);
	__builtin_memcpy(bytes(bench.pool.region, kSize), "data", 4);
	bench.device.give(1, 4);
	REQUIRE_EQ(bench.driver.take().value(), 1);
	CHECK(bench.driver.reader(1).read(&got, 4).ok());
	CHECK(same_bytes(&got, "data", 4)); // data is bytes
}

// From here on the device lies.

CASE(driver_ring, refuses_an_index_beyond_what_was_offered)
{
	auto &tx = *make<TxBench>(test);
	auto &rx = *make<RxBench>(test);

	tx.build(test, 8, 8);
	rx.build(test, 8, 3);
	REQUIRE(tx.start(test) && rx.start(test));
	for (u32 i = 0; i < 8; i++)
		tx.driver.give(tx.driver.take().value(), 1); // of which the device has seen none
	for (const u16 idx : list<u16>(1, 8, 9, 0x7fff, 0x8000, 0xffff)) {
		tx.device.ring.used->idx.put(idx);
		CHECK_EQ(tx.driver.take().fault(), Fault::BadRing);
		CHECK_EQ(tx.driver.ready().fault(), Fault::BadRing);
		CHECK(has_text(tx.driver.complaint().what, "used.idx"));
		CHECK_EQ(tx.driver.complaint().value, idx);
	}
	for (const u16 idx : list<u16>(4, 8, 9, 0x7fff, 0x8000, 0xffff)) {
		rx.device.ring.used->idx.put(idx);
		CHECK_EQ(rx.driver.take().fault(), Fault::BadRing);
		CHECK_EQ(rx.driver.complaint().value, idx);
	}
	rx.device.ring.used->idx.put(0);
	CHECK_EQ(rx.driver.take().fault(), Fault::Again);
}

CASE(driver_ring, refuses_a_head_out_of_range)
{
	for (const u32 id : list<u32>(3, 8, 0x8000, 0x10000, 0x10001, 0x7fffffff, 0xffffffff)) {
		auto &rx = *make<RxBench>(test);

		rx.build(test, 8, 3);
		REQUIRE(rx.start(test));
		rx.device.give(id, 1);
		for (u32 i = 0; i < 2; i++) {
			CHECK_EQ(rx.driver.take().fault(), Fault::BadRing);
			CHECK(has_text(rx.driver.complaint().what, "returned head, expected below"));
			CHECK_EQ(rx.driver.complaint().value, id);
			CHECK_EQ(rx.driver.complaint().limit, 3);
		}
	}
}

CASE(driver_ring, refuses_a_head_returned_twice)
{
	auto &rx = *make<RxBench>(test);
	auto &tx = *make<TxBench>(test);

	rx.build(test, 4, 4);
	tx.build(test, 4, 4);
	REQUIRE(rx.start(test) && tx.start(test));
	rx.device.give(2, 1);
	rx.device.give(2, 1);
	CHECK_EQ(rx.driver.take().value(), 2);
	CHECK_EQ(rx.driver.take().fault(), Fault::BadRing);
	CHECK(has_text(rx.driver.complaint().what, "does not have"));
	CHECK_EQ(rx.driver.complaint().value, 2);

	for (u32 i = 0; i < 4; i++)
		CHECK(tx.driver.take().ok());
	tx.driver.give(0, 1);
	tx.driver.publish();
	tx.device.give(1, 0); // which we still hold
	CHECK_EQ(tx.driver.take().fault(), Fault::BadRing);
	CHECK_EQ(tx.driver.complaint().value, 1);
}

CASE(driver_ring, refuses_a_length_beyond_the_buffer)
{
	auto &rx = *make<RxBench>(test);
	u8 data[kSize + 1];

	rx.build(test, 4, 4);
	REQUIRE(rx.start(test));
	for (const u32 len : list<u32>(kSize + 1, 2 * kSize, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff)) {
		const u16 head = rx.device.take();

		rx.device.give(head, len);
		REQUIRE_EQ(rx.driver.take().value(), head);
		auto reader = rx.driver.reader(head);
		for (u32 i = 0; i < 2; i++) {
			CHECK_EQ(reader.read(data, 1).fault(), Fault::BadChain);
			CHECK(has_text(reader.complaint().what, "used.len"));
			CHECK_EQ(reader.complaint().value, len);
			CHECK_EQ(reader.complaint().limit, kSize);
		}
		rx.driver.give(head, 0);
		rx.driver.publish();
	}
	rx.device.give(rx.device.take(), kSize);
	auto reader = rx.driver.reader(rx.driver.take().value());
	CHECK_EQ(reader.read(data, kSize + 1).fault(), Fault::BadChain);
	CHECK(has_text(reader.complaint().what, "bytes in the buffer"));
	CHECK(reader.read(data, kSize).ok());
}
