// SPDX-License-Identifier: GPL-2.0-only
#include "board.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <uapi/amp/resource_table.h>

#include "../doorbell/owned_fd.hpp"

namespace attack
{

namespace
{

// One vdev or two: the offsets of a table that is larger are not looked at.
constexpr usize kTableSize = 4096;

} // namespace

Board::Board(const std::string &path)
{
	const doorbell::OwnedFd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
	struct stat now = {};

	if (!file || fstat(file.get(), &now))
		throw std::system_error(errno, std::generic_category(), "cannot open the board's memory " + path);
	if (now.st_size != static_cast<off_t>(kSize))
		throw std::runtime_error(path + " has " + std::to_string(now.st_size) +
					 " bytes: the board's memory has " + std::to_string(kSize));
	void *mapped = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);

	if (mapped == MAP_FAILED)
		throw std::system_error(errno, std::generic_category(), "cannot map " + path);
	memory_ = static_cast<u8 *>(mapped);
}

Board::~Board()
{
	munmap(memory_, kSize);
}

bool Board::has_table() const
{
	const auto *header = reinterpret_cast<const amp_rsc_header *>(memory_);

	return HostEnv::load_acquire(&header->ver) == AMP_RSC_VERSION && HostEnv::load(&header->num) >= 1;
}

rsc::VdevCells<HostEnv> &Board::entry() const
{
	const u32 offset = HostEnv::load(&reinterpret_cast<const amp_rsc_header *>(memory_)->offset[0]);

	if (offset % sizeof(u32) || offset > kTableSize - sizeof(amp_rsc_vdev) - 2 * sizeof(amp_rsc_vring))
		throw std::runtime_error("the remote's resource table has no entry of ours where the board has it");
	return *reinterpret_cast<rsc::VdevCells<HostEnv> *>(memory_ + offset);
}

rsc::VringCells<HostEnv> &Board::entry_vring(u32 index) const
{
	return reinterpret_cast<rsc::VringCells<HostEnv> *>(&entry() + 1)[index];
}

u8 *Board::config() const
{
	return reinterpret_cast<u8 *>(&entry_vring(2));
}

u32 Board::config_len() const
{
	return min(entry().config_len.fetch().unchecked(), 64u);
}

Vring<HostEnv> Board::vring(u32 index) const
{
	Vring<HostEnv> ring;
	Complaint ignored;

	(void)ring.map({at(kVring[index]), VringLayout::of(kNum, kAlign).size, kNum, kAlign}, ignored);
	return ring;
}

} // namespace attack
