// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "options.hpp"
#include "outbox.hpp"

namespace doorbell
{

/* The vectors of each peer, as whoever interrupts it has them. */
using Vectors = std::map<PeerId, std::vector<SharedFd>>;

/*
 * A way from ring to interrupt that loses some rings and holds others back, as bad hardware or a busy hypervisor does.
 * Each vector gets an entrance of ours, which the others ring instead.
 */
class Relay {
public:
	/* Throws std::system_error. */
	Relay(const Disturbance &disturbance, Vectors exits);

	const Vectors &entrances() const { return entrances_; }
	/* Somebody rang at the entrance of a vector. */
	void rung(PeerId id, unsigned vector);
	/* How long until a ring that was held back is due, in ms as epoll_wait() takes it; -1: there is none. */
	int wait() const;
	/* Lets those through whose time has come. */
	void release();
	/* What became of all rings, for people. */
	std::string account() const;

private:
	using Clock = std::chrono::steady_clock;

	struct Ring {
		PeerId id;
		unsigned vector;
	};

	void pass(const Ring &ring);

	Disturbance disturbance_;
	Vectors exits_;
	Vectors entrances_;
	std::mt19937_64 random_;
	std::multimap<Clock::time_point, Ring> held_;
	std::uint64_t passed_ = 0;
	std::uint64_t lost_ = 0;
	std::uint64_t late_ = 0;
};

} // namespace doorbell
