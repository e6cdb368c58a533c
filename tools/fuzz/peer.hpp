// SPDX-License-Identifier: GPL-2.0-only
#ifndef FUZZ_PEER_HPP
#define FUZZ_PEER_HPP

#include <cstring>

#include <amp/vring/layout.hpp>
#include <uapi/amp/rpmsg.h>

#include "arena.hpp"

namespace fuzz
{

/*
 * What an honest peer would do between two operations, as far as chance lets it: without it few inputs get past the
 * first check. It writes the memory directly, not through the watched Env.
 */
class Peer {
public:
	Peer(Arena &arena, Input &input, u32 num, u32 align) : arena_(arena), input_(input), num_(num)
	{
		Complaint ignored;
		const usize size = VringLayout::of(num, align).size;
		(void)ring_.map({arena.memory(), size, num, align}, ignored);
	}
	// On one of several rings.
	Peer(Arena &arena, Input &input, u32 num, const Vring<HostEnv> &ring)
		: arena_(arena), input_(input), num_(num), ring_(ring)
	{
	}

	// As a driver: a chain of one to four descriptors, offered.
	void offer(bool writable, bool frame)
	{
		const u16 head = u16(input_.byte() % num_);
		const u32 parts = 1 + input_.byte() % min(num_, 4u);
		const u32 at = input_.byte() * 8u % (Arena::kBuffers - 512);
		const u32 part = frame ? 256 / parts : input_.byte() % 128;

		for (u32 i = 0; i < parts; i++) {
			const u16 more = i + 1 < parts ? AMP_VRING_DESC_NEXT : 0;
			auto &desc = ring_.desc[(head + i) % num_];

			desc.put(Arena::kDa + at + u64(i) * part, part,
				 u16(more | (writable ? AMP_VRING_DESC_WRITE : 0)));
			desc.next.put(u16((head + i + 1) % num_));
		}
		if (frame) {
			const amp_rpmsg_header header = {1, 2, 0, u16(input_.byte()), 0};
			std::memcpy(static_cast<u8 *>(arena_.region().va) + at, &header, sizeof(header));
		}
		const u16 idx = ring_.avail->idx.fetch().unchecked();
		ring_.avail_ring[idx & (num_ - 1)].put(head);
		ring_.avail->idx.put(u16(idx + 1));
	}
	// As a device: what the driver offered next comes back, with any length.
	void give_back()
	{
		const u16 idx = ring_.used->idx.fetch().unchecked();
		auto &element = ring_.used_ring[idx & (num_ - 1)];

		element.id.put(ring_.avail_ring[idx & (num_ - 1)].fetch().unchecked());
		element.len.put(input_.byte());
		ring_.used->idx.put(u16(idx + 1));
	}

private:
	Arena &arena_;
	Input &input_;
	u32 num_;
	Vring<HostEnv> ring_;
};

} // namespace fuzz

#endif
