// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other processor writes while we read. Each operation is played once undisturbed; then, for every access that it
 * makes to shared memory, for every place of that memory and for each of a set of nasty values, it is played again with
 * the value appearing there just before that access. Whatever happens, no access may leave the ring or the pool, nothing
 * may be written that is not ours to write, the operation ends, and every refusal is explained and counted.
 */
#include <amp/rpmsg/link.hpp>
#include <amp/vring/device_ring.hpp>
#include <amp/vring/driver_ring.hpp>

#include "env.hpp"
#include "mock_driver.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u32 kNum = 4;
constexpr u32 kSize = 32; // of a buffer
constexpr u64 kDa = 0x5000'0000;
constexpr u32 kPoolSize = kNum * kSize;
constexpr u16 kStart = 65534; // where the indices stand: they wrap during the operation
constexpr u32 kTouchesMax = 600; // no operation comes near, however long its chains are made

// The memory of a scene, and what the code under test may do with each part of it.
struct Stage {
	amp_vring_memory memory;
	amp_region pool;
	u32 *storage;
	u32 storage_words;
	usize ours_from; // part of the ring that our end writes
	usize ours_to;

	void build(amp_test &test, u32 words)
	{
		memory = make_ring(test, kNum);
		pool = make_region(test, kDa, kPoolSize);
		storage = make_words(test, words);
		storage_words = words;
	}
	u8 *ring(usize at) const { return static_cast<u8 *>(memory.va) + at; }
};

// Sees every access, judges it, and strikes before one of them.
struct Witness {
	amp_test *test;
	const Stage *stage;
	u32 touches = 0;
	u32 strays = 0; // accesses to what is not ours
	u32 strike_at = ~0u;
	u8 *where = nullptr;
	u64 value = 0;
	u32 width = 0;
	const u8 *first_at[kTouchesMax];
	u32 sizes[kTouchesMax];

	static bool within(const u8 *at, usize size, const u8 *start, usize length)
	{
		return at >= start && size <= length && usize(at - start) <= length - size;
	}

	static void before(void *context, Touch touch, const void *at, usize size)
	{
		auto &self = *static_cast<Witness *>(context);
		const auto &stage = *self.stage;
		const auto *const place = static_cast<const u8 *>(at);
		bool good = true;

		switch (touch) {
		case Touch::Load:
			good = within(place, size, stage.ring(0), stage.memory.size);
			break;
		case Touch::Store:
			good = within(place, size, stage.ring(stage.ours_from), stage.ours_to - stage.ours_from);
			break;
		case Touch::CopyIn:
		case Touch::CopyOut:
			good = within(place, size, bytes(stage.pool), stage.pool.size);
			break;
		case Touch::Barrier:
			break;
		}
		self.strays += !good;
		if (self.touches == kTouchesMax)
			self.test->services->stop(self.test, "too many accesses for this operation");
		const bool reads = touch == Touch::Load || touch == Touch::CopyIn;
		self.first_at[self.touches] = reads ? place : nullptr;
		self.sizes[self.touches] = u32(size);
		if (self.touches++ == self.strike_at)
			__builtin_memcpy(self.where, &self.value, self.width);
	}
};

// What came of one operation.
struct Outcome {
	u32 good = 0;
	u32 bad_chains = 0;
	u32 bad_rings = 0;
	u32 again = 0;
	u32 unexplained = 0;

	void count(Fault fault, const Complaint &complaint)
	{
		switch (fault) {
		case Fault::None:
			good++;
			break;
		case Fault::Again:
			again++;
			break;
		case Fault::BadChain:
			bad_chains++;
			unexplained += !complaint.what;
			break;
		case Fault::BadRing:
			bad_rings++;
			unexplained += !complaint.what;
			break;
		default:
			unexplained++;
		}
	}
};

constexpr char kText[] = "0123456789abcde";

void put_message(u8 *at, u16 len)
{
	const auto header = FrameHeader<Plain>::make(7, 9, len, 0);

	__builtin_memcpy(at, &header.raw, kRpmsgHeaderSize);
	__builtin_memcpy(at + kRpmsgHeaderSize, kText, len);
}

