// SPDX-License-Identifier: GPL-2.0-only
// The remote end of a link: the table that it builds or finds, and vdevs with as many vrings as there may be.
#include "../../remoteproc/rproc_vdev_remote_link.hpp"
#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

namespace
{

constexpr u32 kRoom = 1024;
constexpr u32 kRegion = 0x5000'0000;
constexpr u32 kRegionSize = 8192;
constexpr u32 kRingSize = 256; // of 8 descriptors, aligned
constexpr u32 kRingAlign = 16;
constexpr u32 kVrings[] = {2, 3, 16};

// What devicetree says: three vdevs, each with one region for all of its rings.
struct Scene {
	amp_vdevs_plan plan = {};
	amp_region region[3];
	RemoteLink<Plain> *link;
	amp_vdev_complaint where = {{}, -1, -1};

	Scene(amp_test &test, bool build)
	{
		plan.table = test.services->zalloc(&test, kRoom);
		plan.table_size = kRoom;
		plan.build = build;
		plan.vdevs = 3;
		for (u32 i = 0; i < 3; i++) {
			amp_vdev_plan &vdev = plan.vdev[i];

			region[i] = make_region(test, kRegion + 0x1'0000 * i, kRegionSize);
			vdev.id = 7 + i;
			vdev.features = 1;
			vdev.vrings = kVrings[i];
			vdev.align = kRingAlign;
			vdev.regions = &region[i];
			vdev.num_regions = 1;
			for (u32 ring = 0; ring < vdev.vrings; ring++)
				vdev.ring_num[ring] = 8;
		}
		link = new (test.services->zalloc(&test, sizeof(*link))) RemoteLink<Plain>(plan);
	}

	// It is too large for a kernel's stack.
	static Scene &make(amp_test &test, bool build)
	{
		return *new (test.services->zalloc(&test, sizeof(Scene))) Scene(test, build);
	}

	amp_table_news look() { return link->look_at_table(1, where); }

	// The table as the main sees it.
	[[gnu::noinline]] VdevEntry<Plain> main(u32 vdev) const
	{
		Complaint ignored;
		Table<Plain> table;

		(void)table.parse({static_cast<u8 *>(plan.table), kRoom}, ignored);
		return table.vdev(vdev).value();
	}

	// Firmware's, of vdevs such as devicetree describes.
	bool load(u32 type)
	{
		TableBuilder<Plain> builder({static_cast<u8 *>(plan.table), kRoom}, 3);
		Complaint why;

		for (u32 i = 0; i < 3; i++) {
			VringWords words[kVringsMax];

			for (auto &vring : words)
				vring = {AMP_RSC_ADDR_ANY, kRingAlign, 8, 0};
			if (!builder.vdev({7 + i, 1, words, kVrings[i], nullptr, 0}, why).ok())
				return false;
		}
		if (!builder.publish(0, why).ok())
			return false;
		main(2).retype(type);
		return true;
	}

	// The main's driver of a vdev.
	void drive(u32 vdev)
	{
		auto entry = main(vdev);

		for (u32 ring = 0; ring < entry.vrings(); ring++)
			entry.put_vring_da(ring, u32(region[vdev].da) + ring * kRingSize);
		entry.put_status(AMP_VIRTIO_STATUS_DRIVER_OK);
	}
};

} // namespace

CASE(remote_link, builds_a_table_of_every_vring_there_may_be)
{
	auto &scene = Scene::make(test, true);
	u32 notifyid = 0;

	REQUIRE(scene.link->check(scene.where).ok());
	REQUIRE_EQ(scene.look(), AMP_TABLE_BUILT);
	CHECK_EQ(scene.look(), AMP_TABLE_NO_NEWS);
	for (u32 i = 0; i < 3; i++) {
		const auto entry = scene.main(i);
		u32 end = u32(scene.region[i].da);

		CHECK_EQ(entry.type(), AMP_RSC_VDEV); // of whatever size: it lies in memory, and not in a file
		CHECK_EQ(entry.id(), 7 + i);
		REQUIRE_EQ(entry.vrings(), kVrings[i]);
		for (u32 ring = 0; ring < entry.vrings(); ring++, notifyid++) {
			const auto words = entry.words(ring);

			CHECK_EQ(words.notifyid, notifyid);
			CHECK(words.da >= end && words.da % kRingAlign == 0); // behind the one before
			end = words.da + u32(VringLayout::of(words.num, words.align).size);
		}
		CHECK(end <= scene.region[i].da + kRegionSize);
		CHECK_EQ(scene.link->view(i).vring[kVrings[i] - 1].notifyid, notifyid - 1);
	}
}

CASE(remote_link, refuses_regions_too_small_or_shared)
{
	auto &small = Scene::make(test, true);
	small.region[2].size = 15 * kRingSize / 2;
	CHECK_EQ(small.link->check(small.where).fault(), Fault::Invalid);
	CHECK(has_text(small.where.complaint.what, "bytes of the vring's region"));
	CHECK_EQ(small.where.vdev, 2);
	CHECK(small.where.vring > 0);

	auto &shared = Scene::make(test, true);
	shared.region[2] = shared.region[0];
	CHECK_EQ(shared.link->check(shared.where).fault(), Fault::Invalid);
	CHECK(has_text(shared.where.complaint.what, "in the same region"));
	CHECK_EQ(shared.where.vdev, 2);
	CHECK_EQ(shared.where.complaint.value, 0);
	// Where the main places them, it is its affair.
	shared.plan.build = false;
	CHECK(shared.link->check(shared.where).ok());
}

CASE(remote_link, every_vring_comes_up)
{
	auto &scene = Scene::make(test, true);

	REQUIRE_EQ(scene.look(), AMP_TABLE_BUILT);
	for (u32 i = 0; i < 3; i++) {
		scene.drive(i);
		const auto news = scene.link->vdev(i).look(true, false);
		REQUIRE_EQ(news.action, AMP_VDEV_GO_UP);
		for (u32 ring = 0; ring < kVrings[i]; ring++) {
			amp_vring_memory memory = {};

			REQUIRE(scene.link->vdev(i).vring(ring, &memory));
			CHECK(memory.va == bytes(scene.region[i], ring * kRingSize));
			CHECK_EQ(memory.num, 8);
		}
		amp_vring_memory none;
		CHECK(!scene.link->vdev(i).vring(kVrings[i], &none));
	}
	// The last of many is watched as the first is.
	scene.main(2).put_vring_da(15, kRegion + 0x2'0000);
	CHECK_EQ(scene.link->vdev(2).look(true, false).action, AMP_VDEV_GO_DOWN);
	CHECK_EQ(scene.link->vdev(0).look(true, false).action, AMP_VDEV_STAY);
}

CASE(remote_link, one_bad_vring_among_many_is_refused)
{
	for (u32 bad = 0; bad < 16; bad++) {
		auto &scene = Scene::make(test, true);

		REQUIRE_EQ(scene.look(), AMP_TABLE_BUILT);
		scene.drive(2);
		scene.main(2).put_vring_da(bad, kRegion + 0x2'0000 + kRegionSize - 16);
		const auto news = scene.link->vdev(2).look(true, false);
		CHECK(news.refused);
		CHECK_EQ(news.complaint.vring, bad);
		CHECK(has_text(news.complaint.complaint.what, "vring da"));
	}
}

CASE(remote_link, says_that_nobody_turned_the_type)
{
	auto &scene = Scene::make(test, false);

	CHECK_EQ(scene.look(), AMP_TABLE_AWAITED);
	REQUIRE(scene.load(AMP_RSC_VDEV_LARGE));
	CHECK_EQ(scene.look(), AMP_TABLE_BAD);
	CHECK(has_text(scene.where.complaint.what, "whoever loads firmware has to turn"));
	CHECK_EQ(scene.where.vdev, 2);
	CHECK_EQ(scene.where.complaint.value, AMP_RSC_VDEV_LARGE);
	CHECK_EQ(scene.look(), AMP_TABLE_NO_NEWS); // once
	scene.main(2).retype(AMP_RSC_VDEV);
	CHECK_EQ(scene.look(), AMP_TABLE_FOUND);
	scene.drive(2);
	CHECK_EQ(scene.link->vdev(2).look(true, false).action, AMP_VDEV_GO_UP);

	// Turned back, as by a main that gives the table up without a word.
	scene.main(2).retype(AMP_RSC_VDEV_LARGE);
	CHECK_EQ(scene.look(), AMP_TABLE_LOST);
	CHECK_EQ(scene.link->vdev(2).look(true, false).action, AMP_VDEV_GO_DOWN);
	CHECK_EQ(scene.look(), AMP_TABLE_BAD);
	scene.main(2).retype(AMP_RSC_VDEV);
	CHECK_EQ(scene.look(), AMP_TABLE_FOUND);
}
