// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_COMPLAINT_HPP
#define AMP_COMPLAINT_HPP

#include <amp/complaint.h>
#include <amp/types.hpp>

namespace amp
{

/*
 * What exactly was wrong with a value of the peer's: enough for one message that a person can act on. The cores keep
 * the last one; the shims print it at a limited rate.
 */
struct Complaint {
	const char *what = nullptr; // static text: which word, and what it has to be
	u64 value = 0; // what stood there
	u64 limit = 0; // the bound that it broke

	constexpr amp_complaint for_c() const { return {what ? what : "", value, limit}; }
};

} // namespace amp

#endif
