// SPDX-License-Identifier: GPL-2.0-only
// Resource tables: built and read back, malformed word by word, cut off at every byte, changed while they are read.
#include <amp/rsc/builder.hpp>
#include <amp/rsc/table.hpp>

#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;
using namespace amp::rsc;

namespace
{

constexpr VringWords kVrings[] = {
	{0x5000'1000, 4096, 256, 1}, {0x5000'5000, 4096, 256, 2}, {0xffff'ffff, 4, 1, 0xffff'ffff}};
constexpr u8 kConfig[] = {1, 2, 3, 4, 5, 6, 7};

// Where the builder puts what: a header of 16 + 3 offsets, a carve-out, a vdev of two vrings, one of three and a config.
constexpr u32 kCarveout = 28;
constexpr u32 kVdev = kCarveout + 56;
constexpr u32 kVdevBig = kVdev + 28 + 2 * 20;
constexpr u32 kSize = kVdevBig + 28 + 3 * 20 + sizeof(kConfig);

template <typename Env> Result<void> build(Window memory, Complaint &complaint)
{
	TableBuilder<Env> builder(memory, 3);

	AMP_TRY(builder.carveout({0x5000'0000, 0x10'0000, "a name that is longer than what a carve-out has room for"},
				 complaint));
	AMP_TRY(builder.vdev({7, 0x2000'0001, kVrings, 2, nullptr, 0}, complaint));
	AMP_TRY(builder.vdev({1, 0, kVrings, 3, kConfig, sizeof(kConfig)}, complaint));
	return builder.publish(0xcafe, complaint);
}

Window make_window(amp_test &test, usize size)
{
	return {static_cast<u8 *>(test.services->zalloc(&test, size)), size};
}

Window built(amp_test &test)
{
	const auto memory = make_window(test, kSize);
	Complaint complaint;

	CHECK(build<Plain>(memory, complaint).ok());
	return memory;
}

u32 &word(Window memory, u32 at)
{
	return *reinterpret_cast<u32 *>(memory.va + at);
}

template <typename Env> void reads_back(amp_test &test)
{
	const auto memory = make_window(test, kSize);
	Complaint complaint;

	REQUIRE(build<Env>(memory, complaint).ok());
	auto &table = *make<Table<Env>>(test);
	REQUIRE(table.parse(memory, complaint).ok());
	CHECK(table.parsed() && table.unchanged());
	CHECK_EQ(table.size(), kSize);
	CHECK_EQ(table.incarnation(), 0xcafe);
	REQUIRE_EQ(table.vdevs(), 2);
	for (u32 i = 0; i < 2; i++) {
		auto vdev = table.vdev(i).value();

		CHECK_EQ(vdev.id(), i ? 1 : 7);
		CHECK_EQ(vdev.dfeatures(), i ? 0 : 0x2000'0001);
		CHECK_EQ(vdev.gfeatures(), 0);
		CHECK_EQ(vdev.status(), 0);
		REQUIRE_EQ(vdev.vrings(), i ? 3 : 2);
		for (u32 n = 0; n < vdev.vrings(); n++)
			CHECK(vdev.vring(n, complaint).value() == kVrings[n]);
		CHECK_EQ(vdev.vring(vdev.vrings(), complaint).fault(), Fault::Invalid);
		CHECK_EQ(vdev.config_len(), i ? sizeof(kConfig) : 0);
		vdev.put_status(AMP_VIRTIO_STATUS_DRIVER_OK);
		vdev.put_gfeatures(0x8000'0001);
		vdev.put_vring_da(1, 0x6000'0000);
		vdev.put_vring_da(99, 1); // there is none: nothing happens
		CHECK_EQ(vdev.status(), AMP_VIRTIO_STATUS_DRIVER_OK);
		CHECK_EQ(vdev.gfeatures(), 0x8000'0001);
		CHECK_EQ(vdev.vring(1, complaint).value().da, 0x6000'0000);
		CHECK(table.unchanged()); // what the main writes is no change of the table
	}
	CHECK_EQ(table.vdev(2).fault(), Fault::Invalid);
	CHECK(!complaint.what);
}

void refuses(amp_test &test, Window memory, const char *why, u64 value)
{
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);

	CHECK_EQ(table.parse(memory, complaint).fault(), Fault::BadTable);
	CHECK(has_text(complaint.what, why));
	CHECK_EQ(complaint.value, value);
	CHECK(!table.parsed());
	CHECK(!table.unchanged());
	CHECK_EQ(table.vdev(0).fault(), Fault::Invalid);
}

// The same with one word changed for the time of the check.
void refuses_word(amp_test &test, Window memory, u32 at, u32 value, const char *why)
{
	const u32 kept = word(memory, at);

	word(memory, at) = value;
	refuses(test, memory, why, value);
	word(memory, at) = kept;
}

} // namespace

CASE(resource_table, is_read_as_it_was_built)
{
	reads_back<Plain>(test);
	reads_back<Swapped>(test);
}

CASE(resource_table, has_its_words_in_their_places)
{
	const auto memory = built(test);

	CHECK_EQ(word(memory, 0), AMP_RSC_VERSION);
	CHECK_EQ(word(memory, 4), 3);
	CHECK_EQ(word(memory, 8), 0);
	CHECK_EQ(word(memory, 12), 0xcafe);
	CHECK_EQ(word(memory, 16), kCarveout);
	CHECK_EQ(word(memory, 20), kVdev);
	CHECK_EQ(word(memory, 24), kVdevBig);
	CHECK_EQ(word(memory, kCarveout + 4), 0x5000'0000);
	CHECK_EQ(word(memory, kCarveout + 12), 0x10'0000);
	CHECK_EQ(memory.va[kCarveout + 24], 'a');
	CHECK_EQ(memory.va[kCarveout + 55], 0); // the name was cut, and ends
	CHECK_EQ(word(memory, kVdev), AMP_RSC_VDEV);
	CHECK_EQ(word(memory, kVdev + 4), 7);
	CHECK_EQ(word(memory, kVdev + 12), 0x2000'0001);
	CHECK_EQ(memory.va[kVdev + 25], 2);
	CHECK_EQ(word(memory, kVdev + 28), kVrings[0].da);
	CHECK_EQ(word(memory, kVdev + 28 + 4), 4096);
	CHECK_EQ(word(memory, kVdev + 28 + 8), 256);
	CHECK_EQ(word(memory, kVdev + 28 + 12), 1);
	CHECK(same_bytes(memory.va + kVdevBig + 28 + 60, kConfig, sizeof(kConfig)));

	const auto swapped = make_window(test, kSize);
	Complaint complaint;
	CHECK(build<Swapped>(swapped, complaint).ok());
	for (const u32 at : list<u32>(0, 4, 12, 16, 20, 24, kVdev, kVdev + 4, kVdev + 12, kVdev + 28, kVdev + 36))
		CHECK_EQ(word(swapped, at), __builtin_bswap32(word(memory, at)));
}

CASE(resource_table, config_space_ends_where_it_ends)
{
	const auto memory = built(test);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);
	u8 got[8] = {};

	REQUIRE(table.parse(memory, complaint).ok());
	auto vdev = table.vdev(1).value();
	CHECK(vdev.read_config(0, got, 7).ok());
	CHECK(same_bytes(got, kConfig, 7));
	CHECK(vdev.write_config(6, "x", 1).ok());
	CHECK_EQ(memory.va[kSize - 1], 'x');
	CHECK(vdev.read_config(7, got, 0).ok());
	for (const auto access : list<u64>(8, 0x1'0000'0007, 0x7'0000'0001, 0x1'ffff'ffff, 0xffff'ffff'0000'0001)) {
		const u32 offset = u32(access >> 32);
		const u32 len = u32(access);

		CHECK_EQ(vdev.read_config(offset, got, len).fault(), Fault::Invalid);
		CHECK_EQ(vdev.write_config(offset, got, len).fault(), Fault::Invalid);
	}
}

CASE(resource_table, none_is_there_until_it_is_published)
{
	const auto memory = make_window(test, kSize);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);

	CHECK_EQ(table.parse(memory, complaint).fault(), Fault::Again);
	TableBuilder<Plain> builder(memory, 1);
	CHECK(builder.vdev({7, 0, kVrings, 2, nullptr, 0}, complaint).ok());
	CHECK_EQ(table.parse(memory, complaint).fault(), Fault::Again);
	CHECK(builder.publish(1, complaint).ok());
	CHECK(table.parse(memory, complaint).ok());
	TableBuilder<Plain>::invalidate(memory);
	CHECK(!table.unchanged());
	CHECK_EQ(table.parse(memory, complaint).fault(), Fault::Again);
	CHECK(!complaint.what);
}

CASE(resource_table, builder_refuses_what_does_not_fit)
{
	Complaint complaint;

	for (u32 size = 0; size < kSize; size++) {
		const auto memory = make_window(test, size);

		CHECK_EQ(build<Plain>(memory, complaint).fault(), Fault::Invalid);
		CHECK(has_text(complaint.what, "bytes for the table"));
		if (size >= 16)
			CHECK_EQ(word(memory, 0), 0);
	}
	const auto memory = make_window(test, kSize);
	TableBuilder<Plain> builder(memory, 1);
	CHECK_EQ(builder.publish(1, complaint).fault(), Fault::Invalid);
	CHECK(builder.carveout({0, 0, nullptr}, complaint).ok());
	CHECK_EQ(builder.carveout({0, 0, nullptr}, complaint).fault(), Fault::Invalid);
	CHECK(has_text(complaint.what, "entries added"));
}

CASE(resource_table, refuses_one_that_is_cut_off)
{
	const auto whole = built(test);

	for (u32 size = 0; size < kSize; size++) {
		const auto memory = make_window(test, size); // a sanitizer watches its end
		Complaint complaint;
		auto &table = *make<Table<Plain>>(test);

		__builtin_memcpy(memory.va, whole.va, size);
		if (!CHECK_EQ(table.parse(memory, complaint).fault(), Fault::BadTable))
			return;
		CHECK(complaint.what);
		if (size % 32 == 0)
			test.services->breathe(&test);
	}
}

CASE(resource_table, refuses_malformed_words)
{
	const auto memory = built(test);

	for (const u32 version : list<u32>(2, 0x0100'0000, 0xffff'ffff))
		refuses_word(test, memory, 0, version, "version of the table");
	for (const u32 num : list<u32>(257, 0x10000, 0x4000'0000, 0x4000'0003, 0xffff'ffff))
		refuses_word(test, memory, 4, num, "entries in the table");
	refuses_word(test, memory, 8, 1, "reserved word");
	for (const u32 slot : list<u32>(16, 20, 24)) {
		for (const u32 offset : list<u32>(1, kCarveout + 2, 0xffff'ffff))
			refuses_word(test, memory, slot, offset, "offset of an entry, expected a multiple");
		for (const u32 offset : list<u32>(0, 4, 16, 24))
			refuses_word(test, memory, slot, offset, "offset of an entry, expected at least");
		for (const u32 offset : list<u32>((kSize + 3) / 4 * 4, 0x10'0000, 0x7fff'fffc, 0xffff'fffc))
			refuses_word(test, memory, slot, offset, "offset of an entry, expected within");
	}
	for (const u32 type : list<u32>(4, 127, 513, 0x8000'0000, 0xffff'ffff))
		refuses_word(test, memory, kVdev, type, "type of an entry");
	for (const u32 num : list<u32>(0, 3, 65536, 0x8000'0000, 0xffff'ffff))
		refuses_word(test, memory, kVdev + 28 + 20 + 8, num, "vring num");
	for (const u32 align : list<u32>(0, 2, 3, 4097, 131072, 0xffff'ffff))
		refuses_word(test, memory, kVdev + 28 + 4, align, "vring align");
	const u32 counts = word(memory, kVdevBig + 24);
	word(memory, kVdevBig + 24) = 17 << 8;
	refuses(test, memory, "vrings of a vdev", 17);
	word(memory, kVdevBig + 24) = 4 << 8; // one more than described: it would lie beyond the memory
	refuses(test, memory, "bytes of an entry", 28 + 4 * 20 + sizeof(kConfig));
	word(memory, kVdevBig + 24) = counts | 1 << 24;
	refuses(test, memory, "reserved byte", 1);
	word(memory, kVdevBig + 24) = counts;
	for (const u32 len : list<u32>(8, 0x7fff'ffff, 0xffff'ffff)) {
		word(memory, kVdevBig + 20) = len;
		refuses(test, memory, "bytes of an entry", 28 + 3 * 20 + u64(len));
	}
	word(memory, kVdevBig + 20) = sizeof(kConfig);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);
	CHECK(table.parse(memory, complaint).ok()); // all of it was put back
	refuses(test, {memory.va + 1, kSize - 4}, "address of the table", reinterpret_cast<uptr>(memory.va + 1));
}

CASE(resource_table, refuses_vdevs_that_share_memory)
{
	const auto memory = built(test);

	refuses_word(test, memory, 24, kVdev, "offset of a vdev, expected clear"); // both are one
	word(memory, kVdev + 20) = 1; // a config space that reaches into the next
	refuses(test, memory, "offset of a vdev, expected clear", kVdevBig);
	word(memory, kVdev + 20) = 0;
	Complaint complaint;
	CHECK(make<Table<Plain>>(test)->parse(memory, complaint).ok());
}

CASE(resource_table, refuses_more_vdevs_than_it_keeps)
{
	const auto memory = make_window(test, 2048);
	Complaint complaint;

	for (u32 vdevs = kVdevsMax; vdevs <= kVdevsMax + 1; vdevs++) {
		TableBuilder<Plain> builder(memory, vdevs);
		auto &table = *make<Table<Plain>>(test);

		for (u32 i = 0; i < vdevs; i++)
			CHECK(builder.vdev({7, 0, kVrings, 2, nullptr, 0}, complaint).ok());
		CHECK(builder.publish(1, complaint).ok());
		CHECK_EQ(table.parse(memory, complaint).ok(), vdevs == kVdevsMax);
	}
	CHECK(has_text(complaint.what, "vdevs in the table"));
}

CASE(resource_table, steps_over_what_belongs_to_vendors)
{
	const auto memory = built(test);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);

	for (const u32 type : list<u32>(AMP_RSC_VENDOR_FIRST, AMP_RSC_VENDOR_LAST, AMP_RSC_DEVMEM, AMP_RSC_TRACE)) {
		word(memory, kCarveout) = type;
		CHECK(table.parse(memory, complaint).ok());
		CHECK_EQ(table.vdevs(), 2);
	}
	word(memory, 4) = 0;
	CHECK(table.parse(memory, complaint).ok());
	CHECK_EQ(table.vdevs(), 0);
	CHECK_EQ(table.size(), 16);
}

CASE(resource_table, counts_large_vdevs_among_the_others)
{
	const auto memory = built(test);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);

	word(memory, kVdev) = AMP_RSC_VDEV_LARGE;
	REQUIRE(table.parse(memory, complaint).ok());
	REQUIRE_EQ(table.vdevs(), 2);
	CHECK_EQ(table.size(), kSize);
	CHECK_EQ(table.vdev(0).value().type(), AMP_RSC_VDEV_LARGE);
	CHECK_EQ(table.vdev(0).value().id(), 7);
	CHECK_EQ(table.vdev(1).value().type(), AMP_RSC_VDEV);
	CHECK_EQ(table.vdev(1).value().id(), 1);
	CHECK(table.unchanged());
	// What is wrong with a vdev is as wrong in a large one.
	refuses_word(test, memory, kVdev + 28 + 8, 3, "vring num");
	refuses_word(test, memory, kVdev + 28 + 20 + 4, 3, "vring align");
	const u32 counts = word(memory, kVdev + 24);
	word(memory, kVdev + 24) = 17 << 8;
	refuses(test, memory, "vrings of a vdev", 17);
	word(memory, kVdev + 24) = counts;
}

CASE(resource_table, is_retyped_by_who_loads_it)
{
	const auto memory = built(test);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);
	auto &peer = *make<Table<Plain>>(test);

	word(memory, kVdevBig) = AMP_RSC_VDEV_LARGE;
	REQUIRE(table.parse(memory, complaint).ok());
	REQUIRE(peer.parse(memory, complaint).ok());
	auto vdev = table.vdev(1).value();
	vdev.retype(AMP_RSC_VDEV);
	CHECK_EQ(word(memory, kVdevBig), AMP_RSC_VDEV);
	CHECK(vdev.unchanged());
	CHECK(!table.unchanged() && !peer.unchanged()); // they know nothing of it
	table.retype(1, AMP_RSC_VDEV_LARGE);
	CHECK(table.unchanged() && peer.unchanged() && !vdev.unchanged());
	table.retype(1, AMP_RSC_VDEV);
	CHECK(table.unchanged() && !peer.unchanged());
	CHECK_EQ(table.vdev(1).value().type(), AMP_RSC_VDEV);
	table.retype(2, AMP_RSC_VDEV_LARGE); // there is none: nothing happens
	CHECK(table.unchanged());
	CHECK_EQ(word(memory, kVdev), AMP_RSC_VDEV);
}

CASE(resource_table, sees_that_it_was_built_anew)
{
	const auto memory = built(test);
	Complaint complaint;
	auto &table = *make<Table<Plain>>(test);

	REQUIRE(table.parse(memory, complaint).ok());
	for (const u32 at :
	     list<u32>(0, 4, 12, 20, 24, kVdev, kVdev + 4, kVdev + 20, kVdevBig, kVdevBig + 4, kVdevBig + 20)) {
		word(memory, at) ^= 0x4;
		CHECK(!table.unchanged());
		word(memory, at) ^= 0x4;
		CHECK(table.unchanged());
	}
	word(memory, kVdev) = AMP_RSC_VDEV_LARGE;
	CHECK(!table.unchanged());
	word(memory, kVdev) = AMP_RSC_VDEV;
	CHECK(table.unchanged());
	memory.va[kVdev + 25] ^= 1;
	CHECK(!table.unchanged());
}

namespace
{

// Strikes before one of the accesses, and sees that all of them stay within the table.
struct Vandal {
	Window memory;
	u32 touches = 0;
	u32 strays = 0;
	u32 strike_at = ~0u;
	u32 at = 0;
	u32 value = 0;

	static void before(void *context, Touch touch, const void *place, usize size)
	{
		auto &self = *static_cast<Vandal *>(context);
		const auto offset = uptr(place) - uptr(self.memory.va);

		if (touch != Touch::Barrier)
			self.strays += offset > self.memory.size || size > self.memory.size - offset;
		if (self.touches++ == self.strike_at)
			word(self.memory, self.at) = self.value;
	}
};

// All that a driver does with a table.
Fault use(Table<Hostile> &table, Window memory, Complaint &complaint)
{
	u8 config[sizeof(kConfig)];
	const auto parsed = table.parse(memory, complaint);

	if (!parsed.ok())
		return parsed.fault();
	for (u32 i = 0; i < table.vdevs(); i++) {
		auto vdev = table.vdev(i).value();

		for (u32 n = 0; n < vdev.vrings(); n++) {
			const auto words = vdev.vring(n, complaint);

			if (words.ok() &&
			    !(is_power_of_two(words.value().num) && words.value().num <= AMP_VRING_NUM_MAX &&
			      is_power_of_two(words.value().align)))
				return Fault::Invalid;
			vdev.put_vring_da(n, 0x1000);
		}
		(void)vdev.read_config(0, config, min(vdev.config_len(), u32(sizeof(config))));
		vdev.put_gfeatures(vdev.dfeatures());
		vdev.put_status(vdev.status());
	}
	(void)table.unchanged();
	return Fault::None;
}

} // namespace

CASE(resource_table, may_change_while_it_is_read)
{
	const auto memory = built(test);
	auto *const kept = make<u8>(test, kSize);
	auto &table = *make<Table<Hostile>>(test);
	Vandal vandal{memory};
	Complaint complaint;
	u32 refused = 0;

	__builtin_memcpy(kept, memory.va, kSize);
	Hostile::meddler = {Vandal::before, &vandal};
	CHECK_EQ(use(table, memory, complaint), Fault::None);
	const u32 touches = vandal.touches;
	for (u32 touch = 0; touch < touches; touch++) {
		for (u32 at = 0; at + 4 <= kSize; at += 4) {
			for (const u32 value : list<u32>(0, 1, 3, 4, 16, 28, AMP_RSC_VDEV_LARGE, kSize - 4, kSize,
							 0xff00, 0xffff'fffc, 0xffff'ffff)) {
				__builtin_memcpy(memory.va, kept, kSize);
				vandal = {memory, 0, 0, touch, at, value};
				complaint = {};
				const Fault fault = use(table, memory, complaint);

				if (!CHECK_EQ(vandal.strays, 0) || !CHECK(vandal.touches < 2 * touches) ||
				    !CHECK(fault == Fault::None || fault == Fault::Again ||
					   (fault == Fault::BadTable && complaint.what))) {
					Hostile::meddler = {};
					CHECK_EQ(touch, at); // which access, which word
					return;
				}
				refused += fault == Fault::BadTable;
			}
		}
		test.services->breathe(&test);
	}
	Hostile::meddler = {};
	CHECK(refused > 1000);
}