using Device = DeviceRing<Hostile>;
using DriverTx = DriverTxRing<Hostile>;
using DriverRx = DriverRxRing<Hostile>;

/*
 * The operations. build() sets the scene undisturbed, run() is what is disturbed, and whole() says whether an
 * undisturbed run did what it should.
 */
template <typename Ring> struct Receive {
	Stage stage;
	Receiver<Hostile, Ring> end;
	bool event_idx;

	void build(amp_test &test);

	void run(Outcome &outcome)
	{
		if constexpr (__is_same(Ring, Device)) {
			const auto started =
				end.ring().start(stage.memory, Regions(&stage.pool, 1), event_idx, stage.storage);
			if (!started.ok())
				return outcome.count(started.fault(), end.ring().complaint());
		}
		u8 payload[16];
		for (u32 i = 0; i < 3; i++) {
			amp_frame frame = {};
			const auto result = end.receive(frame, payload, sizeof(payload));

			outcome.count(result.fault(), end.complaint());
			if (result.ok() && frame.len > sizeof(payload))
				outcome.unexplained++;
			intact += result.ok() && frame.src == 7 && frame.dst == 9 &&
				  same_bytes(payload, kText, frame.len);
			if (result.fault() == Fault::BadRing)
				break;
		}
		(void)end.publish();
		(void)end.ring().listen();
	}

	u32 intact = 0;

	bool whole(const Outcome &outcome) const
	{
		return outcome.good == 2 && outcome.again == 1 && intact == 2 && end.counters().bytes == 16;
	}
	bool counted(const Outcome &outcome) const
	{
		return end.counters().messages == outcome.good && end.counters().bad_buffers == outcome.bad_chains;
	}
};

// One message of a header torn over two descriptors and 16 bytes; one of nothing but a header.
template <> void Receive<Device>::build(amp_test &test)
{
	MockDriver<Plain> driver;

	stage.build(test, Device::words(kNum));
	stage.ours_from = VringLayout::of(kNum, kAlign).used;
	stage.ours_to = stage.memory.size;
	driver.start(test, stage.memory, kStart);
	put_message(bytes(stage.pool), 16);
	put_message(bytes(stage.pool, 64), 0);
	driver.describe(0, kDa, 10, AMP_VRING_DESC_NEXT, 3);
	driver.describe(3, kDa + 10, 22, 0);
	driver.describe(1, kDa + 64, 32, 0);
	driver.offer(0);
	driver.offer(1);
}

template <> void Receive<DriverRx>::build(amp_test &test)
{
	MockDevice<Plain> device;

	stage.build(test, DriverRx::words(kNum));
	stage.ours_from = 0;
	stage.ours_to = VringLayout::of(kNum, kAlign).used;
	CHECK(end.ring().start(stage.memory, {stage.pool, kSize}, event_idx, stage.storage).ok());
	device.start(test, stage.memory);
	for (const u16 len : list<u16>(16, 0)) {
		const u16 head = device.take();

		put_message(bytes(stage.pool, head * kSize), len);
		device.give(head, u32(kRpmsgHeaderSize + len));
	}
}

template <typename Ring> struct Send {
	Stage stage;
	Sender<Hostile, Ring> end;
	bool event_idx;

	void build(amp_test &test);

	void run(Outcome &outcome)
	{
		if constexpr (__is_same(Ring, Device)) {
			const auto started =
				end.ring().start(stage.memory, Regions(&stage.pool, 1), event_idx, stage.storage);
			if (!started.ok())
				return outcome.count(started.fault(), end.ring().complaint());
		}
		for (const u16 len : list<u16>(16, 0, 3)) {
			const auto head = end.reserve();

			if (!head.ok()) {
				outcome.count(head.fault(), end.complaint());
				if (head.fault() == Fault::BadRing)
					break;
				continue;
			}
			Complaint complaint;
			const auto written = end.write(head.value(), {7, 9, len, 0}, kText, complaint);
			outcome.count(written.fault(), complaint);
			(void)end.submit(head.value(), written.ok() ? written.value() : 0);
		}
		(void)end.room();
		(void)end.ring().listen();
	}

	bool whole(const Outcome &outcome) const
	{
		u8 expected[32];

		put_message(expected, 16);
		return outcome.good == 2 && outcome.again == 1 && same_bytes(bytes(stage.pool), expected, 32);
	}
	bool counted(const Outcome &outcome) const
	{
		return end.counters().messages == outcome.good && end.counters().bad_buffers == outcome.bad_chains;
	}
};

