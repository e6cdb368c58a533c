// SPDX-License-Identifier: GPL-2.0-only
// Runs in a machine of the board: takes commands from the harness over a virtio-serial port, any number at a time.
//
// Both ways go frames: type u8, three bytes of zero, job u32, length u32, then so many bytes (little-endian).
//   to us:    'r' run a shell command as job, 'i' bytes for its stdin (none: end of file), 'k' kill it
//   from us:  'h' hello (once after boot), 'o' output of a job, 'x' its exit status (u32, as a shell says it)
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace
{

struct Frame {
	std::uint8_t type;
	std::uint8_t zero[3];
	std::uint32_t job;
	std::uint32_t length;
};
static_assert(sizeof(Frame) == 12);

constexpr std::uint32_t kMost = 1 << 20;

class Port {
public:
	/* The kernel makes the node when it has talked to QEMU: soon, but not before we are here. */
	explicit Port(const char *path)
	{
		for (int tries = 0; tries < 500 && fd_ < 0; ++tries) {
			fd_ = open(path, O_RDWR | O_CLOEXEC);
			if (fd_ < 0)
				usleep(10000);
		}
	}

	int fd() const { return fd_; }

	bool read_all(void *to, std::size_t length) const
	{
		auto *bytes = static_cast<char *>(to);

		while (length) {
			const ssize_t got = read(fd_, bytes, length);

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				return false;
			bytes += got;
			length -= static_cast<std::size_t>(got);
		}
		return true;
	}

	void send(char type, std::uint32_t job, const void *data, std::size_t length) const
	{
		const Frame frame = {static_cast<std::uint8_t>(type), {}, job, static_cast<std::uint32_t>(length)};

		// One write each: the port is a stream, and only this process writes.
		write_all(&frame, sizeof(frame));
		write_all(data, length);
	}

private:
	void write_all(const void *from, std::size_t length) const
	{
		const auto *bytes = static_cast<const char *>(from);

		while (length) {
			const ssize_t put = write(fd_, bytes, length);

			if (put < 0 && errno == EINTR)
				continue;
			if (put <= 0)
				return;
			bytes += put;
			length -= static_cast<std::size_t>(put);
		}
	}

	int fd_ = -1;
};

struct Job {
	pid_t pid;
	int out;
	int in;
};

class Agent {
public:
	explicit Agent(const Port &port) : port_(port) {}

	void serve()
	{
		port_.send('h', 0, nullptr, 0);
		for (;;) {
			std::vector<pollfd> watched = {{port_.fd(), POLLIN, 0}};
			std::vector<std::uint32_t> order;

			for (const auto &[number, job] : jobs_) {
				watched.push_back({job.out, POLLIN, 0});
				order.push_back(number);
			}
			if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
				return;
			for (std::size_t i = 0; i < order.size(); ++i)
				if (watched[i + 1].revents)
					forward(order[i]);
			if (watched[0].revents & POLLIN && !command())
				return;
			reap_orphans();
		}
	}

private:
	bool command()
	{
		Frame frame;
		std::string body;

		if (!port_.read_all(&frame, sizeof(frame)) || frame.length > kMost)
			return false;
		body.resize(frame.length);
		if (!port_.read_all(body.data(), body.size()))
			return false;
		const auto found = jobs_.find(frame.job);

		if (frame.type == 'r' && found == jobs_.end())
			run(frame.job, body);
		else if (frame.type == 'k' && found != jobs_.end())
			kill(-found->second.pid, SIGKILL);
		else if (frame.type == 'i' && found != jobs_.end())
			feed(found->second, body);
		return true;
	}

	void run(std::uint32_t number, const std::string &text)
	{
		int out[2], in[2];

		if (pipe2(out, O_CLOEXEC) || pipe2(in, O_CLOEXEC))
			return exited(number, 126);
		const pid_t pid = fork();

		if (pid == 0) {
			setpgid(0, 0);
			dup2(in[0], STDIN_FILENO);
			dup2(out[1], STDOUT_FILENO);
			dup2(out[1], STDERR_FILENO);
			execl("/bin/sh", "sh", "-c", text.c_str(), nullptr);
			_exit(127);
		}
		setpgid(pid, pid); // whichever of the two is first: a kill may come before the child has run at all
		close(out[1]);
		close(in[0]);
		if (pid < 0) {
			close(out[0]);
			close(in[1]);
			return exited(number, 126);
		}
		jobs_[number] = {pid, out[0], in[1]};
	}

	void feed(Job &job, const std::string &bytes)
	{
		if (bytes.empty() && job.in >= 0) {
			close(job.in);
			job.in = -1;
		}
		for (std::size_t done = 0; done < bytes.size();) {
			const ssize_t put = write(job.in, bytes.data() + done, bytes.size() - done);

			if (put <= 0)
				return;
			done += static_cast<std::size_t>(put);
		}
	}

	/* Output, or its end: then the job has ended too, or will at once. */
	void forward(std::uint32_t number)
	{
		char bytes[4096];
		Job &job = jobs_.at(number);
		const ssize_t got = read(job.out, bytes, sizeof(bytes));

		if (got > 0)
			return port_.send('o', number, bytes, static_cast<std::size_t>(got));
		if (got < 0 && errno == EINTR)
			return;
		int status = 0;

		close(job.out);
		if (job.in >= 0)
			close(job.in);
		while (waitpid(job.pid, &status, 0) < 0 && errno == EINTR)
			;
		jobs_.erase(number);
		exited(number,
		       static_cast<std::uint32_t>(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)));
	}

	void exited(std::uint32_t number, std::uint32_t status) { port_.send('x', number, &status, sizeof(status)); }

	/* We are the first process: whoever lost its parent is ours. Jobs are waited for by their pid. */
	void reap_orphans()
	{
		siginfo_t info = {};

		while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid) {
			for (const auto &[number, job] : jobs_)
				if (job.pid == info.si_pid)
					return;
			waitpid(info.si_pid, nullptr, 0);
			info = {};
		}
	}

	const Port &port_;
	std::map<std::uint32_t, Job> jobs_;
};

} // namespace

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	const Port port(argc > 1 ? argv[1] : "/dev/vport0p1");

	if (port.fd() < 0) {
		std::perror("agent: port");
		return 1;
	}
	Agent(port).serve();
	return 1;
}
