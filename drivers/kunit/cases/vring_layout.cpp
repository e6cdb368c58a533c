// SPDX-License-Identifier: GPL-2.0-only
#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;

// Sizes as the formulas of virtio 1.2, 2.7 give them, worked out by hand for rings that are met in the field.
CASE(vring_layout, is_the_one_of_the_specification)
{
	CHECK_EQ(VringLayout::of(256, 4096).avail, 4096);
	CHECK_EQ(VringLayout::of(256, 4096).used, 8192);
	CHECK_EQ(VringLayout::of(256, 4096).size, 10246);
	CHECK_EQ(VringLayout::of(256, 16).used, 4624);
	CHECK_EQ(VringLayout::of(1, 4).used, 24);
	CHECK_EQ(VringLayout::of(1, 4).size, 38);
	CHECK_EQ(VringLayout::of(32768, 4096).used, 593920);
	CHECK_EQ(VringLayout::of(32768, 4096).size, 593920 + 262150);
}

CASE(vring_layout, puts_every_part_in_its_place)
{
	const auto memory = make_ring(test, 8);
	auto *const base = static_cast<u8 *>(memory.va);
	Vring<Plain> ring;
	Complaint complaint;

	REQUIRE(ring.map(memory, complaint).ok());
	ring.desc[7].next.put(0x1111);
	ring.avail->idx.put(0x2222);
	ring.avail_ring[7].put(0x3333);
	ring.used_event->put(0x4444);
	ring.used->idx.put(0x5555);
	ring.used_ring[7].len.put(0x66666666);
	ring.avail_event->put(0x7777);
	const usize used = VringLayout::of(8, kAlign).used;
	CHECK_EQ(base[7 * 16 + 14], 0x11);
	CHECK_EQ(base[8 * 16 + 2], 0x22);
	CHECK_EQ(base[8 * 16 + 4 + 7 * 2], 0x33);
	CHECK_EQ(base[8 * 16 + 4 + 8 * 2], 0x44);
	CHECK_EQ(base[used + 2], 0x55);
	CHECK_EQ(base[used + 4 + 7 * 8 + 4], 0x66);
	CHECK_EQ(base[used + 4 + 8 * 8], 0x77);
	CHECK_EQ(used + 4 + 8 * 8 + 2, memory.size);
}

CASE(vring_layout, takes_every_legal_size)
{
	for (u32 num = 1; num <= AMP_VRING_NUM_MAX; num *= 2) {
		const auto memory = make_ring(test, num);
		Vring<Plain> ring;
		Complaint complaint;

		CHECK(ring.map(memory, complaint).ok());
		CHECK(!complaint.what);
		ring.avail_event->put(1); // the last word: a sanitizer watches the end
	}
}

namespace
{

void refuses(amp_test &test, amp_vring_memory memory, const char *why, u64 value)
{
	Vring<Plain> ring;
	Complaint complaint;

	CHECK_EQ(ring.map(memory, complaint).fault(), Fault::BadRing);
	CHECK(has_text(complaint.what, why));
	CHECK_EQ(complaint.value, value);
}

} // namespace

CASE(vring_layout, refuses_a_size_that_is_no_power_of_two)
{
	auto memory = make_ring(test, 4);

	for (const u32 num : list<u32>(0u, 3u, 6u, 255u, 32767u, 65536u, 0x80000000u, 0xffffffffu)) {
		memory.num = num;
		refuses(test, memory, "ring size", num);
	}
}

CASE(vring_layout, refuses_a_bad_alignment)
{
	auto memory = make_ring(test, 4);

	for (const u32 align : list<u32>(0u, 1u, 2u, 3u, 12u, 4097u, 131072u, 0x80000000u, 0xffffffffu)) {
		memory.align = align;
		refuses(test, memory, "ring alignment", align);
	}
}

CASE(vring_layout, refuses_memory_one_byte_too_small)
{
	for (u32 num = 1; num <= 1024; num *= 2) {
		auto memory = make_ring(test, num);

		memory.size--;
		refuses(test, memory, "bytes of memory", memory.size);
		memory.size = 0;
		refuses(test, memory, "bytes of memory", 0);
	}
}

CASE(vring_layout, refuses_an_unaligned_ring)
{
	auto memory = make_ring(test, 64);
	auto *const va = static_cast<u8 *>(memory.va);

	memory.num = 4;
	for (const usize off : list<usize>(1, 2, 4, 8, 15)) {
		memory.va = va + off;
		refuses(test, memory, "ring address", reinterpret_cast<uptr>(va + off));
	}
	memory.va = nullptr;
	refuses(test, memory, "ring address", 0);
}

// What "passes" means, step by step: an index in (before, now] was just reached when it is event + 1.
CASE(vring_layout, event_index_is_passed_where_a_step_says_so)
{
	Dice dice(1);

	for (u32 i = 0; i < 3000; i++) {
		const u16 before = u16(i % 3 ? dice.roll() : 65530 + dice.below(12));
		const u16 step = u16(dice.below(i % 2 ? 8 : 300));
		const u16 event = u16(before + dice.below(16) - 8);
		bool passed = false;

		for (u16 at = 1; at <= step; at++)
			passed |= u16(before + at) == u16(event + 1);
		if (!CHECK_EQ(passes_event(event, u16(before + step), before), passed))
			break;
	}
}
