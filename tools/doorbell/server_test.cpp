// SPDX-License-Identifier: GPL-2.0-only
// Clients against the real server: server_test SERVER
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "owned_fd.hpp"

namespace
{

using doorbell::OwnedFd;

constexpr int kPatience = 5000; // ms
const char *server_path;
std::string directory;

void expect(bool truth, const std::string &what)
{
	if (!truth)
		throw std::runtime_error(what);
}

bool readable(int fd, int patience = kPatience)
{
	pollfd one = {fd, POLLIN, 0};

	return poll(&one, 1, patience) == 1;
}

class Process {
public:
	Process(std::vector<std::string> arguments)
	{
		std::vector<char *> argv = {const_cast<char *>(server_path)};
		int ends[2];
		posix_spawn_file_actions_t actions;

		for (auto &argument : arguments)
			argv.push_back(argument.data());
		argv.push_back(nullptr);
		expect(!pipe2(ends, O_CLOEXEC), "pipe2");
		out_ = OwnedFd(ends[0]);
		OwnedFd theirs(ends[1]);
		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
		expect(!posix_spawn(&pid_, server_path, &actions, nullptr, argv.data(), environ), "posix_spawn");
		posix_spawn_file_actions_destroy(&actions);
	}
	~Process()
	{
		if (pid_ > 0)
			finish(SIGKILL);
	}

	void wait_ready()
	{
		char text[6] = {};

		expect(readable(out_.get()) && read(out_.get(), text, 6) == 6 && !std::memcmp(text, "ready\n", 6),
		       "the server does not get ready");
	}
	/* Its exit status; that of a kill where it does not end by itself. */
	int finish(int signal)
	{
		int status = 0;
		char text[64];

		if (signal)
			kill(pid_, signal);
		while (readable(out_.get()) && read(out_.get(), text, sizeof(text)) > 0)
			;
		if (!waitpid(pid_, &status, WNOHANG)) {
			// Its output has ended, or time is up.
			usleep(100000);
			kill(pid_, SIGKILL);
			expect(waitpid(pid_, &status, 0) == pid_, "waitpid");
		}
		pid_ = -1;
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	}

private:
	pid_t pid_ = -1;
	OwnedFd out_;
};

class Client {
public:
	explicit Client(const std::string &path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
	{
		sockaddr_un address = {};

		address.sun_family = AF_UNIX;
		std::strcpy(address.sun_path, path.c_str());
		expect(!connect(socket_.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)),
		       "cannot connect to " + path);
	}

	struct Message {
		std::int64_t value;
		OwnedFd fd;
	};

	bool silent() const { return !readable(socket_.get(), 100); }
	bool closed() const
	{
		char byte;

		return readable(socket_.get()) && recv(socket_.get(), &byte, 1, MSG_PEEK) <= 0;
	}
	void hang_up() { socket_ = OwnedFd(); }
	void say(const char *text) { expect(send(socket_.get(), text, std::strlen(text), 0) > 0, "send"); }

	Message next()
	{
		Message message = {};
		iovec part = {&message.value, sizeof(message.value)};
		alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
		msghdr header = {};

		header.msg_iov = &part;
		header.msg_iovlen = 1;
		header.msg_control = control;
		header.msg_controllen = sizeof(control);
		expect(readable(socket_.get()), "the server is silent");
		expect(recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC | MSG_WAITALL) == 8, "short message");
		if (const cmsghdr *rights = CMSG_FIRSTHDR(&header)) {
			int fd;

			std::memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
			message.fd = OwnedFd(fd);
		}
		return message;
	}

	/* Reads the greeting and the vectors of @peers (ourselves among them). */
	void greet(std::int64_t id, const std::vector<std::int64_t> &peers, unsigned vectors)
	{
		expect(next().value == 0, "protocol version is not 0");
		const auto ours = next();
		expect(ours.value == id, "id is " + std::to_string(ours.value) + ", not " + std::to_string(id));
		auto memory = next();
		expect(memory.value == -1 && memory.fd, "no memory in the greeting");
		memory_ = std::move(memory.fd);
		for (const auto peer : peers)
			learn(peer, vectors);
	}

	void learn(std::int64_t peer, unsigned vectors)
	{
		vectors_[peer].clear();
		for (unsigned vector = 0; vector < vectors; ++vector) {
			auto message = next();

			expect(message.value == peer && message.fd,
			       "vector " + std::to_string(vector) + " of peer " + std::to_string(peer) + " is missing");
			vectors_[peer].push_back(std::move(message.fd));
		}
	}

