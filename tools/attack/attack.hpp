// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>

#include "mutator.hpp"
#include "options.hpp"

namespace attack
{

/* One life of vdev 0 after the other. */
class Attack {
public:
	/* Throws where board or doorbells are not there. */
	explicit Attack(const Options &options);

	/* Until time is up or @stop. Throws std::runtime_error, saying in which life, where the remote did not come back. */
	void run(const std::atomic<bool> &stop);
	/* What was done so far, in one line. */
	std::string told() const;

private:
	void come_back(MainEnd &main, Random &random);
	void be_hostile(MainEnd &main, Random &random, const std::atomic<bool> &stop);

	const Options options_;
	Board board_;
	Doorbells bells_;
	std::unique_ptr<Doorbells> beside_;
	u64 lives_ = 0, echoes_ = 0, strays_ = 0;
	Clock::duration longest_ = {};
	Mutator::Counts counts_ = {};
};

} // namespace attack
