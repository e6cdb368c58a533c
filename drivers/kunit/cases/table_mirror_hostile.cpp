// SPDX-License-Identifier: GPL-2.0-only
// A remote that writes into its table while the main takes it.
#include "mirror_scene.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

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
