// SPDX-License-Identifier: GPL-2.0-only
// The device end of a console: its control messages, and ports that say back what they hear.
#include "../../samples/rvdev_console_ports.hpp"
#include "env.hpp"
#include "rvdev_main.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u32 kPorts = 2, kRings = 2 * (kPorts + 1);
constexpr u32 kToControl = 2, kFromControl = 3; // vrings, as kToPort[] and kFromPort[]
constexpr u32 kToPort[] = {0, 4}, kFromPort[] = {1, 5};
constexpr u64 kMultiport = 1u << AMP_VIRTIO_CONSOLE_F_MULTIPORT;
constexpr u32 kNum = 128; // more than one look takes
constexpr u32 kSize = 64;

struct Bench {
	using Env = Swapped;

	RvdevMain<Env, kRings, kNum, kSize> main;
	ConsolePorts<Env> ports;
	amp_rvdev_complaint complaint;
	amp_console_news news;
	u16 next[kRings] = {}; // the head that is offered next

	static Bench &start(amp_test &test, u64 features = kMultiport)
	{
		auto &bench = *make<Bench>(test);

		bench.main.start(test, features);
		CHECK(bench.ports.start(bench.main.rings, bench.complaint).ok());
		return bench;
	}

	void send(u32 ring, const void *from, u32 size) { main.send(ring, next[ring]++ % kNum, from, size); }
	void say(u32 id, u16 event, u16 value)
	{
		const amp_virtio_console_control message = {Env::wire(id), Env::wire(event), Env::wire(value)};

		send(kFromControl, &message, sizeof(message));
	}
	void listen(u32 ring, u32 count, u32 size = kSize)
	{
		while (count--)
			main.listen(ring, next[ring]++ % kNum, size);
	}
	void work() { ports.work(news); }

	// The next control message to the main is this one, with @rest bytes behind it.
	bool heard(amp_test &test, u32 id, u16 event, u32 rest = 0, const char *text = nullptr)
	{
		auto &driver = main.driver[kToControl];
		amp_virtio_console_control message;

		if (!CHECK(driver.returned() > 0))
			return false;
		const auto used = driver.collect();
		const u8 *const at = main.buffer(kToControl, u16(used.id));
		__builtin_memcpy(&message, at, sizeof(message));
		return CHECK_EQ(used.len, sizeof(message) + rest) && CHECK_EQ(Env::wire(message.id), id) &&
		       CHECK_EQ(Env::wire(message.event), event) && CHECK_EQ(Env::wire(message.value), 1) &&
		       CHECK(!rest || same_bytes(at + sizeof(message), text, rest));
	}
	u32 unheard() const { return main.driver[kToControl].returned(); }
};

} // namespace

CASE(console_ports, there_are_as_many_as_vrings_make)
{
	CHECK_EQ(ConsolePorts<Plain>::count(2, 0), 1);
	CHECK_EQ(ConsolePorts<Plain>::count(6, 0), 1);
	CHECK_EQ(ConsolePorts<Plain>::count(1, 0), 0);
	CHECK_EQ(ConsolePorts<Plain>::count(2, kMultiport), 0);
	CHECK_EQ(ConsolePorts<Plain>::count(4, kMultiport), 1);
	CHECK_EQ(ConsolePorts<Plain>::count(5, kMultiport), 0);
	CHECK_EQ(ConsolePorts<Plain>::count(6, kMultiport), 2);
	CHECK_EQ(ConsolePorts<Plain>::count(16, kMultiport), 7);
	CHECK_EQ(ConsolePorts<Plain>::count(18, kMultiport), 0);
}

