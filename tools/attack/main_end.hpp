// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include "board.hpp"
#include "doorbells.hpp"
#include "random.hpp"

namespace attack
{

using Clock = std::chrono::steady_clock;

/* Somebody wants us to end. */
struct Stopped {};

/*
 * The main's end of vdev 0, played honestly: reset, fresh rings, DRIVER_OK, the remote's announcement, an echo. What the
 * remote does wrong in an honest life is thrown as std::runtime_error.
 */
class MainEnd {
public:
	static constexpr u32 kEcho = 0x400; // the remote's service, of qemu-remote-attacked.dtso
	static constexpr u32 kUs = 0x500;

	MainEnd(const Board &board, const Doorbells &bells, const std::atomic<bool> &stop);

	/* From whatever state to an echo that came back. */
	void come_back(Random &random);
	/* As it was before us, the vdev reset. */
	void leave();
	/* Fresh rings and DRIVER_OK, whether the remote has let go of the old ones or not. */
	void set_up(u32 features);
	/* Offers a message. Any context: it trusts no word of the ring. */
	void post(u32 source, u32 destination, const void *payload, u16 length);
	void status(u8 value) const { board_.entry().status.put_release(value); }

	u64 strays() const { return strays_; }

private:
	struct Words {
		u32 dfeatures;
		u8 status;
		rsc::VringWords vring[2];
	};

	void reset();
	void put_back() const;
	template <typename Condition> void until(Condition condition, unsigned vector, const char *what);
	bool receive(u32 source, u32 destination, const void *payload, usize length);

	const Board &board_;
	const Doorbells &bells_;
	const std::atomic<bool> &stop_;
	Vring<HostEnv> to_main_, from_main_;
	Words found_ = {};
	Clock::time_point deadline_;
	u16 seen_ = 0;
	u64 strays_ = 0;
};

} // namespace attack