	void ring(std::int64_t peer, unsigned vector)
	{
		const std::uint64_t one = 1;

		expect(write(vectors_.at(peer).at(vector).get(), &one, 8) == 8, "cannot ring");
	}
	bool rung(std::int64_t id, unsigned vector, int patience = kPatience)
	{
		const int fd = vectors_.at(id).at(vector).get();
		std::uint64_t count = 0;

		return readable(fd, patience) && read(fd, &count, 8) == 8 && count == 1;
	}
	int memory() const { return memory_.get(); }

private:
	OwnedFd socket_;
	OwnedFd memory_;
	std::map<std::int64_t, std::vector<OwnedFd>> vectors_;
};

std::string path_of(unsigned id)
{
	return directory + "/" + std::to_string(id);
}

std::vector<std::string> sockets(unsigned peers)
{
	std::vector<std::string> arguments;

	for (unsigned id = 0; id < peers; ++id) {
		arguments.push_back("--peer");
		arguments.push_back(std::to_string(id) + "=" + path_of(id));
	}
	return arguments;
}

void every_vector_rings_its_peer_only()
{
	auto arguments = sockets(2);
	arguments.insert(arguments.end(), {"--vectors", "33"});
	Process server(arguments);
	server.wait_ready();
	Client first(path_of(0)), second(path_of(1));

	first.greet(0, {1, 0}, 33);
	second.greet(1, {0, 1}, 33);
	for (unsigned vector = 0; vector < 33; ++vector) {
		first.ring(1, vector);
		expect(second.rung(1, vector), "vector " + std::to_string(vector) + " did not arrive");
		expect(!first.rung(0, vector, 0), "it came back");
		second.ring(0, vector);
		expect(first.rung(0, vector), "vector " + std::to_string(vector) + " did not arrive at 0");
	}
}

void the_id_belongs_to_the_socket()
{
	Process server(sockets(3));
	server.wait_ready();
	Client last(path_of(2));

	last.greet(2, {0, 1, 2}, 4);
	for (int time = 0; time < 20; ++time) {
		Client one(path_of(1));

		one.greet(1, {0, 2, 1}, 4);
		last.ring(1, 3);
		expect(one.rung(1, 3), "no interrupt at start " + std::to_string(time));
		one.ring(2, 0);
		expect(last.rung(2, 0), "no interrupt from start " + std::to_string(time));
		one.hang_up();
	}
	expect(last.silent(), "a client was told of others that came and went");
}

void rings_at_nobody_are_forgotten()
{
	Process server(sockets(2));
	server.wait_ready();
	Client one(path_of(1));

	one.greet(1, {0, 1}, 4);
	one.ring(0, 2);
	Client late(path_of(0));
	late.greet(0, {1, 0}, 4);
	expect(!late.rung(0, 2, 0), "it hears of what was before it");
	one.ring(0, 2);
	expect(late.rung(0, 2), "it hears nothing at all");
}

void a_second_one_is_refused()
{
	Process server(sockets(2));
	server.wait_ready();
	Client one(path_of(1));

	one.greet(1, {0, 1}, 4);
	Client thief(path_of(1));
	expect(thief.closed(), "two clients have one id");
	one.ring(1, 0);
	expect(one.rung(1, 0) && one.silent(), "the first one noticed");
}

void who_talks_is_dropped()
{
	Process server(sockets(2));
	server.wait_ready();
	Client one(path_of(0)), two(path_of(1));

	one.greet(0, {1, 0}, 4);
	two.greet(1, {0, 1}, 4);
	two.say("hello");
	expect(two.closed(), "the talker is still connected");
	expect(one.silent(), "the other one noticed");
}

void who_does_not_read_delays_nobody()
{
	auto arguments = sockets(2);
	arguments.insert(arguments.end(), {"--vectors", "400"});
	Process server(arguments);
	server.wait_ready();
	Client deaf(path_of(0)); // its greeting is longer than a socket holds

	for (int time = 0; time < 3; ++time) {
		Client one(path_of(1));

		one.greet(1, {0, 1}, 400);
	}
	deaf.greet(0, {1, 0}, 400);
}

void memory_is_one_and_the_same()
{
	const std::string file = directory + "/memory";
	auto arguments = sockets(2);
	arguments.insert(arguments.end(), {"--memory-file", file, "--memory-size", "8192"});
	Process server(arguments);
	server.wait_ready();
	Client one(path_of(0)), two(path_of(1));
	char seen[4] = {};
	struct stat status = {};

	one.greet(0, {1, 0}, 4);
	two.greet(1, {0, 1}, 4);
	expect(!fstat(one.memory(), &status) && status.st_size == 8192, "memory has the wrong size");
	expect(pwrite(one.memory(), "amp", 4, 4096) == 4 && pread(two.memory(), seen, 4, 4096) == 4 &&
		       !std::strcmp(seen, "amp"),
	       "the clients do not see one memory");
	unlink(file.c_str());
}

