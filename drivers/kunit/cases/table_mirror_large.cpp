// SPDX-License-Identifier: GPL-2.0-only
// The main's copy of a table with vdevs that a subnode declares, and with more vrings than mainline takes.
#include "mirror_scene.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

namespace
{

// Vdevs of so many vrings each; 2 is a vdev that the core itself could drive.
bool build_many(const Scene<Plain> &scene, List<u32, 3> vrings)
{
	const VringWords words[kVringsMax] = {
		{AMP_RSC_ADDR_ANY, 4096, 256, 100}, {AMP_RSC_ADDR_ANY, 4096, 256, 101}, {AMP_RSC_ADDR_ANY, 64, 4, 102},
		{AMP_RSC_ADDR_ANY, 64, 4, 103},	    {AMP_RSC_ADDR_ANY, 64, 4, 104},	{AMP_RSC_ADDR_ANY, 64, 4, 105},
		{AMP_RSC_ADDR_ANY, 64, 4, 106},	    {AMP_RSC_ADDR_ANY, 64, 4, 107},	{AMP_RSC_ADDR_ANY, 64, 4, 108},
		{AMP_RSC_ADDR_ANY, 64, 4, 109},	    {AMP_RSC_ADDR_ANY, 64, 4, 110},	{AMP_RSC_ADDR_ANY, 64, 4, 111},
		{AMP_RSC_ADDR_ANY, 64, 4, 112},	    {AMP_RSC_ADDR_ANY, 64, 4, 113},	{AMP_RSC_ADDR_ANY, 64, 4, 114},
		{AMP_RSC_ADDR_ANY, 64, 4, 115},
	};
	Complaint why;
	TableBuilder<Plain> builder(scene.live, 3);

	for (const u32 count : vrings)
		if (!builder.vdev({count == 2 ? 7u : 3u, 0, words, count, kConfig, sizeof(kConfig)}, why).ok())
			return false;
	return builder.publish(5, why).ok();
}

VdevEntry<Plain> vdev_at(u8 *where, u32 index)
{
	Complaint ignored;
	Table<Plain> table;

	(void)table.parse({where, kRoom}, ignored);
	return table.vdev(index).value();
}

} // namespace

CASE(table_mirror, asks_nothing_for_a_vdev_that_is_declared)
{
	amp_shm_limits limits = {nullptr, 0, kNames, 1, 0, kPage, 7};
	Scene<Plain> scene(test, limits);

	REQUIRE(build_many(scene, {2, 2, 16}));
	CHECK_EQ(scene.take(), Fault::None);
	vdev_at(scene.live.va, 0).put_vring_da(0, 0x1234'5678); // its driver's affair
	CHECK_EQ(scene.take(), Fault::None);
	// The core may drive it, where nobody claims it: the used ring has to be where the core thinks.
	vdev_at(scene.live.va, 0).put_vring_da(0, 0);
	scene.word(28 + 28 + 4) = 8192;
	refuses(test, scene, "vring align");
	CHECK_EQ(scene.complaint.vdev, 0);
	CHECK_EQ(scene.complaint.vring, 0);

	// One that is not declared has its own number among the carve-outs, and among the doorbells.
	const amp_shm_carveout carveouts[] = {{}, {}, {0x5000'1000, 0x3000}, {0x5000'4000, 0x3000}};
	limits = {carveouts, 4, kNames, 4, 0xc, kPage, 5};
	Scene<Plain> mixed(test, limits);
	REQUIRE(build_many(mixed, {2, 2, 3}));
	CHECK_EQ(mixed.take(), Fault::None);
	limits.bells = 3;
	Scene<Plain> silent(test, limits);
	REQUIRE(build_many(silent, {2, 2, 3}));
	refuses(test, silent, "mbox-names");
	CHECK_EQ(silent.complaint.vdev, 1);
	CHECK_EQ(silent.complaint.why.value, 2);
}

CASE(table_mirror, a_vdev_behind_a_large_one_has_to_be_declared)
{
	for (const u32 declared : list<u32>(2, 6, 7)) {
		Scene<Plain> scene(test, declaring(declared));

		REQUIRE(build_many(scene, {2, 16, 2}));
		if (declared == 2) {
			refuses(test, scene, "behind some that mainline passes over");
			CHECK_EQ(scene.complaint.vdev, 2);
		} else {
			CHECK_EQ(scene.take(), Fault::None);
		}
	}
	Scene<Plain> scene(test, declaring(1)); // one of the large type is passed over, whether declared or not
	REQUIRE(build_many(scene, {2, 2, 2}));
	vdev_at(scene.live.va, 1).retype(AMP_RSC_VDEV_LARGE);
	refuses(test, scene, "behind some that mainline passes over");
	CHECK_EQ(scene.complaint.vdev, 2);
}

CASE(table_mirror, the_core_passes_over_a_large_vdev)
{
	Scene<Plain> scene(test, declaring(6));
	auto *const kept = make<u8>(test, kRoom);

	REQUIRE(build_many(scene, {2, 16, 3}));
	__builtin_memcpy(kept, scene.live.va, kRoom);
	REQUIRE_EQ(scene.take(), Fault::None);
	CHECK_EQ(vdev_at(scene.copy, 0).type(), AMP_RSC_VDEV);
	CHECK_EQ(vdev_at(scene.copy, 1).type(), AMP_RSC_VDEV_LARGE);
	CHECK_EQ(vdev_at(scene.copy, 2).type(), AMP_RSC_VDEV_LARGE);
	CHECK(!scene.mirror->claim());
	CHECK(!scene.mirror->publish());
	CHECK(same_bytes(kept, scene.live.va, kRoom)); // firmware finds its vdevs
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);

	// Its driver shows it to whatever looks for vdevs in the table, and hides it again.
	vdev_at(scene.copy, 1).retype(AMP_RSC_VDEV);
	CHECK(!scene.mirror->publish());
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
	vdev_at(scene.copy, 1).put_status(7);
	CHECK(scene.mirror->publish());
	CHECK_EQ(vdev_at(scene.live.va, 1).status(), 7);
	vdev_at(scene.copy, 1).retype(AMP_RSC_VDEV_LARGE);
	vdev_at(scene.copy, 1).put_status(0);
	CHECK(scene.mirror->publish());
	CHECK_EQ(vdev_at(scene.live.va, 1).status(), 0);
	CHECK(!scene.mirror->withdraw());
	CHECK(same_bytes(kept, scene.live.va, kRoom));
}

