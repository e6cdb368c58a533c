// SPDX-License-Identifier: GPL-2.0-only
// Two ends of a link in one memory: main and remote, peer and peer.
#include <amp/rpmsg/link.hpp>
#include <amp/vring/device_ring.hpp>
#include <amp/vring/driver_ring.hpp>

#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

template <typename Env> using Main = Link<Env, DriverTxRing<Env>, DriverRxRing<Env>>;
template <typename Env> using Remote = Link<Env, DeviceRing<Env>, DeviceRing<Env>>;
template <typename Env> using Peer = Link<Env, DriverTxRing<Env>, DeviceRing<Env>>;

struct Shape {
	u32 num;
	u32 buffer_size;
	bool event_idx;
};

// One ring with its buffers, and both ends started on it: the driver's first, since it makes the ring.
template <typename Driver, typename Device>
void start(amp_test &test, Driver &driver, Device &device, const Shape &shape)
{
	const auto memory = make_ring(test, shape.num);
	auto *const region = make<amp_region>(test);

	*region = make_region(test, 0x1'0000'0000, usize(shape.num) * shape.buffer_size);
	CHECK(driver.start(memory, {*region, shape.buffer_size}, shape.event_idx,
			   make_words(test, Driver::words(shape.num)))
		      .ok());
	CHECK(device.start(memory, Regions(region, 1), shape.event_idx, make_words(test, Device::words(shape.num)))
		      .ok());
}

// The payload of message @n: neither length nor content repeats soon.
void fill(u8 *payload, u32 size, u32 n)
{
	for (u32 i = 0; i < size; i++)
		payload[i] = u8(i * 31 + n * 7 + (n >> 8));
}

template <typename Sender> Fault send(Sender &sender, const amp_frame &frame, const u8 *payload, bool *kick = nullptr)
{
	const auto head = sender.reserve();
	if (!head.ok())
		return head.fault();
	Complaint complaint;
	const auto written = sender.write(head.value(), frame, payload, complaint);
	const bool needed = sender.submit(head.value(), written.ok() ? written.value() : 0);
	if (kick)
		*kick = needed;
	return written.fault();
}

struct Scratch {
	u8 sent[0xffff];
	u8 got[0xffff];
};

template <typename Sender, typename Receiver>
bool pass_one(amp_test &test, Sender &sender, Receiver &receiver, u16 len, u32 n, Scratch &scratch)
{
	const amp_frame frame = {n, ~n, len, u16(n * 3)};
	amp_frame got = {};

	fill(scratch.sent, len, n);
	if (!CHECK_EQ(send(sender, frame, scratch.sent), Fault::None))
		return false;
	if (!CHECK_EQ(receiver.receive(got, scratch.got, sizeof(scratch.got)).fault(), Fault::None))
		return false;
	receiver.publish();
	return CHECK_EQ(got.src, frame.src) && CHECK_EQ(got.dst, frame.dst) && CHECK_EQ(got.len, len) &&
	       CHECK_EQ(got.flags, frame.flags) && CHECK(same_bytes(scratch.sent, scratch.got, len));
}

template <typename Left, typename Right> void play(amp_test &test, Left &left, Right &right, u32 mtu, u32 rounds)
{
	auto &scratch = *make<Scratch>(test);
	Dice dice(mtu);
	u64 bytes = 0;

	for (u32 n = 0; n < rounds; n++) {
		const u16 len = u16(n % 4 == 0 ? 0 : n % 4 == 1 ? mtu : dice.below(mtu + 1));

		if (!pass_one(test, left.to_peer, right.from_peer, len, n, scratch) ||
		    !pass_one(test, right.to_peer, left.from_peer, len, n ^ 0x5555, scratch))
			return;
		bytes += len;
	}
	CHECK_EQ(left.to_peer.counters().messages, rounds);
	CHECK_EQ(left.to_peer.counters().bytes, bytes);
	CHECK_EQ(right.from_peer.counters().messages, rounds);
	CHECK_EQ(right.from_peer.counters().bytes, bytes);
	CHECK_EQ(left.from_peer.counters().messages, rounds);
	CHECK_EQ(right.to_peer.counters().messages, rounds);
	CHECK_EQ(left.from_peer.counters().bad_buffers + right.from_peer.counters().bad_buffers, 0);
	CHECK_EQ(left.to_peer.counters().bad_buffers + right.to_peer.counters().bad_buffers, 0);
}

