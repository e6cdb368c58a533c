// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include <amp/env_host.hpp>
#include <amp/rsc/vdev_entry.hpp>
#include <amp/vring/layout.hpp>
#include <uapi/amp/rpmsg.h>

namespace attack
{

using namespace amp;

/* The board's shared memory, mapped; numbers as in dts/qemu-shared.dtsi. */
class Board {
public:
	static constexpr u32 kBase = 0x50000000; // where the machines see it
	static constexpr usize kSize = 16 << 20;
	static constexpr usize kVring[] = {0x1000, 0x4000}; // of vdev 0: to the main, from the main
	static constexpr u32 kNum = 256, kAlign = 4096;
	static constexpr usize kPool = 0x100000, kPoolSize = 0x100000;
	static constexpr usize kOthers = 0x200000; // buffers and rings of vdev 1: never ours to write
	static constexpr usize kOthersVring[] = {0x300000, 0x303000};
	static constexpr unsigned kCtrl = 2; // doorbell of the table; 0 and 1 are those of the vrings

	/* Throws std::system_error or std::runtime_error, saying what to do. */
	explicit Board(const std::string &path);
	~Board();
	Board(const Board &) = delete;
	Board &operator=(const Board &) = delete;

	u8 *at(usize offset) const { return memory_ + offset; }
	bool has_table() const;
	/* The entry of vdev 0, while there is a table. */
	rsc::VdevCells<HostEnv> &entry() const;
	rsc::VringCells<HostEnv> &entry_vring(u32 index) const;
	u8 *config() const;
	u32 config_len() const;
	Vring<HostEnv> vring(u32 index) const;

private:
	u8 *memory_ = nullptr;
};

} // namespace attack
