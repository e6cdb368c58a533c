// SPDX-License-Identifier: GPL-2.0-only
// A resource table that somebody writes while it is parsed and used: every part of what is accepted lies inside.
#include <amp/rsc/table.hpp>

#include "arena.hpp"

using namespace fuzz;
using namespace amp::rsc;

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	// First the table as it stands, then what changes it.
	const usize room = size / 2 / 4 * 4;
	Input input(data + room, size - room);
	Arena arena(input, room ? room : 4);
	Table<Env> table;
	Complaint complaint;

	std::memcpy(arena.memory(), data, room);
	arena.expect(16 + kEntriesMax * (16 + 4 * kVringsMax));
	const usize skipped = room && input.byte() == 0xff ? input.byte() % 4 : 0; // not where a table may begin
	const auto parsed = table.parse({arena.memory() + skipped, room - skipped}, complaint);
	MUST(!skipped || !parsed.ok());
	MUST(table.parsed() == parsed.ok());
	MUST(parsed.ok() || parsed.fault() == Fault::Again || complaint.what);
	if (!parsed.ok())
		return 0;
	MUST(table.size() <= room && table.entries() <= kEntriesMax && table.vdevs() <= kVdevsMax);
	MUST(!table.vdev(table.vdevs()).ok());
	for (u32 i = 0; i < table.vdevs(); i++) {
		auto vdev = table.vdev(i).value();
		u8 config[64];

		arena.expect(64 + 8 * kVringsMax + sizeof(config));
		MUST(vdev.vrings() <= kVringsMax && vdev.config_len() <= room);
		for (u32 ring = 0; ring < vdev.vrings(); ring++) {
			const auto words = vdev.vring(ring, complaint);
			MUST(words.ok() || complaint.what);
			vdev.put_vring_da(ring, 1);
			vdev.put_vring_notifyid(ring, ring);
		}
		MUST(vdev.vring(vdev.vrings(), complaint).fault() == Fault::Invalid);
		const u32 at = input.take<u32>(), length = input.byte() % sizeof(config);
		const bool inside = at <= vdev.config_len() && length <= vdev.config_len() - at;
		MUST(vdev.read_config(at, config, length).ok() == inside);
		MUST(vdev.write_config(at, config, length).ok() == inside);
		vdev.put_status(u8(vdev.status() | 1));
		vdev.put_gfeatures(vdev.dfeatures() & vdev.gfeatures());
	}
	arena.expect(16 + 16 * kVdevsMax);
	for (u32 i = 0; i < table.vdevs(); i++) {
		const u32 type = table.vdev(i).value().type();
		MUST(type == AMP_RSC_VDEV || type == AMP_RSC_VDEV_LARGE);
		table.retype(i, type ^ AMP_RSC_VDEV ^ AMP_RSC_VDEV_LARGE);
	}
	table.retype(table.vdevs(), AMP_RSC_VDEV); // there is none
	(void)table.unchanged();
	return 0;
}