CASE(console_ports, are_announced_named_and_opened_when_the_main_is_ready)
{
	auto &bench = Bench::start(test);

	bench.listen(kToControl, 8);
	bench.work();
	CHECK_EQ(bench.unheard(), 0);
	CHECK_EQ(bench.news.kick, 0);

	bench.say(~0u, AMP_VIRTIO_CONSOLE_DEVICE_READY, 1);
	bench.work();
	CHECK_EQ(bench.news.err, 0);
	CHECK_EQ(bench.news.kick, 1u << kToControl | 1u << kFromControl);
	REQUIRE_EQ(bench.unheard(), 2);
	CHECK(bench.heard(test, 0, AMP_VIRTIO_CONSOLE_PORT_ADD));
	CHECK(bench.heard(test, 1, AMP_VIRTIO_CONSOLE_PORT_ADD));

	bench.say(1, AMP_VIRTIO_CONSOLE_PORT_READY, 1);
	bench.say(0, AMP_VIRTIO_CONSOLE_PORT_READY, 0); // the main could not make it
	bench.work();
	REQUIRE_EQ(bench.unheard(), 2);
	CHECK(bench.heard(test, 1, AMP_VIRTIO_CONSOLE_PORT_NAME, 5, "echo1"));
	CHECK(bench.heard(test, 1, AMP_VIRTIO_CONSOLE_PORT_OPEN));
	CHECK_EQ(bench.main.driver[kFromControl].returned(), 3);
}

CASE(console_ports, answers_wait_for_buffers)
{
	auto &bench = Bench::start(test);

	for (u32 i = 0; i < 50; i++) // asked often, owed once
		bench.say(0, AMP_VIRTIO_CONSOLE_DEVICE_READY, 1);
	bench.work();
	CHECK(!bench.news.again);
	CHECK_EQ(bench.main.driver[kToControl].ring.used->flags.fetch().unchecked(), 0); // a kick is wanted
	bench.listen(kToControl, 1);
	bench.work();
	REQUIRE_EQ(bench.unheard(), 1);
	CHECK(bench.heard(test, 0, AMP_VIRTIO_CONSOLE_PORT_ADD));
	bench.listen(kToControl, 3);
	bench.work();
	REQUIRE_EQ(bench.unheard(), 1);
	CHECK(bench.heard(test, 1, AMP_VIRTIO_CONSOLE_PORT_ADD));
	CHECK_EQ(bench.main.driver[kToControl].ring.used->flags.fetch().unchecked(), AMP_VRING_USED_NO_NOTIFY);

	bench.say(0, AMP_VIRTIO_CONSOLE_DEVICE_READY, 1);
	bench.say(0, AMP_VIRTIO_CONSOLE_DEVICE_READY, 0); // thought better of it
	bench.work();
	CHECK_EQ(bench.unheard(), 0);
}

CASE(console_ports, say_back_what_they_hear)
{
	for (u32 port = 0; port < kPorts; port++) {
		auto &bench = Bench::start(test);
		auto &to = bench.main.driver[kToPort[port]];

		bench.listen(kToPort[port], 2, 8);
		bench.send(kFromPort[port], "hello, main", 11); // in two pieces
		bench.work();
		CHECK_EQ(bench.news.kick, 1u << kToPort[port] | 1u << kFromPort[port]);
		REQUIRE_EQ(to.returned(), 2);
		CHECK_EQ(to.collect().len, 8);
		CHECK_EQ(to.collect().len, 3);
		CHECK(same_bytes(bench.main.buffer(kToPort[port], 0), "hello, m", 8));
		CHECK(same_bytes(bench.main.buffer(kToPort[port], 1), "ain", 3));
		CHECK_EQ(bench.main.driver[kFromPort[port]].returned(), 1);
	}
}

CASE(console_ports, hold_one_piece_for_a_main_that_does_not_read)
{
	auto &bench = Bench::start(test);
	auto &to = bench.main.driver[kToPort[0]], &from = bench.main.driver[kFromPort[0]];

	bench.listen(kToPort[0], 1, 2);
	for (u32 i = 0; i < 3; i++)
		bench.send(kFromPort[0], "abc", 3);
	bench.work();
	CHECK(!bench.news.again);
	CHECK_EQ(from.returned(), 1); // the others wait in the ring
	CHECK_EQ(to.returned(), 1);
	CHECK_EQ(to.ring.used->flags.fetch().unchecked(), 0);
	bench.say(0, AMP_VIRTIO_CONSOLE_PORT_OPEN, 0); // nobody waits for the "c"
	bench.listen(kToPort[0], 2, 3);
	bench.work();
	CHECK_EQ(from.returned(), 3);
	REQUIRE_EQ(to.returned(), 3);
	CHECK(same_bytes(bench.main.buffer(kToPort[0], 1), "abc", 3));
	CHECK(same_bytes(bench.main.buffer(kToPort[0], 2), "abc", 3));
}