void it_ends_clean_and_starts_over_a_stale_socket()
{
	Process killed(sockets(1));
	killed.wait_ready();
	killed.finish(SIGKILL);
	expect(!access(path_of(0).c_str(), F_OK), "test: the socket should be stale");

	Process server(sockets(1));
	server.wait_ready();
	expect(Process(sockets(1)).finish(0) == 1, "two servers listen on one socket");
	expect(!access(path_of(0).c_str(), F_OK), "the second one took the socket away");
	expect(server.finish(SIGTERM) == 0, "SIGTERM is no clean end");
	expect(access(path_of(0).c_str(), F_OK), "the socket was left behind");
}

void rings_get_lost_by_chance()
{
	auto arguments = sockets(2);
	arguments.insert(arguments.end(), {"--lose", "50"});
	Process server(arguments);
	server.wait_ready();
	Client one(path_of(0)), two(path_of(1));
	int arrived = 0;

	one.greet(0, {1, 0}, 4);
	two.greet(1, {0, 1}, 4);
	for (int ring = 0; ring < 20; ++ring) {
		one.ring(1, 2);
		arrived += two.rung(1, 2, 100);
	}
	expect(arrived > 0 && arrived < 20, std::to_string(arrived) + " of 20 rings arrived");
}

void rings_are_held_back()
{
	using Clock = std::chrono::steady_clock;
	auto arguments = sockets(2);
	arguments.insert(arguments.end(), {"--delay", "1000", "--vectors", "8"});
	Process server(arguments);
	server.wait_ready();
	Client one(path_of(0)), two(path_of(1));

	one.greet(0, {1, 0}, 8);
	two.greet(1, {0, 1}, 8);
	const auto start = Clock::now();
	for (unsigned vector = 0; vector < 8; ++vector)
		one.ring(1, vector);
	for (unsigned vector = 0; vector < 8; ++vector)
		expect(two.rung(1, vector), "vector " + std::to_string(vector) + " was lost");
	expect(Clock::now() - start > std::chrono::milliseconds(200), "nothing was held back");
}

void bad_options_are_named()
{
	const std::vector<std::vector<std::string>> bad = {
		{},
		{"--peer"},
		{"--peer", "x=" + path_of(0)},
		{"--peer", "65536=" + path_of(0)},
		{"--peer", "0="},
		{"--peer", "0=" + std::string(200, 'a')},
		{"--peer", "0=" + path_of(0), "--peer", "0=" + path_of(1)},
		{"--peer", "0=" + path_of(0), "--vectors", "0"},
		{"--peer", "0=" + path_of(0), "--memory-size", "4097"},
		{"--peer", "0=" + path_of(0), "--lose", "101"},
		{"--peer", "0=" + path_of(0), "--delay", "soon"},
		{"--wrong", "1"},
	};

	for (const auto &arguments : bad)
		expect(Process(arguments).finish(0) == 2,
		       "accepted: " + (arguments.empty() ? "nothing" : arguments.back()));
	expect(Process({"--help"}).finish(0) == 0, "--help");
}

const struct {
	const char *name;
	void (*run)();
} kTests[] = {
	{"every vector rings its peer only", every_vector_rings_its_peer_only},
	{"the id belongs to the socket", the_id_belongs_to_the_socket},
	{"rings at nobody are forgotten", rings_at_nobody_are_forgotten},
	{"a second client of one id is refused", a_second_one_is_refused},
	{"who talks is dropped", who_talks_is_dropped},
	{"who does not read delays nobody", who_does_not_read_delays_nobody},
	{"memory is one and the same", memory_is_one_and_the_same},
	{"it ends clean and starts over a stale socket", it_ends_clean_and_starts_over_a_stale_socket},
	{"rings get lost by chance", rings_get_lost_by_chance},
	{"rings are held back", rings_are_held_back},
	{"bad options are named", bad_options_are_named},
};

} // namespace

int main(int argc, char **argv)
{
	char name[] = "/tmp/doorbell-test-XXXXXX";
	int failed = 0;
	int number = 0;

	if (argc != 2 || !mkdtemp(name)) {
		std::fprintf(stderr, "usage: server_test SERVER\n");
		return 2;
	}
	server_path = argv[1];
	directory = name;
	std::printf("TAP version 13\n1..%zu\n", std::size(kTests));
	for (const auto &test : kTests) {
		try {
			test.run();
			std::printf("ok %d doorbell server: %s\n", ++number, test.name);
		} catch (const std::exception &error) {
			std::printf("not ok %d doorbell server: %s\n# %s\n", ++number, test.name, error.what());
			++failed;
		}
		std::fflush(stdout);
	}
	for (unsigned id = 0; id < 3; ++id)
		unlink(path_of(id).c_str());
	rmdir(name);
	return failed ? 1 : 0;
}
