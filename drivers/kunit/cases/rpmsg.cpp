// SPDX-License-Identifier: GPL-2.0-only
// Headers and the name service, as bytes.
#include <amp/rpmsg/frame.hpp>
#include <amp/rpmsg/name_service.hpp>

#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;

CASE(rpmsg, header_has_its_fields_in_their_places)
{
	const auto header = FrameHeader<Plain>::make(0x11223344, 0x55667788, 0x99aa, 0xbbcc);
	const auto swapped = FrameHeader<Swapped>::make(0x11223344, 0x55667788, 0x99aa, 0xbbcc);
	const auto *const raw = reinterpret_cast<const u8 *>(&header);
	const auto *const other = reinterpret_cast<const u8 *>(&swapped);
	const u8 expected[16] = {0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55, 0, 0, 0, 0, 0xaa, 0x99, 0xcc, 0xbb};

	CHECK(same_bytes(raw, expected, 16));
	CHECK_EQ(header.src(), 0x11223344);
	CHECK_EQ(header.dst(), 0x55667788);
	CHECK_EQ(header.len(), 0x99aa);
	CHECK_EQ(header.flags(), 0xbbcc);
	for (u32 i = 0; i < 4; i++) {
		CHECK_EQ(other[i], raw[3 - i]);
		CHECK_EQ(other[4 + i], raw[7 - i]);
	}
	CHECK_EQ(other[12], raw[13]);
	CHECK_EQ(other[14], raw[15]);
	CHECK_EQ(swapped.src(), 0x11223344);
	CHECK_EQ(swapped.len(), 0x99aa);
}

CASE(rpmsg, announcements_arrive_as_they_were_made)
{
	for (const bool destroy : list<bool>(false, true)) {
		for (u32 length = 1; length < AMP_RPMSG_NAME_SIZE; length++) {
			char name[AMP_RPMSG_NAME_SIZE] = {};
			Complaint complaint;

			for (u32 i = 0; i < length; i++)
				name[i] = char('a' + (i + length) % 26);
			const auto raw = Announcement<Swapped>::make(name, 0x12345678, destroy);
			CHECK_EQ(raw.addr, 0x78563412);
			const auto got = Announcement<Swapped>::parse(&raw, sizeof(raw), complaint);
			REQUIRE(got.ok());
			CHECK(same_bytes(got.value().name, name, AMP_RPMSG_NAME_SIZE));
			CHECK_EQ(got.value().addr, 0x12345678);
			CHECK_EQ(got.value().destroy, destroy);
			CHECK(!complaint.what);
		}
	}
}

CASE(rpmsg, a_long_name_is_cut)
{
	const auto raw = Announcement<Plain>::make("a name of more than thirty-one characters", 1, false);

	CHECK_EQ(raw.name[AMP_RPMSG_NAME_SIZE - 1], 0);
	CHECK(raw.name[AMP_RPMSG_NAME_SIZE - 2] != 0);
}

namespace
{

void refuses(amp_test &test, const void *message, usize size, const char *why, u64 value)
{
	Complaint complaint;

	CHECK_EQ(Announcement<Plain>::parse(message, size, complaint).fault(), Fault::BadChain);
	CHECK(has_text(complaint.what, why));
	CHECK_EQ(complaint.value, value);
}

} // namespace

CASE(rpmsg, refuses_bad_announcements)
{
	const auto good = Announcement<Plain>::make("service", 1024, false);
	auto *const exact = static_cast<amp_rpmsg_ns_message *>(test.services->zalloc(&test, sizeof(good)));

	*exact = good;
	Complaint complaint;
	CHECK(Announcement<Plain>::parse(exact, sizeof(good), complaint).ok());
	for (const usize size : list<usize>(0, 1, 31, 32, 39, 41, 512, 0xffff))
		refuses(test, exact, size, "length of a name-service message", size);

	__builtin_memset(exact->name, 'x', AMP_RPMSG_NAME_SIZE); // no terminator
	refuses(test, exact, sizeof(good), "length of an announced name", AMP_RPMSG_NAME_SIZE);
	*exact = good;
	exact->name[0] = 0;
	refuses(test, exact, sizeof(good), "length of an announced name", 0);
	for (const u8 byte : list<u8>(1, '\n', '\033', 0x1f, 0x7f, 0x80, 0x9b, 0xff)) {
		*exact = good;
		exact->name[6] = static_cast<char>(byte); // its last
		refuses(test, exact, sizeof(good), "character of an announced name", byte);
	}
	*exact = good;
	for (const u32 flags : list<u32>(2, 3, 0x80000000, 0xffffffff)) {
		exact->flags = flags;
		refuses(test, exact, sizeof(good), "flags of a name-service message", flags);
	}
	*exact = good;
	for (const u32 addr : list<u32>(AMP_RPMSG_ADDR_ANY, AMP_RPMSG_ADDR_NS)) {
		exact->addr = addr;
		refuses(test, exact, sizeof(good), "announced address", addr);
	}
}

// Whatever stands behind the name's end stays with us: what is kept is NUL to the last byte.
CASE(rpmsg, nothing_follows_a_name)
{
	auto raw = Announcement<Plain>::make("ab", 1024, true);
	Complaint complaint;

	for (u32 i = 3; i < AMP_RPMSG_NAME_SIZE; i++)
		raw.name[i] = 'z';
	const auto got = Announcement<Plain>::parse(&raw, sizeof(raw), complaint);
	REQUIRE(got.ok());
	for (u32 i = 2; i < AMP_RPMSG_NAME_SIZE; i++)
		CHECK_EQ(got.value().name[i], 0);
}
