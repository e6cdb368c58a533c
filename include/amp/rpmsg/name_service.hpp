// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_NAME_SERVICE_HPP
#define AMP_RPMSG_NAME_SERVICE_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>
#include <amp/rpmsg/address.hpp>
#include <uapi/amp/rpmsg.h>

namespace amp
{

static_assert(sizeof(amp_rpmsg_ns_message) == 40);

/*
 * One announcement of the name service: a service of the sender's came or went. Parsed from our own copy of a message.
 */
template <typename Env> struct Announcement {
	char name[AMP_RPMSG_NAME_SIZE];
	u32 addr;
	bool destroy;

	static Result<Announcement> parse(const void *payload, usize size, Complaint &complaint)
	{
		amp_rpmsg_ns_message raw;
		Announcement made{};

		if (size != sizeof(raw)) {
			complaint = {"length of a name-service message, expected", size, sizeof(raw)};
			return Fault::BadChain;
		}
		__builtin_memcpy(&raw, payload, sizeof(raw));
		usize end = 0;
		while (end < AMP_RPMSG_NAME_SIZE && raw.name[end])
			end++;
		if (end == 0 || end == AMP_RPMSG_NAME_SIZE) {
			complaint = {"length of an announced name, expected 1 to", end, AMP_RPMSG_NAME_SIZE - 1};
			return Fault::BadChain;
		}
		// It goes to logs and to sysfs as it is: no lines or terminal sequences of the peer's there.
		for (usize i = 0; i < end; i++) {
			if (raw.name[i] < ' ' || raw.name[i] > '~') {
				complaint = {"character of an announced name, expected printable ones up to",
					     static_cast<u8>(raw.name[i]), '~'};
				return Fault::BadChain;
			}
		}
		__builtin_memcpy(made.name, raw.name, end);
		const u32 flags = Env::wire(raw.flags);
		if (flags > AMP_RPMSG_NS_DESTROY) {
			complaint = {"flags of a name-service message, expected at most", flags, AMP_RPMSG_NS_DESTROY};
			return Fault::BadChain;
		}
		made.destroy = flags == AMP_RPMSG_NS_DESTROY;
		made.addr = Env::wire(raw.addr);
		if (!is_service_address(made.addr)) {
			complaint = {"announced address, expected neither ANY nor that of the name service", made.addr,
				     AMP_RPMSG_ADDR_NS};
			return Fault::BadChain;
		}
		return made;
	}

	// As it goes on the wire. @name has to end within AMP_RPMSG_NAME_SIZE; what is longer is cut.
	static amp_rpmsg_ns_message make(const char *name, u32 addr, bool destroy)
	{
		amp_rpmsg_ns_message raw{};

		for (usize i = 0; i + 1 < AMP_RPMSG_NAME_SIZE && name[i]; i++)
			raw.name[i] = name[i];
		raw.addr = Env::wire(addr);
		raw.flags = Env::wire(destroy ? u32(AMP_RPMSG_NS_DESTROY) : u32(AMP_RPMSG_NS_CREATE));
		return raw;
	}
};

} // namespace amp

#endif
