// SPDX-License-Identifier: GPL-2.0-only
#include "server.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace doorbell
{

namespace
{

constexpr std::int64_t kProtocolVersion = 0;
constexpr std::int64_t kMemoryFollows = -1;

// An epoll key is a kind above a peer id; at the relay with a vector between them.
constexpr std::uint64_t kSignal = std::uint64_t{1} << 32;
constexpr std::uint64_t kListener = std::uint64_t{2} << 32;
constexpr std::uint64_t kClient = std::uint64_t{3} << 32;
constexpr std::uint64_t kRelay = std::uint64_t{4} << 32;
constexpr unsigned kVectorShift = 16;
constexpr std::uint64_t kKinds = ~std::uint64_t{0xffffffff};

OwnedFd checked(int fd, const std::string &what)
{
	if (fd < 0)
		throw std::system_error(errno, std::generic_category(), what);
	return OwnedFd(fd);
}

SharedFd open_memory(const Options &options)
{
	if (options.memory_file.empty()) {
		auto fd = checked(memfd_create("doorbell-memory", MFD_CLOEXEC), "memfd_create");

		if (ftruncate(fd.get(), static_cast<off_t>(options.memory_size)))
			throw std::system_error(errno, std::generic_category(), "memory of the doorbell");
		return std::make_shared<OwnedFd>(std::move(fd));
	}
	auto fd = checked(open(options.memory_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600),
			  "cannot open " + options.memory_file);
	struct stat now = {};

	if (fstat(fd.get(), &now))
		throw std::system_error(errno, std::generic_category(), options.memory_file);
	if (now.st_size == 0 && ftruncate(fd.get(), static_cast<off_t>(options.memory_size)))
		throw std::system_error(errno, std::generic_category(), "cannot size " + options.memory_file);
	if (now.st_size & (now.st_size - 1))
		throw std::runtime_error(options.memory_file + " has " + std::to_string(now.st_size) +
					 " bytes, which is not a power of two: truncate it or name another");
	return std::make_shared<OwnedFd>(std::move(fd));
}

/* Seen without waiting for epoll to say so. */
bool hung_up(int socket)
{
	char byte;

	return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* What was rung while nobody was there is not for the one that comes. */
void forget_rings(const OwnedFd &vector)
{
	std::uint64_t count;

	while (read(vector.get(), &count, sizeof(count)) > 0)
		;
}

sockaddr_un address_of(const std::string &path)
{
	sockaddr_un address = {};

	address.sun_family = AF_UNIX;
	std::memcpy(address.sun_path, path.data(), path.size());
	return address;
}

} // namespace

Server::Server(const Options &options)
	: memory_(open_memory(options)), epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, nullptr);
	signals_ = checked(signalfd(-1, &ends, SFD_CLOEXEC), "signalfd");
	watch(signals_.get(), EPOLLIN, kSignal);
	for (const auto &[id, path] : options.sockets)
		for (unsigned vector = 0; vector < options.vectors; ++vector)
			vectors_[id].push_back(std::make_shared<OwnedFd>(
				checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
					"an eventfd for each vector of each peer (see ulimit -n)")));
	if (options.disturbance)
		watch_relay(options.disturbance);
	try {
		for (const auto &[id, path] : options.sockets)
			listen_on(id, path);
	} catch (...) {
		for (const auto &[id, path] : paths_)
			unlink(path.c_str());
		throw;
	}
}

Server::~Server()
{
	for (const auto &[id, path] : paths_)
		unlink(path.c_str());
}

