// SPDX-License-Identifier: GPL-2.0-only
#include "attack.hpp"

#include <thread>

namespace attack
{

Attack::Attack(const Options &options) : options_(options), board_(options.memory), bells_(options.doorbell)
{
	if (!options.beside.empty())
		beside_ = std::make_unique<Doorbells>(options.beside);
}

void Attack::come_back(MainEnd &main, Random &random)
{
	const auto start = Clock::now();

	try {
		main.come_back(random);
	} catch (const std::runtime_error &error) {
		throw std::runtime_error(std::string(error.what()) + ", in life " + std::to_string(lives_) +
					 " of seed " + std::to_string(options_.seed));
	}
	longest_ = std::max(longest_, Clock::now() - start);
	echoes_++;
	strays_ = main.strays();
}

void Attack::be_hostile(MainEnd &main, Random &random, const std::atomic<bool> &stop)
{
	const bool alone = random.one_in(2);
	Mutator one(board_, main, bells_, beside_.get(), Random(options_.seed, lives_, 1));
	Mutator other(board_, main, bells_, beside_.get(), Random(options_.seed, lives_, 2));
	std::jthread beside;

	if (!alone)
		beside = std::jthread([&] { other.run(stop, alone); });
	one.run(stop, alone);
	if (beside.joinable())
		beside.join();
	for (u32 kind = 0; kind < Mutator::kKinds; kind++)
		counts_[kind] += one.counts()[kind] + other.counts()[kind];
}

void Attack::run(const std::atomic<bool> &stop)
{
	const auto end = Clock::now() + std::chrono::seconds(options_.seconds);

	try {
		MainEnd main(board_, bells_, stop);

		for (; Clock::now() < end && !stop; lives_++) {
			Random random(options_.seed, lives_, 0);

			come_back(main, random);
			be_hostile(main, random, stop);
		}
		Random random(options_.seed, lives_, 0);

		come_back(main, random);
		main.leave();
	} catch (const Stopped &) {
	}
}

std::string Attack::told() const
{
	const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(longest_).count();

	return "seed=" + std::to_string(options_.seed) + " lives=" + std::to_string(lives_) + Mutator::told(counts_) +
	       " echoes=" + std::to_string(echoes_) + " strays=" + std::to_string(strays_) +
	       " longest_ms=" + std::to_string(longest);
}

} // namespace attack
