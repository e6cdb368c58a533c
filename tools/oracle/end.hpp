// SPDX-License-Identifier: GPL-2.0-only
#ifndef ORACLE_END_HPP
#define ORACLE_END_HPP

#include <memory>
#include <stdexcept>

#include <amp/vring/layout.hpp>

#include "message.hpp"

enum class Direction { ToDevice, FromDevice };

// One ring and the memory of its buffers, as both ends see it.
struct Shape {
	amp_vring_memory ring;
	amp_region buffers; // kMost bytes for each descriptor
	Direction direction;
	bool event_idx;
};

// What an end may not do, or a wrong used length: the seed above it says how to see it again.
struct Wrong : std::runtime_error {
	using std::runtime_error::runtime_error;
};

/*
 * Either end of a ring, whoever wrote it. One end puts messages and the other gets them; both work until there is
 * nothing to do, then ask for a notification, look once more, and sleep.
 */
class End {
public:
	virtual ~End() = default;
	// Hands a message over, once publish() is called. False: no buffer just now.
	virtual bool put(const Message &message) = 0;
	// The next message. False: none just now.
	virtual bool get(Message &message) = 0;
	// Shows what was done to the other end. True: it wants to be notified.
	virtual bool publish() = 0;
	// Asks for a notification. True: there is something to do already.
	virtual bool listen() = 0;
	virtual void hush() = 0;
};

std::unique_ptr<End> make_kernel_driver(const Shape &shape, unsigned seed);
std::unique_ptr<End> make_kernel_device(const Shape &shape);
std::unique_ptr<End> make_our_driver(const Shape &shape);
std::unique_ptr<End> make_our_device(const Shape &shape);

#endif