CASE(console_ports, are_one_without_control_messages)
{
	auto &bench = Bench::start(test, 0);

	bench.listen(0, 1);
	bench.send(1, "x", 1);
	bench.say(0, AMP_VIRTIO_CONSOLE_DEVICE_READY, 1);
	bench.work();
	CHECK_EQ(bench.main.driver[0].returned(), 1);
	CHECK_EQ(bench.main.driver[kFromControl].returned(), 0);
	bench.main.driver[kToControl].ring.used->idx.put(7);
	CHECK(bench.ports.intact());
	bench.main.driver[0].ring.used->idx.put(7);
	CHECK(!bench.ports.intact());
}

CASE(console_ports, refuse_what_no_driver_says)
{
	auto &bench = Bench::start(test);
	const struct {
		u32 id;
		u16 event;
		const char *why;
		u64 value;
	} bad[] = {
		{kPorts, AMP_VIRTIO_CONSOLE_PORT_READY, "port", kPorts},
		{~0u, AMP_VIRTIO_CONSOLE_PORT_OPEN, "port", ~0u},
		{0, AMP_VIRTIO_CONSOLE_PORT_ADD, "event", AMP_VIRTIO_CONSOLE_PORT_ADD},
		{0, 0xffff, "event", 0xffff},
	};
	u32 count = 0;

	bench.listen(kToControl, 8);
	for (const auto &one : bad) {
		bench.say(one.id, one.event, 1);
		bench.work();
		CHECK_EQ(bench.news.err, -kEbadmsg);
		CHECK_EQ(bench.news.complaint.vring, kFromControl);
		CHECK(has_text(bench.news.complaint.complaint.what, one.why));
		CHECK_EQ(bench.news.complaint.complaint.value, one.value);
		CHECK_EQ(bench.news.bad, ++count);
	}
	for (const u32 size : list<u32>(0, 7, 9)) { // cut off, or with something behind
		bench.send(kFromControl, "\0\0\0\0\0\0\0\1\0", size);
		bench.work();
		CHECK_EQ(bench.news.err, -kEbadmsg);
		CHECK_EQ(bench.news.bad, ++count);
	}
	CHECK_EQ(bench.unheard(), 0);
	CHECK_EQ(bench.main.driver[kFromControl].returned(), count);
}

CASE(console_ports, bad_buffers_without_end_do_not_hold_us)
{
	auto &bench = Bench::start(test);

	for (u32 i = 0; i < kNum; i++) {
		bench.main.driver[kToPort[0]].describe(i, 0x1000, 8, AMP_VRING_DESC_WRITE);
		bench.main.driver[kToPort[0]].offer(u16(i));
	}
	bench.send(kFromPort[0], "x", 1);
	bench.work();
	CHECK(bench.news.again);
	CHECK_EQ(bench.news.err, -kEbadmsg);
	CHECK(bench.main.driver[kToPort[0]].returned() <= ConsolePorts<Plain>::kBudget);
	bench.work();
	CHECK(bench.news.again);
	bench.work();
	CHECK(!bench.news.again); // the ring is empty: now it is the main's turn
	CHECK_EQ(bench.main.driver[kToPort[0]].returned(), kNum);
}

CASE(console_ports, a_bad_ring_ends_the_work)
{
	for (const u32 ring : list<u32>(kFromControl, kFromPort[0], kFromPort[1])) {
		auto &bench = Bench::start(test);

		bench.main.driver[ring].ring.avail_ring[0].put(kNum);
		bench.main.driver[ring].ring.avail->idx.put(1);
		bench.work();
		CHECK_EQ(bench.news.err, -kEproto);
		CHECK_EQ(bench.news.complaint.vring, ring);
		CHECK(!bench.news.again);
	}
	auto &bench = Bench::start(test);
	bench.say(0, AMP_VIRTIO_CONSOLE_DEVICE_READY, 1);
	bench.send(kFromPort[0], "x", 1);
	bench.listen(kToPort[0], 1);
	bench.main.driver[kToControl].ring.avail->idx.put(kNum + 1);
	bench.work();
	CHECK_EQ(bench.news.err, -kEproto);
	CHECK_EQ(bench.news.complaint.vring, kToControl);
	CHECK_EQ(bench.main.driver[kToPort[0]].returned(), 0);
}