template <typename Env> void main_and_remote(amp_test &test, const Shape &shape, u32 rounds)
{
	auto &here = *make<Main<Env>>(test);
	auto &there = *make<Remote<Env>>(test);

	start(test, here.from_peer.ring(), there.to_peer.ring(), shape); // vring 0
	start(test, here.to_peer.ring(), there.from_peer.ring(), shape); // vring 1
	play(test, here, there, shape.buffer_size - kRpmsgHeaderSize, rounds);
}

} // namespace

CASE(link, main_and_remote_talk)
{
	for (const u32 num : list<u32>(1, 2, 16, 256)) {
		main_and_remote<Plain>(test, {num, 512, false}, 300);
		main_and_remote<Plain>(test, {num, 512, true}, 300);
	}
}

CASE(link, peer_and_peer_talk)
{
	for (const bool event_idx : list<bool>(false, true)) {
		const Shape shape = {8, 512, event_idx};
		auto &one = *make<Peer<Plain>>(test);
		auto &two = *make<Peer<Plain>>(test);

		start(test, one.to_peer.ring(), two.from_peer.ring(), shape);
		start(test, two.to_peer.ring(), one.from_peer.ring(), shape);
		play(test, one, two, 496, 500);
	}
}

CASE(link, talks_in_the_other_byte_order)
{
	main_and_remote<Swapped>(test, {8, 512, false}, 100);
	main_and_remote<Swapped>(test, {8, 512, true}, 100);
}

CASE(link, carries_the_longest_message_there_is)
{
	main_and_remote<Plain>(test, {2, u32(kRpmsgBufferMax), false}, 8);
}

CASE(link, indices_wrap_at_65536)
{
	main_and_remote<Plain>(test, {4, 24, true}, 66000);
}

CASE(link, a_full_ring_says_again_and_loses_nothing)
{
	const Shape shape = {8, 64, false};
	auto &here = *make<Main<Plain>>(test);
	auto &there = *make<Remote<Plain>>(test);
	u8 payload[48] = {};
	amp_frame frame = {1, 2, sizeof(payload), 0};

	start(test, here.from_peer.ring(), there.to_peer.ring(), shape);
	start(test, here.to_peer.ring(), there.from_peer.ring(), shape);
	for (u32 round = 0; round < 3; round++) {
		for (u32 i = 0; i < 8; i++) {
			frame.src = round * 8 + i;
			CHECK_EQ(send(here.to_peer, frame, payload), Fault::None);
			CHECK_EQ(send(there.to_peer, frame, payload), Fault::None);
		}
		CHECK_EQ(send(here.to_peer, frame, payload), Fault::Again);
		CHECK_EQ(send(there.to_peer, frame, payload), Fault::Again);
		CHECK_EQ(here.to_peer.room(), 0);
		CHECK_EQ(there.to_peer.room(), 0);
		for (u32 i = 0; i < 8; i++) {
			CHECK(there.from_peer.receive(frame, payload, sizeof(payload)).ok());
			CHECK_EQ(frame.src, round * 8 + i);
			CHECK(here.from_peer.receive(frame, payload, sizeof(payload)).ok());
			CHECK_EQ(frame.src, round * 8 + i);
		}
		CHECK_EQ(here.from_peer.receive(frame, payload, sizeof(payload)).fault(), Fault::Again);
		CHECK_EQ(there.from_peer.receive(frame, payload, sizeof(payload)).fault(), Fault::Again);
		CHECK_EQ(here.to_peer.room(), 0); // received, but not published
		here.from_peer.publish();
		there.from_peer.publish();
		CHECK_EQ(here.to_peer.room(), 64);
		CHECK_EQ(there.to_peer.room(), 64);
	}
}

