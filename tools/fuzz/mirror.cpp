// SPDX-License-Identifier: GPL-2.0-only
// The main's private copy of a resource table, and a remote that writes into the table at any moment of its life.
#include <vector>

#include "../../drivers/remoteproc/shm_rproc_mirror.hpp"
#include "arena.hpp"

using namespace fuzz;
using namespace amp::rsc;

namespace
{

constexpr amp_shm_carveout kCarveouts[] = {{0x5000'1000, 0x3000}, {0x5000'4000, 0x3000}};
constexpr const char *kNames[] = {"rsc-table", "vdev0vring0", "vdev0vring1", "vdev0buffer"};
constexpr amp_shm_limits kLimits = {kCarveouts, 2, kNames, 4, 3, 4096, 2};

// The core refuses to boot where a vdev has more vrings than it takes.
void must_suit_the_core(const std::vector<u32> &copy, usize size)
{
	Table<Env> table;
	Complaint complaint;

	MUST(table.parse({reinterpret_cast<u8 *>(const_cast<u32 *>(copy.data())), size}, complaint).ok());
	for (u32 i = 0; i < table.vdevs(); i++) {
		const auto vdev = table.vdev(i).value();
		MUST(vdev.vrings() <= kMainlineVringsMax || vdev.type() == AMP_RSC_VDEV_LARGE);
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	const usize room = min<usize>(size / 2 / 4 * 4, 1024);
	Input input(data + room, size - room);
	Arena arena(input, room ? room : 4);
	std::vector<u32> copy(room / 4 + 1), base(room / 4 + 1);
	Mirror<Env> mirror({arena.memory(), room}, reinterpret_cast<u8 *>(copy.data()),
			   reinterpret_cast<u8 *>(base.data()), kLimits);
	amp_shm_complaint complaint = {};

	std::memcpy(arena.memory(), data, room);
	// The private copies are read by the same code as the live table: they are no shared memory, and not watched.
	Env::meddler = {};
	if (!mirror.take(complaint).ok())
		return 0;
	MUST(mirror.size() <= room);
	must_suit_the_core(copy, mirror.size());
	(void)mirror.claim();
	while (!input.empty())
		switch (input.byte() % 6) {
		case 0:
			(void)mirror.publish();
			break;
		case 1:
			mirror.refresh();
			break;
		case 2:
			(void)mirror.look();
			break;
		case 3: // the core writes what it likes into its copy's status, features and addresses
			if (room)
				copy[input.take<u16>() % (mirror.size() / 4)] = input.take<u32>();
			break;
		case 4:
			arena.meddle();
			break;
		case 5:
			(void)mirror.withdraw();
			if (!mirror.take(complaint).ok())
				return 0;
			must_suit_the_core(copy, mirror.size());
			(void)mirror.claim();
			break;
		}
	return 0;
}
