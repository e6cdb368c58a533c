// SPDX-License-Identifier: GPL-2.0-only
// Firmware in an ELF file, as it is checked before the remoteproc core's loader sees it.
#include "../../remoteproc/shm_rproc_image.hpp"
#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u64 kCode = 0x5030'0000, kData = 0x8'5031'0000; // the second above 4 GiB
constexpr u32 kSegments = 64, kNames = 256, kSections = 320, kTable = 640, kBytes = 700;
constexpr u32 kMachine = 183;

void put(u8 *at, u64 value, u32 bytes)
{
	for (u32 i = 0; i < bytes; i++)
		at[i] = u8(value >> 8 * i);
}

// A file with a segment in each of two areas, and a section for its resource table.
struct File {
	u8 *bytes;
	ElfLayout at;
	amp_region areas[2];
	amp_shm_image image;
	Complaint why;
	u32 segment = 0;

	File(amp_test &test, const ElfLayout &layout) : at(layout)
	{
		const u64 data = layout.word == 8 ? kData : u32(kData);

		bytes = static_cast<u8 *>(test.services->zalloc(&test, kBytes));
		areas[0] = {kCode, bytes, 0x1000}; // nobody looks at the memory itself
		areas[1] = {data, bytes, 0x1000};
		put(bytes, 0x464c457f, 4);
		put(bytes + 4, layout.word == 8 ? 2 : 1, 1);
		put(bytes + 5, 1, 1);
		put(bytes + 18, kMachine, 2);
		put(bytes + at.entry, kCode + 16, at.word);
		put(bytes + at.phoff, kSegments, at.word);
		put(bytes + at.shoff, kSections, at.word);
		put(bytes + at.phentsize, at.segment_size, 2);
		put(bytes + at.phentsize + 2, 2, 2);
		put(bytes + at.phentsize + 4, at.section_size, 2);
		put(bytes + at.phentsize + 6, 3, 2);
		put(bytes + at.phentsize + 8, 1, 2);
		add_segment(0, kCode, kTable, 32, 32);
		add_segment(1, data, kTable + 32, 8, 0x1000);
		section(1, 0, 0, 0, kNames, 17);
		section(2, 1, 2, kCode + 8, kTable, 24);
		__builtin_memcpy(bytes + kNames + 1, ".resource_table", 16);
	}

	u8 *header(u32 index) { return bytes + kSegments + index * at.segment_size; }
	void add_segment(u32 index, u64 da, u64 offset, u64 stored, u64 size)
	{
		put(header(index), 1, 4);
		put(header(index) + at.offset, offset, at.word);
		put(header(index) + at.paddr, da, at.word);
		put(header(index) + at.filesz, stored, at.word);
		put(header(index) + at.memsz, size, at.word);
	}
	u8 *section_header(u32 index) { return bytes + kSections + index * at.section_size; }
	void section(u32 index, u32 name, u32 flags, u64 da, u64 offset, u64 size)
	{
		put(section_header(index), name, 4);
		put(section_header(index) + 8, flags, at.word);
		put(section_header(index) + at.section_addr, da, at.word);
		put(section_header(index) + at.section_offset, offset, at.word);
		put(section_header(index) + at.section_bytes, size, at.word);
	}

	bool check(u32 machine = kMachine, usize size = kBytes)
	{
		Image file(bytes, size, areas, 2);
		const bool good = file.check(machine, image, why).ok();

		segment = file.segment();
		return good;
	}
};

void refuses(amp_test &test, File &file, const char *why)
{
	file.why = {};
	CHECK(!file.check());
	if (!CHECK(has_text(file.why.what, why)))
		CHECK_EQ(file.why.value, file.why.limit);
}

} // namespace

CASE(firmware_image, both_classes_are_read)
{
	for (const ElfLayout &layout : list<ElfLayout>(kElf32, kElf64)) {
		File file(test, layout);

		REQUIRE(file.check());
		CHECK_EQ(file.image.elf_class, layout.word / 4);
		CHECK_EQ(file.image.machine, kMachine);
		CHECK_EQ(file.image.entry, kCode + 16);
		CHECK_EQ(file.image.table, kCode + 8);
		CHECK_EQ(file.image.loads, 3);
		CHECK(file.check(0));
		file.section(2, 1, 0, kCode + 8, kTable, 24);
		REQUIRE(file.check());
		CHECK_EQ(file.image.table, 0); // it is not loaded
		CHECK(!file.check(40));
		CHECK(has_text(file.why.what, "ELF machine"));
	}
}

