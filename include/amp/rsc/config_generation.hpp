// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RSC_CONFIG_GENERATION_HPP
#define AMP_RSC_CONFIG_GENERATION_HPP

#include <amp/rsc/vdev_entry.hpp>

namespace amp::rsc
{

/*
 * The generation of a vdev's config space (virtio 1.2, 2.5) for a resource table, which has none: it moves whenever a
 * look finds other bytes than the look before. Drivers read again until it stands still (Linux: __virtio_cread_many());
 * it does so after kChangesMax looks in a row, so that a remote which writes without end gets a torn value read and
 * takes none of our time.
 */
struct ConfigGeneration {
	static constexpr u32 kChangesMax = 16;

	u32 number = 0;
	u32 changes = 0; // in a row

	// @seen: room for config_len() bytes of config space, zeroed when this was made, and kept with it.
	template <typename Env> u32 look(const VdevEntry<Env> &entry, u8 *seen)
	{
		const bool moved = update(entry, seen) && changes < kChangesMax;

		changes = moved ? changes + 1 : 0;
		number += moved;
		return number;
	}

private:
	static constexpr u32 kPiece = 32;

	// Brings @seen up to date. Did it change?
	template <typename Env> static bool update(const VdevEntry<Env> &entry, u8 *seen)
	{
		const u32 len = entry.config_len();
		bool changed = false;
		u8 now[kPiece];

		for (u32 at = 0, piece; at < len; at += piece) {
			piece = min(len - at, kPiece);
			if (!entry.read_config(at, now, piece).ok())
				break;
			for (u32 i = 0; i < piece; i++) {
				changed |= seen[at + i] != now[i];
				seen[at + i] = now[i];
			}
		}
		return changed;
	}
};

} // namespace amp::rsc

#endif
