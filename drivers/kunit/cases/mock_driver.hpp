// SPDX-License-Identifier: GPL-2.0-only
#ifndef AMP_CASES_MOCK_DRIVER_HPP
#define AMP_CASES_MOCK_DRIVER_HPP

#include "memory.hpp"

namespace amp::cases
{

/*
 * The main of a test: writes any word of a ring, right or wrong, chains as long as wanted, and reads back what the
 * device did. It keeps no rules; the honest cases do so themselves.
 */
template <typename Env> class MockDriver {
public:
	// A ring whose both indices stand at @index.
	void start(amp_test &test, const amp_vring_memory &memory, u16 index = 0)
	{
		Complaint complaint;

		CHECK(ring.map(memory, complaint).ok());
		num_ = memory.num;
		idx_ = seen_ = index;
		ring.avail->idx.put(index);
		ring.used->idx.put(index);
	}

	void describe(u32 i, u64 addr, u32 len, u16 flags, u16 next = 0)
	{
		ring.desc[i].addr.put(addr);
		ring.desc[i].len.put(len);
		ring.desc[i].flags.put(flags);
		ring.desc[i].next.put(next);
	}

	// Descriptors @first, @first + 1, ..: @size bytes from @addr on in @parts descriptors.
	void chain(u16 first, u64 addr, u32 size, u32 parts, u16 flags)
	{
		for (u32 i = 0; i < parts; i++) {
			const u32 len = i + 1 < parts ? size / parts : size - size / parts * (parts - 1);
			const bool more = i + 1 < parts;

			describe((first + i) % num_, addr, len, u16(flags | (more ? AMP_VRING_DESC_NEXT : 0)),
				 u16((first + i + 1) % num_));
			addr += len;
		}
	}

	void offer(u16 head)
	{
		ring.avail_ring[idx_ & (num_ - 1)].put(head);
		ring.avail->idx.put_release(++idx_);
	}

	struct Used {
		u32 id;
		u32 len;
	};
	u16 returned() const { return u16(ring.used->idx.fetch_acquire().unchecked() - seen_); }
	Used collect()
	{
		const auto &element = ring.used_ring[seen_++ & (num_ - 1)];

		return {element.id.fetch().unchecked(), element.len.fetch().unchecked()};
	}
	u16 idx() const { return idx_; }

	Vring<Env> ring;

private:
	u32 num_ = 0;
	u16 idx_ = 0;
	u16 seen_ = 0;
};

// The remote of a test, as free to lie: returns what it likes.
template <typename Env> class MockDevice {
public:
	void start(amp_test &test, const amp_vring_memory &memory)
	{
		Complaint complaint;

		CHECK(ring.map(memory, complaint).ok());
		num_ = memory.num;
	}

	u16 offered() const { return u16(ring.avail->idx.fetch_acquire().unchecked() - seen_); }
	u16 take() { return ring.avail_ring[seen_++ & (num_ - 1)].fetch().unchecked(); }

	void give(u32 head, u32 len)
	{
		auto &element = ring.used_ring[idx_ & (num_ - 1)];

		element.id.put(head);
		element.len.put(len);
		ring.used->idx.put_release(++idx_);
	}

	Vring<Env> ring;

private:
	u32 num_ = 0;
	u16 seen_ = 0;
	u16 idx_ = 0;
};

} // namespace amp::cases

#endif
