// SPDX-License-Identifier: GPL-2.0-only
#ifndef SHM_RPROC_IMAGE_HPP
#define SHM_RPROC_IMAGE_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>

#include "shm_rproc_image.h"

namespace amp
{

// Where the words of an ELF file stand (System V ABI, chapters 4 and 5), for each of its two classes.
struct ElfLayout {
	u32 word; // bytes of an address or an offset
	u32 header_size;
	u32 entry, phoff, shoff, phentsize; // in the header; phnum, shentsize, shnum, shstrndx follow phentsize
	u32 segment_size;
	u32 offset, paddr, filesz, memsz; // in a program header
	u32 section_size;
	u32 section_addr, section_offset, section_bytes; // in a section header
};

constexpr ElfLayout kElf32 = {4, 52, 24, 28, 32, 42, 32, 4, 12, 16, 20, 40, 12, 16, 20};
constexpr ElfLayout kElf64 = {8, 64, 24, 32, 40, 54, 56, 8, 24, 32, 40, 64, 16, 24, 32};

/*
 * A firmware file, which is ours and does not change. It is checked as a whole before the remoteproc core's ELF loader
 * reads it, which follows some offsets without a look, takes code for any machine and, where an address has more than 32
 * bits, drops the rest.
 */
class Image {
public:
	Image(const u8 *file, usize size, const amp_region *areas, u32 area_count)
		: file_(file), size_(size), areas_(areas), area_count_(area_count)
	{
	}

	// @machine: what the remote runs, 0 where it does not say. Invalid: @why says what is wrong.
	Result<void> check(u32 machine, amp_shm_image &image, Complaint &why)
	{
		image = {};
		AMP_TRY(check_header(machine, image, why));
		AMP_TRY(check_segments(image, why));
		return check_sections(image, why);
	}

	u32 segment() const { return segment_; }

private:
	static constexpr u32 kLoad = 1; // PT_LOAD
	static constexpr u32 kAlloc = 2; // SHF_ALLOC: without it an address means nothing
	static constexpr u32 kSectionFlags = 8;
	static constexpr const char *kTable = ".resource_table";

	Result<void> check_header(u32 machine, amp_shm_image &image, Complaint &why)
	{
		if (size_ < kElf32.header_size || read(0, 4) != 0x464c457f) {
			why = {"bytes, and no ELF file of at least", size_, kElf32.header_size};
			return Fault::Invalid;
		}
		const u32 elf_class = u32(read(4, 1));

		if (elf_class != 1 && elf_class != 2) {
			why = {"ELF class, expected 1 or", elf_class, 2};
			return Fault::Invalid;
		}
		at_ = elf_class == 2 ? kElf64 : kElf32;
		if (size_ < at_.header_size) {
			why = {"bytes of an ELF file, expected at least", size_, at_.header_size};
			return Fault::Invalid;
		}
		if (read(5, 1) != 1) {
			why = {"ELF byte order, expected", read(5, 1), 1};
			return Fault::Invalid;
		}
		image.elf_class = u8(elf_class);
		image.machine = u16(read(18, 2));
		image.entry = read(at_.entry, at_.word);
		if (machine && machine != image.machine) {
			why = {"ELF machine, the remote runs", image.machine, machine};
			return Fault::Invalid;
		}
		return {};
	}

	Result<void> check_segments(amp_shm_image &image, Complaint &why)
	{
		const u64 start = read(at_.phoff, at_.word), count = read(at_.phentsize + 2, 2);
		bool entered = false;

		AMP_TRY(check_table(start, count, at_.phentsize, at_.segment_size, why));
		for (u32 i = 0; i < count; i++) {
			const usize header = usize(start) + i * at_.segment_size;
			const u64 da = read(header + at_.paddr, at_.word), bytes = read(header + at_.memsz, at_.word);

			segment_ = i;
			if (read(header, 4) != kLoad || !bytes)
				continue;
			AMP_TRY(check_segment(header, bytes, why));
			const u32 area = area_of(da, bytes);

			if (area == area_count_) {
				why = {"address of a segment, expected in a region to load into with room for bytes",
				       da, bytes};
				return Fault::Invalid;
			}
			image.loads |= 1ull << area;
			entered |= image.entry >= da && image.entry - da < bytes;
		}
		segment_ = AMP_SHM_NO_SEGMENT;
		if (!image.loads) {
			why = {"segments, and none to load of", 0, count};
			return Fault::Invalid;
		}
		if (!entered) {
			why = {"entry, expected in a segment; segments", image.entry, count};
			return Fault::Invalid;
		}
		return {};
	}

