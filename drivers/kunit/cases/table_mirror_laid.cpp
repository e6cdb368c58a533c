// SPDX-License-Identifier: GPL-2.0-only
// The table of firmware that we are about to start: what it may ask for, and a remote that writes where it is laid.
#include "mirror_scene.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

CASE(table_mirror, lays_a_table_of_firmware)
{
	Scene<Plain> scene(test);
	auto *const file = make<u8>(test, kRoom);

	// The remote's memory holds whatever was left there.
	REQUIRE(scene.build(0));
	__builtin_memcpy(file, scene.live.va, kRoom);
	__builtin_memset(scene.live.va, 0xa5, kRoom);
	for (u32 life = 0; life < 2; life++) {
		__builtin_memcpy(scene.copy, file, kRoom);
		REQUIRE(scene.mirror->adopt(kRoom, scene.complaint).ok());
		scene.core().put_vring_notifyid(0, 0);
		scene.core().put_vring_notifyid(1, 1);
		REQUIRE(scene.mirror->adopt(kRoom, scene.complaint).ok());
		REQUIRE(scene.mirror->lay(scene.live).ok());
		CHECK(same_bytes(scene.live.va, scene.copy, kRoom));
		CHECK(!scene.mirror->claim());
		CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
		scene.core().put_vring_da(0, 0x5000'1000);
		scene.core().put_status(7);
		CHECK(scene.mirror->publish());
		CHECK_EQ(scene.remote().status(), 7);
		CHECK_EQ(scene.remote().words(0).da, 0x5000'1000);
		CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
		if (life)
			scene.word(kEntry + 4) = 9;
		CHECK_EQ(scene.mirror->look(), life ? AMP_SHM_REBUILT : AMP_SHM_INTACT);
		CHECK_EQ(scene.mirror->withdraw(), !life);
	}
}

CASE(table_mirror, is_laid_where_the_firmware_has_it)
{
	Scene<Plain> scene(test);
	const Window elsewhere = {make<u8>(test, kRoom), kRoom};

	REQUIRE(scene.build(0));
	__builtin_memcpy(scene.copy, scene.live.va, kRoom);
	REQUIRE(scene.mirror->adopt(kRoom, scene.complaint).ok());
	REQUIRE(scene.mirror->lay(elsewhere).ok());
	scene.mirror->claim();
	scene.core().put_status(7);
	CHECK(scene.mirror->publish());
	CHECK_EQ(scene.remote().status(), 0);
	CHECK_EQ(scene.at(elsewhere.va).status(), 7);
	scene.live = elsewhere;
	scene.word(0) = 0;
	CHECK_EQ(scene.mirror->look(), AMP_SHM_GONE);
}

CASE(table_mirror, firmware_asks_for_no_more_than_a_remote)
{
	Scene<Plain> scene(test);

	REQUIRE(scene.build(0));
	__builtin_memcpy(scene.copy, scene.live.va, kRoom);
	const struct {
		u32 offset, value;
		const char *why;
	} bad[] = {{kRing0, 0x5000'2000, "vring da"}, {kRing1 + 8, 512, "bytes for the vring"}, {kEntry, 1, "IOMMU"}};

	for (const auto &word : bad) {
		u32 &cell = *reinterpret_cast<u32 *>(scene.copy + word.offset);
		const u32 good = cell;

		cell = word.value;
		CHECK_EQ(scene.mirror->adopt(kRoom, scene.complaint).fault(), Fault::BadTable);
		CHECK(has_text(scene.complaint.why.what, word.why));
		cell = good;
	}
	CHECK(scene.mirror->adopt(kRoom, scene.complaint).ok());
	CHECK_EQ(scene.mirror->adopt(kRing0, scene.complaint).fault(), Fault::BadTable); // cut off
}

namespace
{

// Writes one word of the live table before one of the accesses.
struct Vandal {
	Scene<Hostile> *scene;
	u32 strike_at = ~0u;
	u32 where = 0;
	u32 value = 0;
	u32 touches = 0;

	static void before(void *context, Touch, const void *, usize)
	{
		auto &self = *static_cast<Vandal *>(context);

		if (self.touches++ == self.strike_at)
			self.scene->word(self.where) = self.value;
	}
};

} // namespace

CASE(table_mirror, may_change_while_it_is_laid)
{
	Scene<Hostile> scene(test);
	auto *const kept = make<u8>(test, kRoom);
	Vandal vandal{&scene};
	u32 laid = 0, again = 0;

	REQUIRE(scene.build(0));
	__builtin_memcpy(kept, scene.live.va, kRoom);
	__builtin_memcpy(scene.copy, kept, kRoom);
	Hostile::meddler = {Vandal::before, &vandal};
	CHECK(scene.mirror->adopt(kRoom, scene.complaint).ok() && scene.mirror->lay(scene.live).ok());
	const u32 touches = vandal.touches;
	for (u32 touch = 0; touch < touches; touch++) {
		for (u32 at = 0; at < kRing1 + 20; at += 4) {
			for (const u32 value : list<u32>(0, 1, 3 << 8, 0x5000'2000, ~0u)) {
				__builtin_memcpy(scene.copy, kept, kRoom);
				vandal = {&scene, touch, at, value};
				const bool good = scene.mirror->adopt(kRoom, scene.complaint).ok();
				const bool ok = good && scene.mirror->lay(scene.live).ok();

				// What lies there now is what we are going to write into.
				if (ok && !scene.mirror->claim()) {
					scene.core().put_status(laid & 1 ? 1 : 3);
					(void)scene.mirror->publish();
					(void)scene.mirror->withdraw();
					scene.core().put_status(0);
				}
				Hostile::meddler = {};
				laid += ok;
				again += !ok;
				// Whatever it did, it did not get at what the core will see.
				if (!CHECK(good) || !CHECK(same_bytes(scene.copy, kept, kRoom)))
					return;
				Hostile::meddler = {Vandal::before, &vandal};
			}
		}
		test.services->breathe(&test);
	}
	Hostile::meddler = {};
	CHECK(laid > 100 && again > 100);
}