template <> void Send<Device>::build(amp_test &test)
{
	MockDriver<Plain> driver;

	stage.build(test, Device::words(kNum));
	stage.ours_from = VringLayout::of(kNum, kAlign).used;
	stage.ours_to = stage.memory.size;
	driver.start(test, stage.memory, kStart);
	driver.describe(0, kDa, 10, AMP_VRING_DESC_NEXT | AMP_VRING_DESC_WRITE, 3);
	driver.describe(3, kDa + 10, 22, AMP_VRING_DESC_WRITE);
	driver.describe(1, kDa + 64, 32, AMP_VRING_DESC_WRITE);
	driver.offer(0);
	driver.offer(1);
}

// All four buffers were sent, two came back.
template <> void Send<DriverTx>::build(amp_test &test)
{
	MockDevice<Plain> device;

	stage.build(test, DriverTx::words(kNum));
	stage.ours_from = 0;
	stage.ours_to = VringLayout::of(kNum, kAlign).used;
	CHECK(end.ring().start(stage.memory, {stage.pool, kSize}, event_idx, stage.storage).ok());
	device.start(test, stage.memory);
	for (u32 i = 0; i < kNum; i++)
		end.ring().give(end.ring().take().value(), kSize);
	end.ring().publish();
	(void)end.ring().kick_needed();
	for (u32 i = 0; i < 2; i++)
		device.give(device.take(), 0);
}

// All of a scene, to play it again from the same start.
template <typename Operation> struct Rerun {
	Operation operation;
	u8 ring[256];
	u8 pool[kPoolSize];
	u32 storage[2 * kNum];

	void keep(const Operation &from)
	{
		operation = from;
		__builtin_memcpy(ring, from.stage.memory.va, from.stage.memory.size);
		__builtin_memcpy(pool, from.stage.pool.va, kPoolSize);
		__builtin_memcpy(storage, from.stage.storage, from.stage.storage_words * sizeof(u32));
	}
	void rewind(Operation &to) const
	{
		to = operation;
		__builtin_memcpy(to.stage.memory.va, ring, to.stage.memory.size);
		__builtin_memcpy(to.stage.pool.va, pool, kPoolSize);
		__builtin_memcpy(to.stage.storage, storage, to.stage.storage_words * sizeof(u32));
	}
};

