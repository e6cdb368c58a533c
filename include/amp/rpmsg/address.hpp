// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_ADDRESS_HPP
#define AMP_RPMSG_ADDRESS_HPP

#include <amp/types.hpp>
#include <uapi/amp/rpmsg.h>

namespace amp
{

// An address that a message can go to: ANY stands for "not known yet".
constexpr bool is_known_address(u32 addr)
{
	return addr != AMP_RPMSG_ADDR_ANY;
}

// An address at which a service can be announced.
constexpr bool is_service_address(u32 addr)
{
	return is_known_address(addr) && addr != AMP_RPMSG_ADDR_NS;
}

} // namespace amp

#endif
