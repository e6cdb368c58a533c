// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <amp/rsc/builder.hpp>

#include <bit>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace rsctool
{

using amp::u32;
using amp::u8;
using amp::rsc::VringWords;

/* A virtio device; @large: under the type of ours that mainline's remoteproc core passes over. */
struct Vdev {
	bool large = false;
	u32 id = 0;
	u32 features = 0;
	std::vector<VringWords> vrings;
	std::vector<u8> config;
	u8 status = 0; // of one in use; a new one has 0
	u32 taken = 0; // the features that a main took; the same
};

/* A carve-out, devmem or trace: memory with a name. A trace has neither pa nor flags. */
struct Memory {
	u32 type = AMP_RSC_CARVEOUT;
	u32 da = 0;
	u32 pa = 0;
	u32 len = 0;
	u32 flags = 0;
	std::string name;
};

/* Of a vendor's: what stands between its type and the next entry. */
struct Vendor {
	u32 type = AMP_RSC_VENDOR_FIRST;
	std::vector<u8> bytes;
};

using Entry = std::variant<Vdev, Memory, Vendor>;

struct Table {
	u32 incarnation = 0;
	std::vector<Entry> entries;
};

/* What is wrong with a table, where, and what was expected. */
class Malformed : public std::runtime_error {
public:
	using std::runtime_error::runtime_error;
};

/* @bytes: aligned to 4. Throws Malformed. */
Table read_table(std::span<u8> bytes, std::endian order);

/* Into @room, aligned to 4, the rest of which becomes 0. Throws Malformed where it does not fit. */
void write_table(const Table &table, std::span<u8> room, std::endian order);

/* How many bytes write_table() needs. */
std::size_t size_of(const Table &table);

/*
 * Turns the vdevs, or only the one that is number @which of them, into the other type where they stand. Throws Malformed.
 * Returns how many were turned.
 */
unsigned retype(std::span<u8> bytes, std::endian order, bool large, int which);

} // namespace rsctool
