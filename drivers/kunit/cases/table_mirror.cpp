// SPDX-License-Identifier: GPL-2.0-only
// The main's private copy of a resource table: what it takes, what it shows to the remote, what it never touches.
#include <amp/rsc/builder.hpp>

#include "../../remoteproc/shm_rproc_mirror.hpp"
#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

namespace
{

constexpr u32 kRoom = 1024;
constexpr u32 kPage = 4096;
constexpr u8 kConfig[] = {10, 20, 30, 40};
constexpr VringWords kVrings[] = {{AMP_RSC_ADDR_ANY, 4096, 256, 5}, {0x5000'4000, 4096, 256, 6}, {0, 4096, 256, 7}};
constexpr amp_shm_carveout kCarveouts[] = {{0x5000'1000, 0x3000}, {0x5000'4000, 0x3000}};
constexpr const char *kNames[] = {"rsc-table", "vdev0vring0", "vdev0vring1", "vdev0buffer"};
constexpr amp_shm_limits kLimits = {kCarveouts, 2, kNames, 4, 3, kPage, 0};

// The remote's side of a table, and the main's.
template <typename Env> struct Scene {
	Window live;
	u8 *copy;
	Mirror<Env> *mirror;
	amp_shm_complaint complaint = {};

	Scene(amp_test &test, const amp_shm_limits &limits = kLimits)
	{
		live = {static_cast<u8 *>(test.services->zalloc(&test, kRoom)), kRoom};
		copy = static_cast<u8 *>(test.services->zalloc(&test, kRoom));
		auto *const base = static_cast<u8 *>(test.services->zalloc(&test, kRoom));
		auto *const storage = test.services->zalloc(&test, sizeof(Mirror<Env>));
		mirror = new (storage) Mirror<Env>(live, copy, base, limits);
	}

	bool build(u32 incarnation = 77, const VringWords *vrings = kVrings, u32 count = 2)
	{
		Complaint why;
		TableBuilder<Plain> builder(live, 1);

		return builder.vdev({7, 0x2000'0001, vrings, count, kConfig, sizeof(kConfig)}, why).ok() &&
		       builder.publish(incarnation, why).ok();
	}
	Fault take() { return mirror->take(complaint).fault(); }

	// The vdev as either side reads and writes it.
	VdevEntry<Plain> at(u8 *where)
	{
		Complaint ignored;
		Table<Plain> table;

		(void)table.parse({where, kRoom}, ignored);
		return table.vdev(0).value();
	}
	VdevEntry<Plain> remote() { return at(live.va); }
	VdevEntry<Plain> core() { return at(copy); }

	u32 &word(u32 offset) { return *reinterpret_cast<u32 *>(live.va + offset); }
};

constexpr u32 kEntry = 20;
constexpr u32 kRing0 = kEntry + 28;
constexpr u32 kRing1 = kRing0 + 20;

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

void refuses(amp_test &test, Scene<Plain> &scene, const char *why)
{
	scene.complaint = {};
	CHECK_EQ(scene.take(), Fault::BadTable);
	CHECK(has_text(scene.complaint.why.what, why));
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

amp_shm_limits declaring(u32 vdevs)
{
	amp_shm_limits limits = kLimits;

	limits.declared = vdevs;
	return limits;
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

// Is the copy one that mainline may have? Of a vdev that is declared it gets memory of its own.
bool harmless(Scene<Hostile> &scene, bool declared)
{
	Table<Plain> table;
	Complaint why;

	if (!table.parse({scene.copy, scene.mirror->size()}, why).ok())
		return false;
	for (u32 i = 0; i < table.vdevs(); i++) {
		const auto entry = table.vdev(i).value();

		if (entry.type() == AMP_RSC_VDEV_LARGE)
			continue; // nobody's
		if (entry.vrings() > 2 || i)
			return false;
		if (declared)
			continue;
		for (u32 r = 0; r < entry.vrings(); r++) {
			const auto words = entry.vring(r, why).value();

			if ((words.da != AMP_RSC_ADDR_ANY && words.da != kCarveouts[r].da) ||
			    VringLayout::of(words.num, words.align).size > kCarveouts[r].size)
				return false;
		}
	}
	return true;
}

void changes_while_taken(amp_test &test, bool declared)
{
	Scene<Hostile> scene(test, declared ? declaring(1) : kLimits);
	auto *const kept = make<u8>(test, kRoom);
	Vandal vandal{&scene};
	u32 taken = 0, refused = 0, again = 0;

	REQUIRE(scene.build(77, kVrings, declared ? 3 : 2));
	__builtin_memcpy(kept, scene.live.va, kRoom);
	Hostile::meddler = {Vandal::before, &vandal};
	CHECK_EQ(scene.take(), Fault::None);
	const u32 touches = vandal.touches;
	for (u32 touch = 0; touch < touches; touch++) {
		for (u32 at = 0; at < kRing1 + 20; at += 4) {
			for (const u32 value : list<u32>(0, 1, 3, 20, AMP_RSC_VDEV_LARGE, 2 << 8, 3 << 8, 0x5000'2000,
							 0xffff'fffc, ~0u)) {
				__builtin_memcpy(scene.live.va, kept, kRoom);
				vandal = {&scene, touch, at, value};
				scene.complaint = {};
				const Fault fault = scene.take();

				Hostile::meddler = {};
				const bool good = fault == Fault::None	     ? harmless(scene, declared)
						  : fault == Fault::BadTable ? scene.complaint.why.what[0] != 0
									     : fault == Fault::Again;
				Hostile::meddler = {Vandal::before, &vandal};
				if (!CHECK(good) || !CHECK(vandal.touches < 3 * touches)) {
					Hostile::meddler = {};
					CHECK_EQ(touch, at);
					return;
				}
				taken += fault == Fault::None;
				refused += fault == Fault::BadTable;
				again += fault == Fault::Again;
			}
		}
		test.services->breathe(&test);
	}
	Hostile::meddler = {};
	CHECK(taken > 1000 && refused > 1000 && again > 1000);
}

} // namespace

CASE(table_mirror, may_change_while_it_is_taken)
{
	changes_while_taken(test, false);
}

CASE(table_mirror, a_large_one_may_change_while_it_is_taken)
{
	changes_while_taken(test, true);
}

CASE(table_mirror, is_judged_by_what_was_copied)
{
	Scene<Hostile> scene(test);
	auto *const kept = make<u8>(test, kRoom);
	Vandal vandal{&scene};

	REQUIRE(scene.build());
	__builtin_memcpy(kept, scene.live.va, kRoom);
	Hostile::meddler = {Vandal::before, &vandal};
	CHECK_EQ(scene.take(), Fault::None);
	const u32 touches = vandal.touches;
	// A word that is bad when it is copied, and good when it would be looked at again.
	for (u32 touch = 0; touch < touches; touch++) {
		for (u32 ring = 0; ring < 2; ring++) {
			__builtin_memcpy(scene.live.va, kept, kRoom);
			scene.word(ring ? kRing1 : kRing0) = 0x5000'2000;
			vandal = {&scene, touch, ring ? kRing1 : kRing0, AMP_RSC_ADDR_ANY};
			const Fault fault = scene.take();

			Hostile::meddler = {};
			CHECK(fault == Fault::None ? harmless(scene, false) : fault == Fault::BadTable);
			Hostile::meddler = {Vandal::before, &vandal};
		}
	}
	Hostile::meddler = {};
}
