// SPDX-License-Identifier: GPL-2.0-only
// The main's private copy of a resource table: what it takes, what it shows to the remote, what it never touches.
#include "mirror_scene.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

namespace
{

u32 da_of(const VdevEntry<Plain> &entry, u32 ring)
{
	Complaint ignored;
	return entry.vring(ring, ignored).value().da;
}
u32 notifyid_of(const VdevEntry<Plain> &entry, u32 ring)
{
	Complaint ignored;
	return entry.vring(ring, ignored).value().notifyid;
}

// What mainline writes on the way to a driver that is bound.
void bind(Scene<Plain> &scene)
{
	auto core = scene.core();

	core.put_gfeatures(1);
	core.put_vring_notifyid(0, 0);
	core.put_vring_notifyid(1, 1);
	core.put_vring_da(0, 0x5000'1000);
	core.put_status(7);
}

void refuses_word(amp_test &test, u32 offset, u32 value, const char *why)
{
	Scene<Plain> scene(test);

	REQUIRE(scene.build());
	scene.word(offset) = value;
	refuses(test, scene, why);
}

} // namespace

CASE(table_mirror, takes_what_fits_our_memory)
{
	Scene<Plain> scene(test);

	CHECK_EQ(scene.take(), Fault::Again);
	REQUIRE(scene.build());
	REQUIRE_EQ(scene.take(), Fault::None);
	CHECK_EQ(scene.mirror->size(), kRing1 + 20 + sizeof(kConfig));
	CHECK_EQ(scene.mirror->incarnation(), 77);
	CHECK(same_bytes(scene.copy, scene.live.va, scene.mirror->size()));
	CHECK(!scene.mirror->claim());
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
}

CASE(table_mirror, refuses_what_mainline_must_not_see)
{
	refuses_word(test, kRing0, 0x5000'2000, "vring da");
	refuses_word(test, kRing0, 0, "vring da");
	refuses_word(test, kRing1 + 8, 512, "bytes for the vring");
	refuses_word(test, kRing1 + 8, 100, "vring num");
	refuses_word(test, kRing0 + 4, 8192, "vring align");

	const VringWords three[] = {kVrings[0], kVrings[1], kVrings[1]};
	Scene<Plain> many(test);
	REQUIRE(many.build(1, three, 3));
	refuses(test, many, "vrings of a vdev");
	CHECK_EQ(many.complaint.vdev, 0);
	CHECK(has_text(many.complaint.why.what, "vdev@N"));

	amp_shm_limits limits = kLimits;
	limits.carveout_count = 1;
	Scene<Plain> homeless(test, limits);
	REQUIRE(homeless.build());
	refuses(test, homeless, "no region for it");
	CHECK_EQ(homeless.complaint.vring, 1);

	const VringWords small[] = {{AMP_RSC_ADDR_ANY, 64, 4, 0}, {AMP_RSC_ADDR_ANY, 64, 4, 0}, {}};
	limits = kLimits;
	limits.bells = 0;
	Scene<Plain> silent(test, limits);
	REQUIRE(silent.build(1, small));
	refuses(test, silent, "mbox-names");
	limits.bells = 1;
	Scene<Plain> half(test, limits);
	REQUIRE(half.build(1, small));
	refuses(test, half, "mbox-names");
	CHECK_EQ(half.complaint.vring, 1);
}

CASE(table_mirror, refuses_entries_that_mainline_acts_on)
{
	const char *const names[] = {"vdev0buffer", "vdev0buffer2", "vdev0", "%s%s%s%n", ""};

	for (u32 i = 0; i < 5; i++) {
		Scene<Plain> scene(test);
		Complaint why;
		TableBuilder<Plain> builder(scene.live, 1);

		REQUIRE(builder.carveout({AMP_RSC_ADDR_ANY, 0x100'0000, names[i]}, why).ok());
		REQUIRE(builder.publish(1, why).ok());
		if (i == 0)
			CHECK_EQ(scene.take(), Fault::None);
		else
			refuses(test, scene, "carveout by a name");
		CHECK_EQ(scene.complaint.entry, i ? 0 : AMP_SHM_NOWHERE);
	}
	refuses_word(test, kEntry, AMP_RSC_DEVMEM, "IOMMU");
	refuses_word(test, kEntry, 77, "type of an entry");
}

CASE(table_mirror, resets_a_main_that_went_without_a_word)
{
	Scene<Plain> scene(test);

	REQUIRE(scene.build());
	scene.remote().put_status(7);
	scene.remote().put_gfeatures(1);
	scene.remote().put_vring_da(0, 0x5000'1000);
	REQUIRE_EQ(scene.take(), Fault::None);
	CHECK(scene.mirror->claim());
	CHECK_EQ(scene.remote().status(), 0);
	CHECK_EQ(scene.remote().gfeatures(), 0);
	CHECK_EQ(scene.core().status(), 0);
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
}

CASE(table_mirror, shows_what_the_core_wrote)
{
	Scene<Plain> scene(test);

	REQUIRE(scene.build());
	REQUIRE_EQ(scene.take(), Fault::None);
	CHECK(!scene.mirror->claim());
	CHECK(!scene.mirror->publish());
	bind(scene);
	CHECK_EQ(scene.remote().status(), 0);
	CHECK(scene.mirror->publish());
	CHECK(!scene.mirror->publish());
	CHECK_EQ(scene.remote().status(), 7);
	CHECK_EQ(scene.remote().gfeatures(), 1);
	CHECK_EQ(da_of(scene.remote(), 0), 0x5000'1000);
	CHECK_EQ(da_of(scene.remote(), 1), 0x5000'4000);
	CHECK_EQ(notifyid_of(scene.remote(), 0), 0);
	CHECK_EQ(notifyid_of(scene.remote(), 1), 1);
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
	scene.core().put_status(0);
	CHECK(scene.mirror->publish());
	CHECK_EQ(scene.remote().status(), 0);
	CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
}

namespace
{

// Notes what stood in the live table whenever its status was stored.
struct Order {
	Scene<Hostile> *scene;
	u32 stores = 0;
	u32 after_driver_ok = 0;

	static void before(void *context, Touch touch, const void *at, usize)
	{
		auto &self = *static_cast<Order *>(context);
		const auto *const byte = static_cast<const u8 *>(at);
		const u8 *const live = self.scene->live.va;

		if (touch != Touch::Store || byte < live || byte >= live + kRoom)
			return;
		const u8 status = live[kEntry + 24];
		self.stores++;
		self.after_driver_ok += (status & AMP_VIRTIO_STATUS_DRIVER_OK) && byte != live + kEntry + 24;
	}
};

} // namespace

CASE(table_mirror, driver_ok_comes_last_and_goes_first)
{
	Scene<Hostile> scene(test);
	Order order{&scene};

	REQUIRE(scene.build());
	REQUIRE_EQ(scene.take(), Fault::None);
	scene.mirror->claim();
	for (u32 round = 0; round < 3; round++) {
		auto core = scene.core();

		core.put_gfeatures(round + 1);
		core.put_vring_da(0, 0x5000'1000 + round);
		core.put_status(round & 1 ? 1 : 7);
		Hostile::meddler = {Order::before, &order};
		CHECK(scene.mirror->publish());
		Hostile::meddler = {};
	}
	CHECK(order.stores >= 9);
	CHECK_EQ(order.after_driver_ok, 0);
}

CASE(table_mirror, sees_a_remote_that_restarts_or_leaves)
{
	for (u32 way = 0; way < 5; way++) {
		Scene<Plain> scene(test);

		REQUIRE(scene.build(way == 3 ? 0 : 77));
		REQUIRE_EQ(scene.take(), Fault::None);
		scene.mirror->claim();
		bind(scene);
		scene.mirror->publish();
		CHECK_EQ(scene.mirror->look(), AMP_SHM_INTACT);
		if (way == 0)
			REQUIRE(scene.build(78)); // another incarnation
		if (way == 1)
			TableBuilder<Plain>::invalidate(scene.live);
		if (way == 2)
			scene.word(0) = 9; // no table that we know
		if (way == 3)
			REQUIRE(scene.build(0)); // without incarnations the status tells
		if (way == 4)
			scene.word(kEntry + 4) = 3; // another device
		CHECK_EQ(scene.mirror->look(), way == 1 ? AMP_SHM_GONE : AMP_SHM_REBUILT);

		auto *const kept = make<u8>(test, kRoom);
		__builtin_memcpy(kept, scene.live.va, kRoom);
		CHECK(!scene.mirror->withdraw());
		CHECK(same_bytes(kept, scene.live.va, kRoom)); // not ours any more
	}
}

CASE(table_mirror, gives_back_what_it_found)
{
	Scene<Plain> scene(test);
	auto *const kept = make<u8>(test, kRoom);

	REQUIRE(scene.build());
	__builtin_memcpy(kept, scene.live.va, kRoom);
	REQUIRE_EQ(scene.take(), Fault::None);
	scene.mirror->claim();
	CHECK(!scene.mirror->withdraw());
	for (u32 round = 0; round < 2; round++) {
		REQUIRE_EQ(scene.take(), Fault::None);
		CHECK(!scene.mirror->claim());
		bind(scene);
		CHECK(scene.mirror->publish());
		CHECK(scene.mirror->withdraw());
		CHECK(!scene.mirror->withdraw());
		CHECK(same_bytes(kept, scene.live.va, kRoom));
		scene.core().put_status(1); // the core, as it goes down
		CHECK(!scene.mirror->publish());
		CHECK(same_bytes(kept, scene.live.va, kRoom));
	}
}

CASE(table_mirror, config_space_goes_both_ways)
{
	Scene<Plain> scene(test);
	u8 byte = 11;

	REQUIRE(scene.build());
	REQUIRE_EQ(scene.take(), Fault::None);
	scene.mirror->claim();
	REQUIRE(scene.core().write_config(0, &byte, 1).ok());
	byte = 44;
	REQUIRE(scene.remote().write_config(3, &byte, 1).ok());
	CHECK(scene.mirror->publish());
	scene.mirror->refresh();
	CHECK(!scene.mirror->publish());
	for (auto entry : list<VdevEntry<Plain>>(scene.core(), scene.remote())) {
		u8 all[4] = {};

		REQUIRE(entry.read_config(0, all, 4).ok());
		CHECK_EQ(all[0], 11);
		CHECK_EQ(all[1], 20);
		CHECK_EQ(all[2], 30);
		CHECK_EQ(all[3], 44);
	}
}

CASE(table_mirror, the_core_sees_nothing_of_a_remote_that_lies_later)
{
	Scene<Plain> scene(test);
	auto *const kept = make<u8>(test, kRoom);

	REQUIRE(scene.build());
	REQUIRE_EQ(scene.take(), Fault::None);
	scene.mirror->claim();
	bind(scene);
	scene.mirror->publish();
	__builtin_memcpy(kept, scene.copy, kRoom);
	Dice dice(4);
	for (u32 round = 0; round < 2000; round++) {
		scene.word(4 * dice.below(kRoom / 4)) = dice.roll();
		scene.mirror->publish();
		(void)scene.mirror->look();
		const u32 config = kRing1 + 20;
		if (!CHECK(same_bytes(kept, scene.copy, config)))
			return;
		scene.mirror->refresh(); // config space alone may change
		if (!CHECK(same_bytes(kept, scene.copy, config)))
			return;
	}
}
