// SPDX-License-Identifier: GPL-2.0-only
#include "doorbells.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace attack
{

using doorbell::OwnedFd;

namespace
{

constexpr std::int64_t kProtocolVersion = 0;
constexpr std::int64_t kRemote = 1; // its id on either server
constexpr int kPatience = 10; // seconds for a server that is there

OwnedFd connected(const std::string &path)
{
	sockaddr_un address = {};

	address.sun_family = AF_UNIX;
	if (path.size() >= sizeof(address.sun_path))
		throw std::runtime_error("the socket path " + path + " is too long");
	std::memcpy(address.sun_path, path.data(), path.size());
	OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	const timeval patience = {kPatience, 0};

	if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)))
		throw std::system_error(errno, std::generic_category(),
					"no doorbell server at " + path + ": start it first");
	setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

std::pair<std::int64_t, OwnedFd> receive(int socket)
{
	std::int64_t number = 0;
	iovec data = {&number, sizeof(number)};
	alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
	msghdr message = {};

	message.msg_iov = &data;
	message.msg_iovlen = 1;
	message.msg_control = control;
	message.msg_controllen = sizeof(control);
	if (recvmsg(socket, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof(number))
		throw std::runtime_error("the doorbell server hung up, or does not tell of " +
					 std::to_string(Doorbells::kVectors) + " doorbells of each peer");
	for (cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head))
		if (head->cmsg_type == SCM_RIGHTS) {
			int fd;

			std::memcpy(&fd, CMSG_DATA(head), sizeof(fd));
			return {number, OwnedFd(fd)};
		}
	return {number, OwnedFd()};
}

} // namespace

Doorbells::Doorbells(const std::string &path) : socket_(connected(path))
{
	if (receive(socket_.get()).first != kProtocolVersion)
		throw std::runtime_error(path + " does not speak version 0 of the doorbell protocol");
	us_ = receive(socket_.get()).first;
	if (us_ == kRemote)
		throw std::runtime_error(path + " is the remote's own place: connect to another");
	// Our own come last.
	while (ours_.size() < kVectors) {
		auto [number, fd] = receive(socket_.get());

		take_message(number, std::move(fd));
	}
	if (theirs_.size() != kVectors)
		throw std::runtime_error(path + " knows no remote with " + std::to_string(kVectors) + " doorbells");
}

void Doorbells::take_message(std::int64_t number, OwnedFd fd)
{
	if (!fd)
		return;
	if (number == us_)
		ours_.push_back(std::move(fd));
	else if (number == kRemote)
		theirs_.push_back(std::move(fd));
}

void Doorbells::ring(unsigned vector) const
{
	const std::uint64_t one = 1;

	// Full after 2^64 rings that nobody noticed: then it is rung already.
	[[maybe_unused]] const auto written = write(theirs_.at(vector).get(), &one, sizeof(one));
}

bool Doorbells::wait(unsigned vector, std::chrono::milliseconds patience) const
{
	pollfd one = {ours_.at(vector).get(), POLLIN, 0};
	std::uint64_t count;

	if (poll(&one, 1, static_cast<int>(patience.count())) != 1)
		return false;
	return read(one.fd, &count, sizeof(count)) == sizeof(count);
}

void Doorbells::forget() const
{
	for (unsigned vector = 0; vector < ours_.size(); ++vector)
		wait(vector, std::chrono::milliseconds(0));
}

} // namespace attack
