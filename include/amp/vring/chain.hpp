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
	Chain(const typename Vring<Env>::Desc *table, u32 num, const Regions &regions, u16 head, Access access)
		: table_(table), regions_(&regions), num_(num), left_(num), next_(head), access_(access)
	{
	}

	// Copy out of a readable buffer. BadChain where it ends before @size bytes.
	Result<void> read(void *to, usize size)
	{
		return walk(size, [&](u8 *at, usize done, usize part) {
			Env::copy_in(static_cast<u8 *>(to) + done, at, part);
		});
	}
	// Copy into a writable buffer. BadChain where it ends before @size bytes.
	Result<void> write(const void *from, usize size)
	{
		return walk(size, [&](u8 *at, usize done, usize part) {
			Env::copy_out(at, static_cast<const u8 *>(from) + done, part);
		});
	}
	// The bytes that are left, up to @most: counting stops there.
	Result<usize> room(usize most)
	{
		usize total = 0;

		while (total < most) {
			if (!here_.size) {
				if (!more_)
					break;
				AMP_TRY(step());
			}
			total += here_.size;
			here_ = {};
		}
		return min(total, most);
	}

	// What was wrong, after BadChain.
	const Complaint &complaint() const { return complaint_; }

private:
	template <typename Copy> Result<void> walk(usize size, Copy copy)
	{
		usize done = 0;

		while (done < size) {
			if (!here_.size) {
				if (!more_)
					return complain("bytes in the buffer, expected at least", done, size);
				AMP_TRY(step());
				continue; // an empty descriptor is legal, if useless
			}
			const usize part = min(size - done, here_.size);
			copy(here_.va, done, part);
			here_.va += part;
			here_.size -= part;
			done += part;
		}
		return {};
	}

	Result<void> step()
	{
		if (!left_)
			return complain("descriptors in one chain, which loops; expected at most", u64(num_) + 1, num_);
		left_--;

		const auto &desc = table_[Env::confine(next_, num_)];
		const u64 addr = desc.addr.fetch().unchecked();
		const u32 len = desc.len.fetch().unchecked();
		const u16 flags = desc.flags.fetch().unchecked();
		const auto next = desc.next.fetch();

		if (flags & AMP_VRING_DESC_INDIRECT)
			return complain("descriptor flags, expected no INDIRECT, which was not negotiated", flags,
					AMP_VRING_DESC_NEXT | AMP_VRING_DESC_WRITE);
		if (bool(flags & AMP_VRING_DESC_WRITE) != (access_ == Access::Write))
			return complain("descriptor flags, expected the other direction", flags,
					access_ == Access::Write ? AMP_VRING_DESC_WRITE : 0);
		const auto window = regions_->translate(addr, len, Fault::BadChain);
		if (!window.ok())
			return complain("descriptor address, outside of every region with its length", addr, len);
		here_ = window.value();

		more_ = flags & AMP_VRING_DESC_NEXT;
		if (more_) {
			const auto bounded = next.below(u16(num_), Fault::BadChain);
			if (!bounded.ok())
				return complain("next descriptor, expected below", next.unchecked(), num_);
			next_ = bounded.value();
		}
		return {};
	}

	Fault complain(const char *what, u64 value, u64 limit)
	{
		complaint_ = {what, value, limit};
		return Fault::BadChain;
	}

	const typename Vring<Env>::Desc *table_;
	const Regions *regions_;
	Window here_;
	u32 num_;
	u32 left_;
	u16 next_;
	Access access_;
	bool more_ = true;
	Complaint complaint_;
};

} // namespace amp

#endif
