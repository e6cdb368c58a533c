// SPDX-License-Identifier: GPL-2.0-only
#ifndef FUZZ_ARENA_HPP
#define FUZZ_ARENA_HPP

#include <cstring>
#include <memory>

#include <amp/env_host.hpp>
#include <amp/env_hostile.hpp>
#include <amp/region.h>
#include <amp/vring/layout.hpp>

#include "input.hpp"
#include "must.hpp"

namespace fuzz
{

using Env = HostileEnv<HostEnv>;

/*
 * The memory that both processors see: one ring, or a table, and the buffers. Whatever the code under test touches must
 * lie in it; before each touch the fuzzer may write anywhere into it, as another processor may. One operation may touch
 * it so often and no more, whatever stands there.
 */
class Arena {
public:
	static constexpr u64 kDa = 0x5000'0000; // where the buffers are for the peer
	static constexpr usize kBuffers = 2048;

	Arena(Input &input, usize shared) : input_(input), shared_(shared)
	{
		// Both are blocks of their own, so that ASan sees the end of each.
		memory_.reset(static_cast<u8 *>(std::aligned_alloc(64, (shared + 63) / 64 * 64)));
		buffers_.reset(static_cast<u8 *>(std::aligned_alloc(64, kBuffers)));
		std::memset(memory_.get(), 0, shared);
		std::memset(buffers_.get(), 0, kBuffers);
		Env::meddler = {before, this};
	}
	~Arena() { Env::meddler = {}; }
	Arena(const Arena &) = delete;
	Arena &operator=(const Arena &) = delete;

	// A ring of @num in it; a peer that describes it wrongly says another size, alignment or address.
	amp_vring_memory ring(u32 num, u32 align)
	{
		const u8 lie = input_.byte();
		amp_vring_memory said = {memory_.get(), shared_, num, align};

		if (lie == 0xff)
			said.num = input_.take<u32>();
		else if (lie == 0xfe)
			said.align = input_.take<u32>();
		else if (lie == 0xfd)
			said.size = input_.take<u16>() % (shared_ + 1);
		else if (lie == 0xfc)
			said.va = memory_.get() + input_.byte() % 16;
		return said;
	}
	u8 *memory() { return memory_.get(); }
	amp_region region() { return {kDa, buffers_.get(), kBuffers}; }

	// The next operation may touch the memory @most times.
	void expect(usize most)
	{
		touches_ = 0;
		most_ = most;
	}
	// The peer writes between two operations.
	void meddle()
	{
		static constexpr u64 kNasty[] = {0,
						 1,
						 2,
						 3,
						 0x7f,
						 0x80,
						 0xff,
						 0x7fff,
						 0x8000,
						 0xffff,
						 0x7fffffff,
						 0xffffffff,
						 kDa,
						 kDa + kBuffers - 1,
						 kDa + kBuffers,
						 ~0ull};
		const u8 how = input_.byte();
		const usize size = usize(1) << (how & 3);
		const bool ring = how & 4;
		const usize room = ring ? shared_ : kBuffers;
		u8 *const base = ring ? memory_.get() : buffers_.get();
		const u64 value = how & 8 ? input_.take<u64>() : kNasty[input_.byte() % 16];

		if (room < size)
			return;
		const usize at = input_.take<u16>() % (room - size + 1);
		std::memcpy(base + at / size * size, &value, size);
	}

private:
	struct Free {
		void operator()(u8 *memory) const { std::free(memory); }
	};

	static bool within(const void *at, usize size, const u8 *base, usize room)
	{
		const auto *const byte = static_cast<const u8 *>(at);
		return byte >= base && byte <= base + room && size <= usize(base + room - byte);
	}
	static void before(void *context, Touch touch, const void *at, usize size)
	{
		auto &arena = *static_cast<Arena *>(context);

		MUST(++arena.touches_ <= arena.most_);
		if (touch == Touch::Barrier)
			return;
		MUST(within(at, size, arena.memory_.get(), arena.shared_) ||
		     within(at, size, arena.buffers_.get(), kBuffers));
		if (!arena.input_.empty() && (arena.input_.byte() & 7) == 7)
			arena.meddle();
	}

	Input &input_;
	std::unique_ptr<u8, Free> memory_, buffers_;
	usize shared_;
	usize touches_ = 0;
	usize most_ = 0;
};

} // namespace fuzz

#endif