CASE(firmware_image, one_that_is_cut_off_is_refused)
{
	for (const ElfLayout &layout : list<ElfLayout>(kElf32, kElf64)) {
		File file(test, layout);
		const usize needed = kSections + 3 * layout.section_size;

		for (usize size = 0; size < max<usize>(needed, kTable + 40); size++) {
			// Of its own size, so that a sanitizer sees a look behind its end.
			auto *const part = static_cast<u8 *>(test.services->zalloc(&test, size + !size));

			__builtin_memcpy(part, file.bytes, size);
			Image image(part, size, file.areas, 2);
			if (!CHECK(!image.check(0, file.image, file.why).ok()))
				return;
		}
	}
}

CASE(firmware_image, segments_stay_in_their_areas)
{
	for (const ElfLayout &layout : list<ElfLayout>(kElf32, kElf64)) {
		File file(test, layout);
		const u64 most = layout.word == 8 ? ~0ull : ~0u;

		for (const u64 da : list<u64>(0, kCode - 1, kCode + 0xfe1, kCode + 0x1000, most, most - 31)) {
			file.add_segment(0, da, kTable, 32, 32);
			refuses(test, file, "address of a segment");
			CHECK_EQ(file.segment, 0);
		}
		if (layout.word == 8) {
			file.add_segment(0, kCode + (1ull << 32), kTable, 32, 32); // the core would drop the upper half
			refuses(test, file, "address of a segment");
		}
		file.add_segment(0, kCode, kTable, 32, 32);
		for (const u64 size : list<u64>(0x1001, most)) {
			file.add_segment(1, file.areas[1].da, kTable, 8, size);
			refuses(test, file, "address of a segment");
			CHECK_EQ(file.segment, 1);
		}
		file.add_segment(1, file.areas[1].da, kTable, 0x1001, 0x1000);
		refuses(test, file, "bytes of a segment");
		for (const u64 offset : list<u64>(kBytes - 7, kBytes + 1, most)) {
			file.add_segment(1, file.areas[1].da, offset, 8, 8);
			refuses(test, file, "end of a segment");
		}
		file.add_segment(1, 0, most, most, 0); // nothing is loaded
		CHECK(file.check());
		CHECK_EQ(file.image.loads, 1);
		put(file.header(0), 2, 4);
		refuses(test, file, "none to load");
	}
}

CASE(firmware_image, headers_are_what_the_loader_takes_them_for)
{
	for (const ElfLayout &layout : list<ElfLayout>(kElf32, kElf64)) {
		const struct {
			u64 value;
			u32 at;
			u32 bytes;
			const char *why;
		} bad[] = {
			{0, 0, 4, "no ELF file"},
			{0, 4, 1, "ELF class"},
			{3, 4, 1, "ELF class"},
			{2, 5, 1, "ELF byte order"},
			{kCode + 32, layout.entry, layout.word, "entry"},
			{kCode - 1, layout.entry, layout.word, "entry"},
			{kBytes, layout.phoff, layout.word, "end of the headers"},
			{~0ull, layout.phoff, layout.word, "end of the headers"},
			{1, layout.phentsize, 2, "bytes of a header"},
			{0, layout.phentsize + 2, 2, "none to load"},
			{0xffff, layout.phentsize + 2, 2, "end of the headers"},
			{~0ull, layout.shoff, layout.word, "end of the headers"},
			{0, layout.phentsize + 4, 2, "bytes of a header"},
			{0, layout.phentsize + 6, 2, "section of names"},
			{3, layout.phentsize + 8, 2, "section of names"},
			{0xffff, layout.phentsize + 8, 2, "section of names"},
			{kBytes - 1, kSections + layout.section_size + layout.section_offset, layout.word,
			 "section of names"},
			{~0ull, kSections + layout.section_size + layout.section_offset, layout.word,
			 "section of names"},
			{0, kSections + layout.section_size + layout.section_bytes, layout.word, "section of names"},
			{16, kSections + layout.section_size + layout.section_bytes, layout.word, "section of names"},
			{17, kSections + 2 * layout.section_size, 4, "name of a section"},
			{2, kSections + 2 * layout.section_size, 4, "none is .resource_table"},
		};

		for (const auto &word : bad) {
			File file(test, layout);

			put(file.bytes + word.at, word.value, word.bytes);
			refuses(test, file, word.why);
		}
	}
}

CASE(firmware_image, whatever_stands_there_is_read_within_the_file)
{
	Dice dice(11);
	u32 good = 0;

	for (const ElfLayout &layout : list<ElfLayout>(kElf32, kElf64)) {
		File file(test, layout);
		auto *const kept = make<u8>(test, kBytes);

		__builtin_memcpy(kept, file.bytes, kBytes);
		for (u32 round = 0; round < 20000; round++) {
			__builtin_memcpy(file.bytes, kept, kBytes);
			for (u32 changes = 1 + dice.below(4); changes; changes--)
				put(file.bytes + dice.below(kBytes - 4),
				    dice.below(3) ? dice.roll() : dice.below(kBytes), 1 + dice.below(4));
			good += file.check(0);
		}
		test.services->breathe(&test);
	}
	CHECK(good > 1000 && good < 40000);
}
