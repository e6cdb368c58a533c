// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "../doorbell/owned_fd.hpp"

namespace attack
{

/* A peer of the doorbell server. Rings the remote, peer 1, and hears what the remote rings at us. */
class Doorbells {
public:
	static constexpr unsigned kVectors = 5; // as the board gives each machine

	/* Throws std::system_error or std::runtime_error, saying what to do. */
	explicit Doorbells(const std::string &socket);

	unsigned vectors() const { return static_cast<unsigned>(theirs_.size()); }
	void ring(unsigned vector) const;
	/* Whether it rings @vector in time. */
	bool wait(unsigned vector, std::chrono::milliseconds patience) const;
	void forget() const;

private:
	void take_message(std::int64_t number, doorbell::OwnedFd fd);

	doorbell::OwnedFd socket_;
	std::int64_t us_ = -1;
	std::vector<doorbell::OwnedFd> ours_, theirs_;
};

} // namespace attack
