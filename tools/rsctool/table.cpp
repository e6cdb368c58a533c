// SPDX-License-Identifier: GPL-2.0-only
#include "table.hpp"

#include <amp/env_host.hpp>
#include <amp/env_swapped.hpp>

#include <algorithm>
#include <cstring>

namespace rsctool
{

namespace
{

using namespace amp;

constexpr u32 kVringBytes = sizeof(amp_rsc_vring);

std::string text(const Complaint &complaint, u32 slot)
{
	return "entry " + std::to_string(slot) + ": " + complaint.what + " " + std::to_string(complaint.limit) +
	       ", got " + std::to_string(complaint.value);
}

/* The words of a table in bytes, in the byte order of Env. */
template <typename Env> class Words {
public:
	explicit Words(std::span<u8> bytes) : bytes_(bytes) {}

	u32 at(std::size_t offset) const
	{
		u32 word;

		std::memcpy(&word, bytes_.data() + offset, sizeof(word));
		return Env::wire(word);
	}
	void put(std::size_t offset, u32 word) const
	{
		word = Env::wire(word);
		std::memcpy(bytes_.data() + offset, &word, sizeof(word));
	}
	u32 entries() const { return at(4); }
	u32 offset(u32 slot) const { return at(sizeof(amp_rsc_header) + slot * sizeof(u32)); }

private:
	std::span<u8> bytes_;
};

// A copy of them that the core finds sound.
template <typename Env> std::vector<u8> checked(std::span<u8> bytes)
{
	std::vector<u8> copy(bytes.begin(), bytes.end());
	amp::rsc::Table<Env> parsed;
	Complaint complaint = {};
	const auto result = parsed.parse({copy.data(), copy.size()}, complaint);

	if (result.ok())
		return copy;
	if (result.fault() == Fault::Again)
		throw Malformed("version 0: no table is there");
	throw Malformed(parsed.entries() ? text(complaint, parsed.slot())
					 : std::string(complaint.what) + " " + std::to_string(complaint.limit) +
						   ", got " + std::to_string(complaint.value));
}

template <typename Env> Vdev read_vdev(const Words<Env> &words, const std::vector<u8> &copy, u32 at)
{
	Vdev vdev;

	vdev.id = words.at(at + offsetof(amp_rsc_vdev, id));
	vdev.features = words.at(at + offsetof(amp_rsc_vdev, dfeatures));
	vdev.taken = words.at(at + offsetof(amp_rsc_vdev, gfeatures));
	vdev.status = copy[at + offsetof(amp_rsc_vdev, status)];
	const u32 vrings = copy[at + offsetof(amp_rsc_vdev, num_of_vrings)];
	const u32 config = at + u32(sizeof(amp_rsc_vdev)) + vrings * kVringBytes;

	for (u32 i = 0; i < vrings; ++i) {
		const u32 vring = at + u32(sizeof(amp_rsc_vdev)) + i * kVringBytes;

		vdev.vrings.push_back(
			{words.at(vring), words.at(vring + 4), words.at(vring + 8), words.at(vring + 12)});
	}
	vdev.config.assign(copy.begin() + config,
			   copy.begin() + config + words.at(at + offsetof(amp_rsc_vdev, config_len)));
	return vdev;
}

template <typename Env> Memory read_memory(const Words<Env> &words, const std::vector<u8> &copy, u32 at, u32 type)
{
	const bool trace = type == AMP_RSC_TRACE;
	const u8 *name = copy.data() + at + (trace ? offsetof(amp_rsc_trace, name) : offsetof(amp_rsc_carveout, name));
	Memory memory = {type, words.at(at + 4), 0, words.at(at + (trace ? 8 : 12)), 0, {}};

	if (!trace) {
		memory.pa = words.at(at + 8);
		memory.flags = words.at(at + 16);
	}
	memory.name.assign(name, std::find(name, name + AMP_RSC_NAME_SIZE, 0));
	return memory;
}

template <typename Env> Table read(std::span<u8> bytes)
{
	std::vector<u8> copy = checked<Env>(bytes);
	const Words<Env> words(copy);
	std::vector<u32> ends;
	Table table;

	for (u32 slot = 0; slot < words.entries(); ++slot)
		ends.push_back(words.offset(slot));
	// Nothing says how long a vendor's entry is: the last one ends where there is nothing but zeros.
	u32 end = u32(std::min<std::size_t>(copy.size(), amp::rsc::kTableBytesMax) & ~3u);

	while (end && !words.at(end - 4))
		end -= 4;
	ends.push_back(end);
	std::sort(ends.begin(), ends.end());
	table.incarnation = words.at(offsetof(amp_rsc_header, incarnation));
	for (u32 slot = 0; slot < words.entries(); ++slot) {
		const u32 at = words.offset(slot), type = words.at(at);

		if (type == AMP_RSC_VDEV || type == AMP_RSC_VDEV_LARGE) {
			Vdev vdev = read_vdev(words, copy, at);

			vdev.large = type == AMP_RSC_VDEV_LARGE;
			table.entries.emplace_back(std::move(vdev));
		} else if (type < AMP_RSC_VDEV) {
			table.entries.emplace_back(read_memory(words, copy, at, type));
		} else {
			const auto next = std::upper_bound(ends.begin(), ends.end(), at);
			const u32 stop = next == ends.end() ? at + u32(sizeof(u32)) : *next;

			table.entries.emplace_back(
				Vendor{type, {copy.begin() + at + sizeof(u32), copy.begin() + stop}});
		}
	}
	return table;
}

template <typename Env> std::vector<u8> entry_bytes(const Memory &memory)
{
	const bool trace = memory.type == AMP_RSC_TRACE;
	std::vector<u8> bytes(trace ? sizeof(amp_rsc_trace) : sizeof(amp_rsc_carveout));
	const Words<Env> words(bytes);

	words.put(0, memory.type);
	words.put(4, memory.da);
	words.put(trace ? 8 : 12, memory.len);
	if (!trace) {
		words.put(8, memory.pa);
		words.put(16, memory.flags);
	}
	std::memcpy(bytes.data() + bytes.size() - AMP_RSC_NAME_SIZE, memory.name.data(),
		    std::min<std::size_t>(memory.name.size(), AMP_RSC_NAME_SIZE - 1));
	return bytes;
}

template <typename Env> std::vector<u8> entry_bytes(const Vendor &vendor)
{
	std::vector<u8> bytes(sizeof(u32));

	Words<Env>(bytes).put(0, vendor.type);
	bytes.insert(bytes.end(), vendor.bytes.begin(), vendor.bytes.end());
	return bytes;
}

template <typename Env> void write(const Table &table, std::span<u8> room)
{
	std::fill(room.begin(), room.end(), u8(0));
	Complaint complaint = {};
	amp::rsc::TableBuilder<Env> build({room.data(), room.size()}, u32(table.entries.size()));
	auto must = [&](const Result<void> &result) {
		if (!result.ok())
			throw Malformed(std::string(complaint.what) + " " + std::to_string(complaint.limit) + ", got " +
					std::to_string(complaint.value));
	};

	if (room.size() < sizeof(amp_rsc_header))
		throw Malformed("no room for a table in " + std::to_string(room.size()) + " bytes");
	for (const auto &entry : table.entries) {
		if (const auto *vdev = std::get_if<Vdev>(&entry))
			must(build.vdev({vdev->id, vdev->features, vdev->vrings.data(), u32(vdev->vrings.size()),
					 vdev->config.data(), u32(vdev->config.size())},
					complaint));
		else if (const auto *memory = std::get_if<Memory>(&entry))
			must(build.entry(entry_bytes<Env>(*memory).data(), entry_bytes<Env>(*memory).size(),
					 complaint));
		else if (const auto *vendor = std::get_if<Vendor>(&entry))
			must(build.entry(entry_bytes<Env>(*vendor).data(), entry_bytes<Env>(*vendor).size(),
					 complaint));
	}
	must(build.publish(table.incarnation, complaint));
	const Words<Env> words(room);

	for (u32 slot = 0; slot < table.entries.size(); ++slot)
		if (const auto *vdev = std::get_if<Vdev>(&table.entries[slot]); vdev && vdev->large)
			words.put(words.offset(slot), AMP_RSC_VDEV_LARGE);
	checked<Env>(room);
}

template <typename Env> unsigned turn(std::span<u8> bytes, bool large, int which)
{
	const u32 from = large ? AMP_RSC_VDEV : AMP_RSC_VDEV_LARGE, to = large ? AMP_RSC_VDEV_LARGE : AMP_RSC_VDEV;
	const Words<Env> words(bytes);
	unsigned turned = 0;
	int number = 0;

	checked<Env>(bytes);
	for (u32 slot = 0; slot < words.entries(); ++slot) {
		const u32 at = words.offset(slot), type = words.at(at);

		if (type != from && type != to)
			continue;
		if ((which < 0 || which == number) && type == from) {
			words.put(at, to);
			++turned;
		}
		++number;
	}
	if (which >= number)
		throw Malformed("vdev " + std::to_string(which) + " of " + std::to_string(number) + ": there is none");
	return turned;
}

template <typename Native, typename Swapped> auto in(std::endian order, Native native, Swapped swapped)
{
	return order == std::endian::native ? native() : swapped();
}

} // namespace

Table read_table(std::span<u8> bytes, std::endian order)
{
	return in(
		order, [&] { return read<HostEnv>(bytes); }, [&] { return read<SwappedEnv<HostEnv>>(bytes); });
}

void write_table(const Table &table, std::span<u8> room, std::endian order)
{
	in(
		order, [&] { write<HostEnv>(table, room); }, [&] { write<SwappedEnv<HostEnv>>(table, room); });
}

std::size_t size_of(const Table &table)
{
	std::size_t size = sizeof(amp_rsc_header) + sizeof(u32) * table.entries.size();

	for (const auto &entry : table.entries) {
		size = (size + sizeof(u32) - 1) & ~(sizeof(u32) - 1);
		if (const auto *vdev = std::get_if<Vdev>(&entry))
			size += sizeof(amp_rsc_vdev) + vdev->vrings.size() * kVringBytes + vdev->config.size();
		else if (const auto *memory = std::get_if<Memory>(&entry))
			size += entry_bytes<HostEnv>(*memory).size();
		else if (const auto *vendor = std::get_if<Vendor>(&entry))
			size += entry_bytes<HostEnv>(*vendor).size();
	}
	return size;
}

unsigned retype(std::span<u8> bytes, std::endian order, bool large, int which)
{
	return in(
		order, [&] { return turn<HostEnv>(bytes, large, which); },
		[&] { return turn<SwappedEnv<HostEnv>>(bytes, large, which); });
}

} // namespace rsctool
