// SPDX-License-Identifier: GPL-2.0-only
// A name-service message of any length and content: refused, or it says the same when it is made again.
#include <cstring>
#include <vector>

#include <amp/env_host.hpp>
#include <amp/rpmsg/address.hpp>
#include <amp/rpmsg/name_service.hpp>

#include "input.hpp"
#include "must.hpp"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	const std::vector<u8> payload(data, data + size);
	Complaint complaint;
	const auto parsed = Announcement<HostEnv>::parse(payload.data(), size, complaint);

	if (!parsed.ok()) {
		MUST(parsed.fault() == Fault::BadChain && complaint.what);
		return 0;
	}
	const auto announcement = parsed.value();
	const usize length = strnlen(announcement.name, sizeof(announcement.name));

	MUST(length > 0 && length < sizeof(announcement.name));
	MUST(is_service_address(announcement.addr));
	const auto raw = Announcement<HostEnv>::make(announcement.name, announcement.addr, announcement.destroy);
	const auto again = Announcement<HostEnv>::parse(&raw, sizeof(raw), complaint);
	MUST(again.ok() && again.value().addr == announcement.addr && again.value().destroy == announcement.destroy);
	MUST(!std::strcmp(again.value().name, announcement.name));
	return 0;
}
