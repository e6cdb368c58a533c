// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <fcntl.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace guest
{

constexpr std::size_t kMtu = 512 - 16; // mainline's buffers less the rpmsg header

using Clock = std::chrono::steady_clock;

[[noreturn]] inline void fail(const std::string &what)
{
	std::printf("%s\n", what.c_str());
	std::exit(1);
}

[[noreturn]] inline void fail_errno(const std::string &what)
{
	fail(what + ": " + std::strerror(errno));
}

/*
 * The character device of the channel or endpoint @name, made by rpmsg_char a moment after its channel. Where several
 * buses have one of that name, @name is the device itself.
 */
inline std::string device_of(const std::string &name, std::chrono::seconds patience = std::chrono::seconds(20))
{
	const auto end = Clock::now() + patience;

	if (name.starts_with("/dev/"))
		return name;
	do {
		std::error_code none;

		for (const auto &entry : std::filesystem::directory_iterator("/sys/class/rpmsg", none)) {
			std::string found;

			std::ifstream(entry.path() / "name") >> found;
			const std::string device = "/dev/" + entry.path().filename().string();

			if (found == name && !access(device.c_str(), R_OK))
				return device;
		}
		usleep(5000);
	} while (Clock::now() < end);
	fail("no /dev/rpmsg* of \"" + name + "\" appeared");
}

/* Asks mainline's rpmsg_ctrl for a channel @name at address @source, towards whoever speaks to it first. */
inline void create_channel(const std::string &control, const std::string &name, unsigned source)
{
	rpmsg_endpoint_info info = {};
	const int fd = open(control.c_str(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail_errno(control);
	std::strncpy(info.name, name.c_str(), sizeof(info.name) - 1);
	info.src = source;
	info.dst = RPMSG_ADDR_ANY;
	if (ioctl(fd, RPMSG_CREATE_DEV_IOCTL, &info))
		fail_errno("RPMSG_CREATE_DEV_IOCTL " + name);
	close(fd);
}

class Endpoint {
public:
	explicit Endpoint(const std::string &device) : fd_(open(device.c_str(), O_RDWR | O_CLOEXEC))
	{
		if (fd_ < 0)
			fail_errno(device);
	}
	~Endpoint() { close(fd_); }
	Endpoint(const Endpoint &) = delete;
	Endpoint &operator=(const Endpoint &) = delete;

	int fd() const { return fd_; }

	bool wait(short events, int milliseconds) const
	{
		pollfd one = {fd_, events, 0};

		return poll(&one, 1, milliseconds) == 1;
	}

	/* Length of the next message; 0 when the link is gone. */
	std::size_t receive(void *to, std::size_t most) const
	{
		for (;;) {
			const ssize_t got = read(fd_, to, most);

			if (got > 0)
				return static_cast<std::size_t>(got);
			if (got < 0 && errno == EINTR)
				continue;
			return 0;
		}
	}

	bool send(const void *from, std::size_t length) const
	{
		return write(fd_, from, length) == static_cast<ssize_t>(length);
	}

private:
	int fd_;
};

} // namespace guest