CASE(table_mirror, shows_every_vring_of_a_large_vdev)
{
	Scene<Plain> scene(test, declaring(7));
	auto *const kept = make<u8>(test, kRoom);

	REQUIRE(build_many(scene, {3, 16, 2}));
	__builtin_memcpy(kept, scene.live.va, kRoom);
	REQUIRE_EQ(scene.take(), Fault::None);
	scene.mirror->claim();
	for (u32 i = 0, id = 0; i < 3; i++) {
		auto core = vdev_at(scene.copy, i);

		for (u32 r = 0; r < core.vrings(); r++, id++) {
			core.put_vring_da(r, 0x6000'0000 + 0x1'0000 * id);
			core.put_vring_notifyid(r, id);
		}
		core.put_status(7);
	}
	CHECK(scene.mirror->publish());
	CHECK(!scene.mirror->publish());
	for (u32 i = 0, id = 0; i < 3; i++) {
		const auto live = vdev_at(scene.live.va, i);

		CHECK_EQ(live.status(), 7);
		for (u32 r = 0; r < live.vrings(); r++, id++) {
			CHECK_EQ(live.words(r).da, 0x6000'0000 + 0x1'0000 * id);
			CHECK_EQ(live.words(r).notifyid, id);
		}
	}
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
	CHECK(scene.mirror->withdraw());
	CHECK(same_bytes(kept, scene.live.va, kRoom));
}

CASE(table_mirror, a_large_vdev_in_the_live_table_is_turned_and_turned_back)
{
	for (u32 declared = 0; declared <= 4; declared += 4) {
		Scene<Plain> scene(test, declaring(declared | 3));
		auto *const kept = make<u8>(test, kRoom);

		REQUIRE(build_many(scene, {2, 2, 4}));
		vdev_at(scene.live.va, 2).retype(AMP_RSC_VDEV_LARGE); // as it lay in the firmware's file
		__builtin_memcpy(kept, scene.live.va, kRoom);
		REQUIRE_EQ(scene.take(), Fault::None);
		CHECK(same_bytes(kept, scene.live.va, kRoom)); // not ours yet
		scene.mirror->claim();
		CHECK_EQ(vdev_at(scene.copy, 2).type(), AMP_RSC_VDEV_LARGE);
		CHECK_EQ(vdev_at(scene.live.va, 2).type(), declared ? AMP_RSC_VDEV : AMP_RSC_VDEV_LARGE);
		CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
		vdev_at(scene.copy, 0).put_status(7);
		CHECK(scene.mirror->publish());
		CHECK(scene.mirror->withdraw());
		CHECK(same_bytes(kept, scene.live.va, kRoom));
		REQUIRE_EQ(scene.take(), Fault::None); // and again
		CHECK(!scene.mirror->claim());
	}
}
