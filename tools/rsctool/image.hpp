// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>

namespace rsctool
{

/*
 * A file with a resource table in it: firmware as ELF, where the section .resource_table holds it (as remoteproc's ELF
 * loader looks for it), or a raw image of the table's memory. What is written to table() is written to the file.
 */
class Image {
public:
	/* @offset: of the table in a raw image. Throws std::system_error or std::runtime_error. */
	Image(const std::string &path, bool writable, std::uint64_t offset);
	~Image();
	Image(const Image &) = delete;
	Image &operator=(const Image &) = delete;

	std::span<std::uint8_t> table() const { return table_; }
	std::endian order() const { return order_; }
	bool is_elf() const { return elf_; }

private:
	void find_section(int file, const std::string &path);

	std::uint8_t *mapped_ = nullptr;
	std::size_t size_ = 0;
	std::span<std::uint8_t> table_;
	std::endian order_ = std::endian::little;
	bool elf_ = false;
};

} // namespace rsctool
