// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_LAYOUT_HPP
#define AMP_VRING_LAYOUT_HPP

#include <amp/complaint.hpp>
#include <amp/region.h>
#include <amp/shared.hpp>
#include <uapi/amp/virtio_ring.h>

namespace amp
{

// Where the parts of a split vring lie, in bytes from its start (virtio 1.2, 2.7.2).
struct VringLayout {
	usize avail;
	usize used;
	usize size;

	static constexpr VringLayout of(u32 num, u32 align)
	{
		const usize avail = sizeof(amp_vring_desc) * num;
		const usize avail_end = avail + sizeof(amp_vring_avail) + sizeof(u16) * num + sizeof(u16);
		const usize used = (avail_end + align - 1) & ~(usize(align) - 1);

		return {avail, used, used + sizeof(amp_vring_used) + sizeof(amp_vring_used_elem) * num + sizeof(u16)};
	}
};

static_assert(sizeof(amp_vring_desc) == 16 && sizeof(amp_vring_used_elem) == 8);
static_assert(sizeof(amp_vring_avail) == 4 && sizeof(amp_vring_used) == 4);

constexpr u32 kVringAlignMin = 4; // of the used ring (virtio 1.2, 2.7)
constexpr u32 kVringAlignMax = 65536;

// A vring in memory, as cells that the peer can write.
template <typename Env> struct Vring {
	/*
	 * Its four fields go in two accesses: rings often lie in memory that is not cached, where each access waits for
	 * the bus. The words are taken apart in our copy of them.
	 */
	union Desc {
		struct {
			Shared<u64, Env> addr;
			Shared<u32, Env> len;
			Shared<u16, Env> flags;
			Shared<u16, Env> next;
		};
		struct Fields {
			Untrusted<u64> addr;
			Untrusted<u32> len;
			Untrusted<u16> flags;
			Untrusted<u16> next;
		};

		Fields fetch() const
		{
			const u64 copy[] = {Env::load(&words_[0]), Env::load(&words_[1])};
			amp_vring_desc raw;

			__builtin_memcpy(&raw, copy, sizeof(raw));
			return {Untrusted<u64>(Env::wire(raw.addr)), Untrusted<u32>(Env::wire(raw.len)),
				Untrusted<u16>(Env::wire(raw.flags)), Untrusted<u16>(Env::wire(raw.next))};
		}
		void put(u64 address, u32 size, u16 bits)
		{
			const amp_vring_desc raw = {Env::wire(address), Env::wire(size), Env::wire(bits), 0};
			u64 copy[2];

			__builtin_memcpy(copy, &raw, sizeof(copy));
			Env::store(&words_[0], copy[0]);
			Env::store(&words_[1], copy[1]);
		}

	private:
		u64 words_[2];
	};
	struct Head {
		Shared<u16, Env> flags;
		Shared<u16, Env> idx;
	};
	struct UsedElem {
		Shared<u32, Env> id;
		Shared<u32, Env> len;
	};
	static_assert(sizeof(Desc) == sizeof(amp_vring_desc) && sizeof(Head) == sizeof(amp_vring_avail) &&
		      sizeof(UsedElem) == sizeof(amp_vring_used_elem));

	Desc *desc = nullptr;
	Head *avail = nullptr;
	Shared<u16, Env> *avail_ring = nullptr;
	Shared<u16, Env> *used_event = nullptr; // the driver asks: kick me when used.idx passes this
	Head *used = nullptr;
	UsedElem *used_ring = nullptr;
	Shared<u16, Env> *avail_event = nullptr; // the device asks: kick me when avail.idx passes this

	// Lay a ring over memory. What is said of the memory may stem from the peer: refused with @complaint.
	Result<void> map(const amp_vring_memory &memory, Complaint &complaint)
	{
		if (!is_power_of_two(memory.num) || memory.num > AMP_VRING_NUM_MAX) {
			complaint = {"ring size, expected a power of two of at most", memory.num, AMP_VRING_NUM_MAX};
			return Fault::BadRing;
		}
		if (!is_power_of_two(memory.align) || memory.align < kVringAlignMin || memory.align > kVringAlignMax) {
			complaint = {"ring alignment, expected a power of two from 4 to", memory.align, kVringAlignMax};
			return Fault::BadRing;
		}
		const auto layout = VringLayout::of(memory.num, memory.align);
		if (layout.size > memory.size) {
			complaint = {"bytes of memory for the ring, expected at least", memory.size, layout.size};
			return Fault::BadRing;
		}
		const auto start = reinterpret_cast<uptr>(memory.va);
		if (!start || start % sizeof(amp_vring_desc)) {
			complaint = {"ring address, expected a multiple of", start, sizeof(amp_vring_desc)};
			return Fault::BadRing;
		}

		auto *const base = static_cast<u8 *>(memory.va);
		desc = reinterpret_cast<Desc *>(base);
		avail = reinterpret_cast<Head *>(base + layout.avail);
		avail_ring = reinterpret_cast<Shared<u16, Env> *>(avail + 1);
		used_event = avail_ring + memory.num;
		used = reinterpret_cast<Head *>(base + layout.used);
		used_ring = reinterpret_cast<UsedElem *>(used + 1);
		avail_event = reinterpret_cast<Shared<u16, Env> *>(used_ring + memory.num);
		return {};
	}
};

// VIRTIO_RING_F_EVENT_IDX (virtio 1.2, 2.7.7.1): does the step from @before to @now pass @event?
constexpr bool passes_event(u16 event, u16 now, u16 before)
{
	return u16(now - event - 1) < u16(now - before);
}

} // namespace amp

#endif
