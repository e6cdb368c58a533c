// SPDX-License-Identifier: GPL-2.0-only
// A resource table in shared memory, the remote that builds it, and the main that mirrors it.
#ifndef AMP_CASES_MIRROR_SCENE_HPP
#define AMP_CASES_MIRROR_SCENE_HPP

#include <amp/rsc/builder.hpp>

#include "../../remoteproc/shm_rproc_mirror.hpp"
#include "env.hpp"
#include "memory.hpp"

namespace amp::cases
{

using namespace amp::rsc;

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

inline amp_shm_limits declaring(u32 vdevs)
{
	amp_shm_limits limits = kLimits;

	limits.declared = vdevs;
	return limits;
}

inline void refuses(amp_test &test, Scene<Plain> &scene, const char *why)
{
	scene.complaint = {};
	CHECK_EQ(scene.take(), Fault::BadTable);
	CHECK(has_text(scene.complaint.why.what, why));
}

} // namespace amp::cases

#endif
