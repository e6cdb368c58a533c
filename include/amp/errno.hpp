// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_ERRNO_HPP
#define AMP_ERRNO_HPP

#include <amp/result.hpp>

namespace amp
{

// Linux's numbers, the same on every architecture that these drivers run on (uapi/asm-generic/errno*.h).
constexpr int kEagain = 11;
constexpr int kEinval = 22;
constexpr int kEproto = 71;
constexpr int kEbadmsg = 74;

// A fault as it crosses a C ABI.
constexpr int to_errno(Fault fault)
{
	switch (fault) {
	case Fault::None:
		return 0;
	case Fault::Again:
		return -kEagain;
	case Fault::BadChain:
		return -kEbadmsg;
	case Fault::BadRing:
	case Fault::BadTable:
		return -kEproto;
	case Fault::Invalid:
		break;
	}
	return -kEinval;
}

} // namespace amp

#endif
