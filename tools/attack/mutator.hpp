// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <string>

#include "main_end.hpp"

namespace attack
{

/*
 * One thread of the hostile part of a life: a number of steps, each an honest one or a word that is written where chance
 * wants it. Values are wild, or next to the ones that are right, since those get further.
 */
class Mutator {
public:
	enum Kind { Honest, Ring, Descriptor, Buffer, Announcement, Status, Setup, Config, Remade, Rung, kKinds };
	using Counts = std::array<u64, kKinds>;

	Mutator(const Board &board, MainEnd &main, const Doorbells &bells, const Doorbells *beside, Random random)
		: board_(board), main_(main), bells_(bells), beside_(beside), random_(random)
	{
		for (u32 i = 0; i < 2; i++)
			ring_[i] = board.vring(i);
	}

	/* @alone: no other thread makes rings anew meanwhile. */
	void run(const std::atomic<bool> &stop, bool alone);
	const Counts &counts() const { return counts_; }

	static std::string told(const Counts &counts);

private:
	Kind choose(u32 mood, bool alone);
	void step(Kind kind);
	void pause();
	void honest();
	void ring();
	void descriptor();
	void buffer();
	void announcement();
	void status();
	void setup();
	void config();
	void rung();
	u16 index_near(u16 value);
	u64 address();
	u32 length();

	const Board &board_;
	MainEnd &main_;
	const Doorbells &bells_;
	const Doorbells *beside_;
	Random random_;
	Vring<HostEnv> ring_[2];
	Counts counts_ = {};
};

} // namespace attack