void Server::watch(int fd, unsigned events, std::uint64_t key, bool known)
{
	epoll_event event = {};

	event.events = events;
	event.data.u64 = key;
	if (epoll_ctl(epoll_.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Server::watch_relay(const Disturbance &disturbance)
{
	relay_.emplace(disturbance, vectors_);
	for (const auto &[id, vectors] : relay_->entrances())
		for (unsigned vector = 0; vector < vectors.size(); ++vector)
			watch(vectors[vector]->get(), EPOLLIN, kRelay | vector << kVectorShift | id);
}

void Server::listen_on(PeerId id, const std::string &path)
{
	const sockaddr_un address = address_of(path);
	const auto *generic = reinterpret_cast<const sockaddr *>(&address);
	auto socket = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");

	if (bind(socket.get(), generic, sizeof(address))) {
		if (errno != EADDRINUSE)
			throw std::system_error(errno, std::generic_category(), "cannot listen on " + path);
		// Left by a server that was killed? Then nobody answers, and the name is ours.
		auto probe = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

		if (!connect(probe.get(), generic, sizeof(address)) || errno != ECONNREFUSED)
			throw std::runtime_error(path + " is in use: stop the other server or name another socket");
		unlink(path.c_str());
		if (bind(socket.get(), generic, sizeof(address)))
			throw std::system_error(errno, std::generic_category(), "cannot listen on " + path);
	}
	paths_.emplace(id, path);
	if (listen(socket.get(), 4))
		throw std::system_error(errno, std::generic_category(), "cannot listen on " + path);
	watch(socket.get(), EPOLLIN, kListener | id);
	listeners_.emplace(id, std::move(socket));
}

void Server::join(PeerId id)
{
	OwnedFd socket(accept4(listeners_.at(id).get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));

	if (!socket)
		return; // gone again before we looked
	if (const auto old = clients_.find(id); old != clients_.end()) {
		// A machine that was killed and restarted may be here before its own end is.
		if (!hung_up(old->second.socket.get())) {
			std::fprintf(stderr, "doorbell-server: peer %u is connected already: refused a second one\n",
				     id);
			return;
		}
		leave(id, "hung up");
	}
	for (const SharedFd &vector : vectors_.at(id))
		forget_rings(*vector);

	Client client;

	client.socket = std::move(socket);
	client.outbox.add(kProtocolVersion);
	client.outbox.add(id);
	client.outbox.add(kMemoryFollows, memory_);
	for (const auto &[other, vectors] : relay_ ? relay_->entrances() : vectors_)
		if (other != id)
			for (const SharedFd &vector : vectors)
				client.outbox.add(other, vector);
	for (const SharedFd &vector : vectors_.at(id))
		client.outbox.add(id, vector);

	watch(client.socket.get(), EPOLLIN | EPOLLRDHUP, kClient | id);
	clients_.emplace(id, std::move(client));
	std::fprintf(stderr, "doorbell-server: peer %u joined\n", id);
	flush(id);
}

void Server::leave(PeerId id, const char *why)
{
	clients_.erase(id);
	std::fprintf(stderr, "doorbell-server: peer %u left (%s)\n", id, why);
}

void Server::flush(PeerId id)
{
	Client &client = clients_.at(id);
	const auto state = client.outbox.flush(client.socket.get());
	unsigned events = EPOLLIN | EPOLLRDHUP;

	if (state == Outbox::State::Broken)
		return leave(id, "does not take our messages");
	if (state == Outbox::State::Blocked)
		events |= EPOLLOUT;
	watch(client.socket.get(), events, kClient | id, true);
}

void Server::serve(PeerId id)
{
	char byte;
	const ssize_t got = recv(clients_.at(id).socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (got > 0)
		return leave(id, "sent us data, which is not ivshmem");
	if (got == 0 || errno != EAGAIN)
		return leave(id, "hung up");
	flush(id);
}

void Server::run()
{
	for (;;) {
		epoll_event event = {};
		const int ready = epoll_wait(epoll_.get(), &event, 1, relay_ ? relay_->wait() : -1);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			throw std::system_error(errno, std::generic_category(), "epoll_wait");
		if (relay_)
			relay_->release();
		if (!ready)
			continue;
		const auto id = static_cast<PeerId>(event.data.u64);

		switch (event.data.u64 & kKinds) {
		case kSignal:
			if (relay_)
				std::fprintf(stderr, "doorbell-server: %s\n", relay_->account().c_str());
			return;
		case kRelay:
			relay_->rung(id, static_cast<unsigned>(event.data.u64 & ~kKinds) >> kVectorShift);
			break;
		case kListener:
			join(id);
			break;
		default:
			serve(id);
		}
	}
}

} // namespace doorbell
