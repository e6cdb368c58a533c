// SPDX-License-Identifier: GPL-2.0-only
#include "outbox.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace doorbell
{

Outbox::State Outbox::flush(int socket)
{
	while (!messages_.empty()) {
		const Message &message = messages_.front();
		const auto *bytes = reinterpret_cast<const char *>(&message.value);
		iovec part = {const_cast<char *>(bytes) + sent_, sizeof(message.value) - sent_};
		alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
		msghdr header = {};

		header.msg_iov = &part;
		header.msg_iovlen = 1;
		// The descriptor travels with the first byte, once.
		if (message.fd && sent_ == 0) {
			const int fd = message.fd->get();

			header.msg_control = control;
			header.msg_controllen = sizeof(control);
			cmsghdr *rights = CMSG_FIRSTHDR(&header);
			rights->cmsg_level = SOL_SOCKET;
			rights->cmsg_type = SCM_RIGHTS;
			rights->cmsg_len = CMSG_LEN(sizeof(fd));
			std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
		}
		const ssize_t done = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno == EAGAIN ? State::Blocked : State::Broken;
		sent_ += static_cast<std::size_t>(done);
		if (sent_ == sizeof(message.value)) {
			messages_.pop_front();
			sent_ = 0;
		}
	}
	return State::Empty;
}

} // namespace doorbell
