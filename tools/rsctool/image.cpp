// SPDX-License-Identifier: GPL-2.0-only
#include "image.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "../doorbell/owned_fd.hpp"

namespace rsctool
{

namespace
{

constexpr char kSection[] = ".resource_table";

} // namespace

Image::Image(const std::string &path, bool writable, std::uint64_t offset)
{
	const doorbell::OwnedFd file(open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC));
	struct stat now = {};

	if (!file || fstat(file.get(), &now))
		throw std::system_error(errno, std::generic_category(), "cannot open " + path);
	size_ = static_cast<std::size_t>(now.st_size);
	if (!size_)
		throw std::runtime_error(path + " is empty");
	// Private where nothing is to be written: the table is checked in place.
	void *mapped = mmap(nullptr, size_, PROT_READ | PROT_WRITE, writable ? MAP_SHARED : MAP_PRIVATE, file.get(), 0);

	if (mapped == MAP_FAILED)
		throw std::system_error(errno, std::generic_category(), "cannot map " + path);
	mapped_ = static_cast<std::uint8_t *>(mapped);
	try {
		elf_ = size_ >= SELFMAG && !std::memcmp(mapped_, ELFMAG, SELFMAG);
		if (elf_) {
			find_section(file.get(), path);
		} else {
			if (offset >= size_)
				throw std::runtime_error(path + " has " + std::to_string(size_) +
							 " bytes: no table can be at " + std::to_string(offset));
			table_ = {mapped_ + offset, size_ - offset};
			// A version of 1 that reads as 1 << 24.
			if (table_.size() >= 4 && !table_[0] && !table_[1] && !table_[2] && table_[3] == 1)
				order_ = std::endian::big;
		}
		if (reinterpret_cast<std::uintptr_t>(table_.data()) % 4)
			throw std::runtime_error(path + ": the table is not at a multiple of 4 of the file");
	} catch (...) {
		munmap(mapped_, size_);
		throw;
	}
}

Image::~Image()
{
	munmap(mapped_, size_);
}

void Image::find_section(int file, const std::string &path)
{
	elf_version(EV_CURRENT);
	const std::unique_ptr<Elf, int (*)(Elf *)> elf(elf_begin(file, ELF_C_READ, nullptr), elf_end);
	std::size_t names = 0;

	if (!elf || elf_getshdrstrndx(elf.get(), &names))
		throw std::runtime_error(path + " is a broken ELF file: " + elf_errmsg(-1));
	order_ = mapped_[EI_DATA] == ELFDATA2MSB ? std::endian::big : std::endian::little;
	for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf.get(), section));) {
		GElf_Shdr header;
		const char *name =
			gelf_getshdr(section, &header) ? elf_strptr(elf.get(), names, header.sh_name) : nullptr;

		if (!name || std::strcmp(name, kSection))
			continue;
		if (header.sh_type == SHT_NOBITS || header.sh_offset > size_ ||
		    header.sh_size > size_ - header.sh_offset)
			throw std::runtime_error(path + ": " + kSection + " has no contents in the file");
		table_ = {mapped_ + header.sh_offset, header.sh_size};
		return;
	}
	throw std::runtime_error(path + " has no section " + kSection);
}

} // namespace rsctool
