// SPDX-License-Identifier: GPL-2.0-only
#include "relay.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace doorbell
{

Relay::Relay(const Disturbance &disturbance, Vectors exits)
	: disturbance_(disturbance), exits_(std::move(exits)), random_(disturbance.seed)
{
	for (const auto &[id, vectors] : exits_)
		for (std::size_t vector = 0; vector < vectors.size(); ++vector) {
			const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

			if (fd < 0)
				throw std::system_error(errno, std::generic_category(),
							"a second eventfd for each vector (see ulimit -n)");
			entrances_[id].push_back(std::make_shared<OwnedFd>(fd));
		}
}

void Relay::rung(PeerId id, unsigned vector)
{
	std::uint64_t count;

	if (read(entrances_.at(id).at(vector)->get(), &count, sizeof(count)) != sizeof(count))
		return;
	if (random_() % 100 < disturbance_.lose_percent) {
		++lost_;
		return;
	}
	const auto delay = std::chrono::milliseconds(random_() % (disturbance_.delay_ms + 1));

	if (delay.count() == 0) {
		pass({id, vector});
		return;
	}
	++late_;
	held_.emplace(Clock::now() + delay, Ring{id, vector});
}

int Relay::wait() const
{
	if (held_.empty())
		return -1;
	const auto left = std::chrono::ceil<std::chrono::milliseconds>(held_.begin()->first - Clock::now());

	return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

void Relay::release()
{
	const auto now = Clock::now();

	while (!held_.empty() && held_.begin()->first <= now) {
		pass(held_.begin()->second);
		held_.erase(held_.begin());
	}
}

void Relay::pass(const Ring &ring)
{
	const std::uint64_t one = 1;

	// A full counter has an interrupt pending already.
	if (write(exits_.at(ring.id).at(ring.vector)->get(), &one, sizeof(one)) == sizeof(one))
		++passed_;
}

std::string Relay::account() const
{
	return std::to_string(passed_) + " rings passed on, " + std::to_string(late_) + " of all held back, " +
	       std::to_string(lost_) + " lost";
}

} // namespace doorbell
