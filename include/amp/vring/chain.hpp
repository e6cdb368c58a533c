// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_CHAIN_HPP
#define AMP_VRING_CHAIN_HPP

#include <amp/region.hpp>
#include <amp/vring/layout.hpp>

namespace amp
{

// What the device end may do with a buffer (virtio 1.2, 2.7.5: a descriptor is readable or writable, never both).
enum class Access : u16 { Read, Write };

/*
 * A walk through the descriptors of one buffer, copying as it goes. Each descriptor is fetched once, bounded and
 * translated; there are never more of them than the ring has, so a chain that loops ends.
 *
 *   word           writer  may the peer lie?
 *   desc.addr,len  peer    yes: translated through the regions, whole or not at all
 *   desc.flags     peer    yes: direction must fit, indirect is refused
 *   desc.next      peer    yes: below num; at most num steps
 */
template <typename Env> class Chain {
public:
	// Where the descriptors are, and what they may name: the same for every buffer of a ring.
	struct Table {
		const typename Vring<Env>::Desc *desc = nullptr;
		u32 num = 0;
		Regions regions;
	};

	// Its first descriptor is fetched here; what is wrong with that is said by the first read, write or room.
	[[gnu::always_inline]] Chain(const Table &table, u16 head, Access access)
		: table_(table), left_(table.num), next_(head), access_(access)
	{
		step();
	}

	// Copy out of a readable buffer. BadChain where it ends before @size bytes.
	Result<void> read(void *to, usize size)
	{
		return walk(size, [to](u8 *at, usize done, usize part) {
			Env::copy_in(static_cast<u8 *>(to) + done, at, part);
		});
	}
	// Copy into a writable buffer. BadChain where it ends before @size bytes.
	Result<void> write(const void *from, usize size)
	{
		return walk(size, [from](u8 *at, usize done, usize part) {
			Env::copy_out(at, static_cast<const u8 *>(from) + done, part);
		});
	}
	// Copy out all that is left of a readable buffer; its size. BadChain where that is more than @room bytes.
	Result<usize> read_rest(void *to, usize room)
	{
		for (usize done = 0;;) {
			if (here_.size > room - done) {
				complain("bytes in the buffer, expected at most", done + here_.size, room);
				return Fault::BadChain;
			}
			if (here_.size)
				Env::copy_in(static_cast<u8 *>(to) + done, here_.va, here_.size);
			done += here_.size;
			here_ = {};
			if (complaint_.what)
				return Fault::BadChain;
			if (!more_)
				return done;
			step();
		}
	}
	// Copy into a writable buffer as much of @size bytes as it holds; how many those were.
	Result<usize> write_some(const void *from, usize size)
	{
		for (usize done = 0;;) {
			const usize part = min(size - done, here_.size);

			if (part)
				Env::copy_out(here_.va, static_cast<const u8 *>(from) + done, part);
			done += part;
			here_.va += part;
			here_.size -= part;
			if (complaint_.what)
				return Fault::BadChain;
			if (done == size || !more_)
				return done;
			step();
		}
	}
	// The bytes that are left, up to @most: counting stops there.
	Result<usize> room(usize most)
	{
		usize total = here_.size;

		while (total < most && more_) {
			if (!step())
				return Fault::BadChain;
			total += here_.size;
		}
		if (complaint_.what)
			return Fault::BadChain;
		here_ = {};
		return min(total, most);
	}

	// What was wrong, after BadChain.
	const Complaint &complaint() const { return complaint_; }

private:
	// Nearly always one descriptor holds the whole of a message.
	template <typename Copy> Result<void> walk(usize size, Copy copy)
	{
		if (size > here_.size) [[unlikely]]
			return walk_on(size, copy);
		if (size) { // the caller's pointer may be null where there is nothing to copy
			copy(here_.va, 0, size);
			here_.va += size;
			here_.size -= size;
		}
		return {};
	}
	template <typename Copy> [[gnu::noinline]] Result<void> walk_on(usize size, Copy copy)
	{
		for (usize done = 0;;) {
			if (here_.size) {
				const usize part = min(size - done, here_.size);

				copy(here_.va, done, part);
				here_.va += part;
				here_.size -= part;
				done += part;
			}
			if (done == size)
				return {};
			if (complaint_.what) // of an earlier step
				return Fault::BadChain;
			if (!more_)
				complain("bytes in the buffer, expected at least", done, size);
			else
				step();
		}
	}

	// On to the next descriptor, which may be empty. False: it is wrong, and the walk ends here.
	[[gnu::always_inline]] bool step()
	{
		here_ = {};
		more_ = false;
		if (!left_)
			return complain("descriptors in one chain, which loops; expected at most", u64(table_.num) + 1,
					table_.num);
		left_--;

		const auto desc = table_.desc[Env::confine(next_, table_.num)].fetch();
		const u64 addr = desc.addr.unchecked();
		const u32 len = desc.len.unchecked();
		const u16 flags = desc.flags.unchecked();

		if (flags & AMP_VRING_DESC_INDIRECT)
			return complain("descriptor flags, expected no INDIRECT, which was not negotiated", flags,
					AMP_VRING_DESC_NEXT | AMP_VRING_DESC_WRITE);
		if ((flags & AMP_VRING_DESC_WRITE) != (access_ == Access::Write ? AMP_VRING_DESC_WRITE : 0))
			return complain("descriptor flags, expected the other direction", flags,
					access_ == Access::Write ? AMP_VRING_DESC_WRITE : 0);
		const auto window = table_.regions.translate(addr, len, Fault::BadChain);
		if (!window.ok())
			return complain("descriptor address, outside of every region with its length", addr, len);
		if (flags & AMP_VRING_DESC_NEXT) {
			const auto bounded = desc.next.below(u16(table_.num), Fault::BadChain);
			if (!bounded.ok())
				return complain("next descriptor, expected below", desc.next.unchecked(), table_.num);
			next_ = bounded.value();
			more_ = true;
		}
		here_ = window.value();
		return true;
	}

	bool complain(const char *what, u64 value, u64 limit)
	{
		complaint_ = {what, value, limit};
		return false;
	}

	const Table &table_;
	Window here_;
	u32 left_;
	u16 next_;
	Access access_;
	bool more_;
	Complaint complaint_;
};

} // namespace amp

#endif
