// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_FRAME_HPP
#define AMP_RPMSG_FRAME_HPP

#include <amp/types.hpp>
#include <uapi/amp/rpmsg.h>

namespace amp
{

static_assert(sizeof(amp_rpmsg_header) == 16);

constexpr usize kRpmsgHeaderSize = sizeof(amp_rpmsg_header);

// Any buffer is at most this large: the length in the header has 16 bits.
constexpr usize kRpmsgBufferMax = kRpmsgHeaderSize + 0xffff;

// The header as it stands in a buffer: our copy of it, in the byte order of the wire.
template <typename Env> struct FrameHeader {
	amp_rpmsg_header raw;

	static FrameHeader make(u32 src, u32 dst, u16 len, u16 flags)
	{
		return {{Env::wire(src), Env::wire(dst), 0, Env::wire(len), Env::wire(flags)}};
	}
	u32 src() const { return Env::wire(raw.src); }
	u32 dst() const { return Env::wire(raw.dst); }
	u16 len() const { return Env::wire(raw.len); }
	u16 flags() const { return Env::wire(raw.flags); }
};

} // namespace amp

#endif