// Senders that reserve in one order and submit in another: every message whole, in the order of submission.
CASE(link, senders_may_overtake_each_other)
{
	const Shape shape = {4, 64, true};
	auto &here = *make<Main<Plain>>(test);
	auto &there = *make<Remote<Plain>>(test);
	u8 payload[48] = {};
	Complaint complaint;

	start(test, here.from_peer.ring(), there.to_peer.ring(), shape);
	for (u32 round = 0; round < 20; round++) {
		u16 head[3];
		u32 written[3];

		for (u32 i = 0; i < 3; i++)
			head[i] = there.to_peer.reserve().value();
		for (u32 i = 0; i < 3; i++)
			written[i] = there.to_peer.write(head[i], {i, 0, 4, 0}, &i, complaint).value();
		for (u32 i = 0; i < 3; i++)
			there.to_peer.submit(head[2 - i], written[2 - i]);
		for (u32 i = 0; i < 3; i++) {
			amp_frame frame = {};

			REQUIRE(here.from_peer.receive(frame, payload, sizeof(payload)).ok());
			CHECK_EQ(frame.src, 2 - i);
			CHECK_EQ(payload[0], 2 - i);
		}
		here.from_peer.publish();
	}
}

CASE(link, kicks_only_who_asked)
{
	for (const bool event_idx : list<bool>(false, true)) {
		const Shape shape = {16, 64, event_idx};
		auto &here = *make<Main<Plain>>(test);
		auto &there = *make<Remote<Plain>>(test);
		amp_frame frame = {};
		bool kick;

		start(test, here.to_peer.ring(), there.from_peer.ring(), shape);
		CHECK(!there.from_peer.ring().listen());
		CHECK_EQ(send(here.to_peer, {}, nullptr, &kick), Fault::None);
		CHECK(kick);
		there.from_peer.ring().hush();
		for (u32 i = 0; i < 10; i++) {
			CHECK_EQ(send(here.to_peer, {}, nullptr, &kick), Fault::None);
			CHECK(!kick);
		}
		CHECK_EQ(here.to_peer.counters().kicks, 1);
		CHECK_EQ(here.to_peer.counters().kicks_saved, 10);
		CHECK(there.from_peer.ring().listen());
		for (u32 i = 0; i < 11; i++)
			CHECK(there.from_peer.receive(frame, nullptr, 0).ok());
		CHECK(!there.from_peer.ring().listen());
		CHECK_EQ(send(here.to_peer, {}, nullptr, &kick), Fault::None);
		CHECK(kick);
		// by event: once per listen(); by flag: until hush()
		CHECK_EQ(send(here.to_peer, {}, nullptr, &kick), Fault::None);
		CHECK_EQ(kick, !event_idx);

		here.to_peer.ring().hush();
		if (event_idx)
			CHECK(here.to_peer.ring().listen() == false);
		CHECK_EQ(there.from_peer.publish(), event_idx);
		CHECK(!there.from_peer.publish()); // nothing new
		CHECK(here.to_peer.ring().listen());
	}
}

CASE(link, a_message_too_long_harms_nobody)
{
	const Shape shape = {4, 64, false};
	auto &here = *make<Main<Plain>>(test);
	auto &there = *make<Remote<Plain>>(test);
	auto &scratch = *make<Scratch>(test);
	amp_frame frame = {};

	start(test, here.from_peer.ring(), there.to_peer.ring(), shape);
	start(test, here.to_peer.ring(), there.from_peer.ring(), shape);
	for (u32 i = 0; i < 10; i++) {
		CHECK_EQ(send(here.to_peer, {1, 2, 49, 0}, scratch.sent), Fault::Invalid);
		CHECK_EQ(there.from_peer.receive(frame, scratch.got, 48).fault(), Fault::Again);
		CHECK_EQ(send(there.to_peer, {1, 2, 49, 0}, scratch.sent), Fault::BadChain);
		CHECK_EQ(here.from_peer.receive(frame, scratch.got, 48).fault(), Fault::BadChain);
		here.from_peer.publish();
		if (!pass_one(test, here.to_peer, there.from_peer, 48, i, scratch) ||
		    !pass_one(test, there.to_peer, here.from_peer, 48, i, scratch))
			return;
	}
	CHECK_EQ(here.to_peer.counters().bad_buffers, 10);
	CHECK_EQ(there.to_peer.counters().bad_buffers, 10);
	CHECK_EQ(here.from_peer.counters().bad_buffers, 10);
}

