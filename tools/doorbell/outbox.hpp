// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "owned_fd.hpp"

namespace doorbell
{

using SharedFd = std::shared_ptr<const OwnedFd>;

/* What one client still has to be told: each message is a number, some carry a descriptor. */
class Outbox {
public:
	enum class State { Empty, Blocked, Broken };

	void add(std::int64_t value, SharedFd fd = nullptr) { messages_.push_back({value, std::move(fd)}); }
	State flush(int socket);

private:
	struct Message {
		std::int64_t value;
		SharedFd fd;
	};

	std::deque<Message> messages_;
	std::size_t sent_ = 0; // bytes of the first message
};

} // namespace doorbell