	Result<void> check_segment(usize header, u64 bytes, Complaint &why) const
	{
		const u64 offset = read(header + at_.offset, at_.word), stored = read(header + at_.filesz, at_.word);

		if (stored > bytes) {
			why = {"bytes of a segment in the file, expected at most those in memory,", stored, bytes};
			return Fault::Invalid;
		}
		if (offset > size_ || stored > size_ - offset) {
			why = {"end of a segment, expected within the bytes of the file", offset + stored, size_};
			return Fault::Invalid;
		}
		return {};
	}

	// The core looks for a name among the sections, wherever their names are said to stand.
	Result<void> check_sections(amp_shm_image &image, Complaint &why) const
	{
		const u64 start = read(at_.shoff, at_.word), count = read(at_.phentsize + 6, 2);
		const u64 names = read(at_.phentsize + 8, 2);

		AMP_TRY(check_table(start, count, at_.phentsize + 4, at_.section_size, why));
		if (names >= count) {
			why = {"section of names, expected one of", names, count};
			return Fault::Invalid;
		}
		const usize header = usize(start + names * at_.section_size);
		const u64 offset = read(header + at_.section_offset, at_.word);
		const u64 bytes = read(header + at_.section_bytes, at_.word);

		if (offset > size_ || bytes > size_ - offset || !bytes || file_[offset + bytes - 1]) {
			why = {"section of names, expected whole and in the file; its bytes", offset, bytes};
			return Fault::Invalid;
		}
		for (u64 i = 0; i < count; i++) {
			const usize section = usize(start + i * at_.section_size);
			const u64 name = read(section, 4);

			if (name >= bytes) {
				why = {"name of a section, expected below", name, bytes};
				return Fault::Invalid;
			}
			if (!same(reinterpret_cast<const char *>(file_ + offset + name), kTable))
				continue;
			if (read(section + kSectionFlags, at_.word) & kAlloc)
				image.table = read(section + at_.section_addr, at_.word);
			return {};
		}
		why = {"sections, and none is .resource_table; looked at", count, count};
		return Fault::Invalid;
	}

	// A table of headers: where the header of the file says what size each has.
	Result<void> check_table(u64 start, u64 count, u32 size_at, u32 expected, Complaint &why) const
	{
		const u64 each = read(size_at, 2);

		if (count && each != expected) {
			why = {"bytes of a header in the ELF file, expected", each, expected};
			return Fault::Invalid;
		}
		if (start > size_ || count * expected > size_ - start) {
			why = {"end of the headers, expected within the bytes of the file", start + count * expected,
			       size_};
			return Fault::Invalid;
		}
		return {};
	}

	// @area_count_: there is none.
	u32 area_of(u64 da, u64 bytes) const
	{
		u32 i = 0;

		while (i < area_count_ && (da < areas_[i].da || da - areas_[i].da > areas_[i].size ||
					   bytes > areas_[i].size - (da - areas_[i].da)))
			i++;
		return i;
	}

	static bool same(const char *left, const char *right)
	{
		while (*left && *left == *right)
			left++, right++;
		return *left == *right;
	}

	// Little-endian, of any alignment; the caller knows that it is in the file.
	u64 read(usize at, u32 bytes) const
	{
		u64 value = 0;

		while (bytes--)
			value = value << 8 | file_[at + bytes];
		return value;
	}

	const u8 *file_;
	usize size_;
	const amp_region *areas_;
	u32 area_count_;
	ElfLayout at_ = {};
	u32 segment_ = AMP_SHM_NO_SEGMENT;
};

} // namespace amp

#endif