// A length in the header beyond the receiver's room, or beyond the buffer that carries it.
CASE(link, refuses_a_length_that_is_not_there)
{
	const Shape shape = {4, 64, false};
	auto &here = *make<Main<Plain>>(test);
	auto &there = *make<Remote<Plain>>(test);
	u8 payload[64] = {};
	amp_frame frame = {};

	start(test, here.to_peer.ring(), there.from_peer.ring(), shape);
	CHECK_EQ(send(here.to_peer, {1, 2, 48, 0}, payload), Fault::None);
	CHECK_EQ(there.from_peer.receive(frame, payload, 47).fault(), Fault::BadChain);
	CHECK(has_text(there.from_peer.complaint().what, "payload length"));
	CHECK_EQ(there.from_peer.complaint().value, 48);
	CHECK_EQ(there.from_peer.complaint().limit, 47);

	Complaint complaint;
	const u16 head = here.to_peer.reserve().value();
	CHECK(here.to_peer.write(head, {1, 2, 40, 0}, payload, complaint).ok());
	here.to_peer.submit(head, 55); // one byte short of what the header says
	CHECK_EQ(there.from_peer.receive(frame, payload, 64).fault(), Fault::BadChain);
	CHECK(has_text(there.from_peer.complaint().what, "bytes in the buffer"));
	here.to_peer.submit(here.to_peer.reserve().value(), 15); // not even a header
	CHECK_EQ(there.from_peer.receive(frame, payload, 64).fault(), Fault::BadChain);
	CHECK_EQ(there.from_peer.counters().bad_buffers, 3);
	CHECK_EQ(there.from_peer.counters().messages, 0);
	there.from_peer.publish();
	CHECK_EQ(here.to_peer.ring().ready().value(), 4); // all of them came back
}

CASE(link, a_ring_made_anew_is_seen_before_it_is_written_to)
{
	Main<Plain> &there = *make<Main<Plain>>(test);
	Remote<Plain> &here = *make<Remote<Plain>>(test);
	const Shape shape = {4, 64, false};
	const auto memory = make_ring(test, shape.num);
	const auto pool = make_region(test, 0x1000, usize(shape.num) * shape.buffer_size);
	auto *const words = make_words(test, DriverRxRing<Plain>::words(shape.num));
	const auto make_anew = [&] {
		return there.from_peer.ring().start(memory, {pool, shape.buffer_size}, false, words).ok();
	};
	const u8 payload[] = {1, 2, 3};

	REQUIRE(make_anew());
	REQUIRE(here.to_peer.ring()
			.start(memory, Regions(&pool, 1), false, make_words(test, DeviceRing<Plain>::words(shape.num)))
			.ok());
	for (u32 n = 0; n < 2; n++)
		REQUIRE_EQ(send(here.to_peer, {1, 2, sizeof(payload), 0}, payload), Fault::None);
	for (u32 n = 0; n < 3; n++) // as many again as the ring holds: its index passes what a new ring starts with
		for (u32 i = 0; i < 2; i++) {
			amp_frame frame;
			u8 got[64];

			REQUIRE(there.from_peer.receive(frame, got, sizeof(got)).ok());
			there.from_peer.publish();
			REQUIRE_EQ(send(here.to_peer, {1, 2, sizeof(payload), 0}, payload), Fault::None);
		}
	REQUIRE(make_anew());
	CHECK_EQ(send(here.to_peer, {1, 2, sizeof(payload), 0}, payload), Fault::BadRing);
	amp_frame frame;
	u8 got[64];
	CHECK_EQ(there.from_peer.receive(frame, got, sizeof(got)).fault(), Fault::Again);
}
