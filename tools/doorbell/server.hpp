// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "options.hpp"
#include "outbox.hpp"
#include "owned_fd.hpp"
#include "relay.hpp"

namespace doorbell
{

/*
 * Tells every client the descriptors by which the others are interrupted. It takes no part in
 * an interrupt itself, which goes from QEMU to QEMU through an eventfd; but where the options
 * want interrupts disturbed, each passes through a Relay.
 *
 * The eventfds belong to the id as its socket does, and outlive its clients: every client hears
 * of all ids when it joins, and of nothing after that. The protocol would have it told of each
 * leave and join, but QEMU (7.2 and later) frees a peer's eventfds when it leaves and writes to
 * them when it joins again.
 */
class Server {
public:
	/* Throws std::system_error or std::runtime_error, saying what to do. */
	explicit Server(const Options &options);
	~Server();
	Server(const Server &) = delete;
	Server &operator=(const Server &) = delete;

	/* Serves until SIGTERM or SIGINT. */
	void run();

private:
	struct Client {
		OwnedFd socket;
		Outbox outbox;
	};

	void listen_on(PeerId id, const std::string &path);
	void join(PeerId id);
	void leave(PeerId id, const char *why);
	void serve(PeerId id);
	void flush(PeerId id);
	void watch_relay(const Disturbance &disturbance);
	void watch(int fd, unsigned events, std::uint64_t key, bool known = false);

	SharedFd memory_;
	Vectors vectors_;
	std::optional<Relay> relay_; // where interrupts are to be disturbed
	OwnedFd epoll_;
	OwnedFd signals_;
	std::map<PeerId, OwnedFd> listeners_;
	std::map<PeerId, std::string> paths_; // those that we made, to remove
	std::map<PeerId, Client> clients_;
};

} // namespace doorbell