constexpr u16 kNasty16[] = {0, 1, 2, 3, 4, 5, 6, kStart - 1, kStart, kStart + 1, 0x0fff, 0x7fff, 0x8000, 0xfffc};
constexpr u32 kNasty32[] = {4, 16, 33, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffe0, 0xffffffff};
constexpr u64 kNasty64[] = {0,
			    kDa - 1,
			    kDa + kPoolSize - 1,
			    kDa + kPoolSize,
			    kDa + 0x1'0000'0000,
			    0x8000'0000'0000'0000,
			    0xffff'ffff'ffff'ffe0,
			    0xffff'ffff'ffff'ffff};

template <typename Operation> struct Sweep {
	amp_test *test_;
	Operation operation{};
	Rerun<Operation> start{};
	Witness witness{};
	u32 strikes = 0;
	u32 refused = 0;

	// Play once; true: nothing was wrong.
	bool play(Outcome &outcome)
	{
		auto &test = *test_;

		start.rewind(operation);
		witness.touches = 0;
		witness.strays = 0;
		Hostile::meddler = {Witness::before, &witness};
		operation.run(outcome);
		Hostile::meddler = {};
		return CHECK_EQ(witness.strays, 0) && CHECK_EQ(outcome.unexplained, 0) &&
		       CHECK(operation.counted(outcome));
	}

	bool strike(u32 at, u8 *where, u64 value, u32 width)
	{
		Outcome outcome;

		strikes++;
		witness.strike_at = at;
		witness.where = where;
		witness.value = value;
		witness.width = width;
		const bool good = play(outcome);
		refused += outcome.bad_chains + outcome.bad_rings;
		return good;
	}

	bool strike_place(u32 at, u8 *where, usize offset)
	{
		for (const u16 value : kNasty16)
			if (!strike(at, where, value, 2))
				return false;
		if (offset % 4 == 0)
			for (const u32 value : kNasty32)
				if (!strike(at, where, value, 4))
					return false;
		if (offset % 8 == 0)
			for (const u64 value : kNasty64)
				if (!strike(at, where, value, 8))
					return false;
		return true;
	}

	void run(bool event_idx)
	{
		auto &test = *test_;
		Outcome outcome;

		operation.event_idx = event_idx;
		operation.build(test);
		witness.test = test_;
		witness.stage = &operation.stage;
		start.keep(operation);
		REQUIRE(operation.stage.memory.size <= sizeof(start.ring));
		REQUIRE(play(outcome));
		REQUIRE(operation.whole(outcome));
		const u32 touches = witness.touches;
		for (u32 at = 0; at < touches; at++) {
			for (usize i = 0; i + 8 <= operation.stage.memory.size; i += 2)
				if (!strike_place(at, operation.stage.ring(i), i))
					return (void)CHECK_EQ(at, i); // which access, which place
			for (usize i = 0; i + 8 <= kPoolSize; i += i % kSize == 18 ? 14 : 2)
				if (!strike_place(at, bytes(operation.stage.pool, i), i))
					return (void)CHECK_EQ(at, i);
			test.services->breathe(&test);
		}
		CHECK(refused > strikes / 50); // else the strikes hit nothing
	}
};

template <typename Operation> void sweep(amp_test &test)
{
	for (const bool event_idx : list<bool>(false, true)) {
		auto &sweep = *make<Sweep<Operation>>(test);

		sweep.test_ = &test;
		sweep.run(event_idx);
	}
}

// Undisturbed, no word but the other end's index and hint is read twice: a second look could see another value.
template <typename Operation> void reads_once(amp_test &test, usize head_at)
{
	auto &sweep = *make<Sweep<Operation>>(test);
	auto &witness = sweep.witness;
	Outcome outcome;

	sweep.test_ = &test;
	sweep.operation.build(test);
	witness.test = &test;
	witness.stage = &sweep.operation.stage;
	sweep.start.keep(sweep.operation);
	REQUIRE(sweep.play(outcome));
	const auto *const head = sweep.operation.stage.ring(head_at);
	for (u32 i = 0; i < witness.touches; i++) {
		const u8 *const one = witness.first_at[i];

		if (!one || (one >= head && one < head + 4) || !witness.sizes[i])
			continue;
		for (u32 j = i + 1; j < witness.touches; j++) {
			const u8 *const two = witness.first_at[j];

			CHECK(!two || one + witness.sizes[i] <= two || two + witness.sizes[j] <= one);
		}
	}
}

constexpr usize kAvail = VringLayout::of(kNum, kAlign).avail;
constexpr usize kUsed = VringLayout::of(kNum, kAlign).used;

} // namespace

CASE(sweep, device_receives)
{
	sweep<Receive<Device>>(test);
}

CASE(sweep, device_sends)
{
	sweep<Send<Device>>(test);
}

CASE(sweep, driver_receives)
{
	sweep<Receive<DriverRx>>(test);
}

CASE(sweep, driver_sends)
{
	sweep<Send<DriverTx>>(test);
}

CASE(sweep, nothing_is_read_twice)
{
	reads_once<Receive<Device>>(test, kAvail);
	reads_once<Send<Device>>(test, kAvail);
	reads_once<Receive<DriverRx>>(test, kUsed);
	reads_once<Send<DriverTx>>(test, kUsed);
}
