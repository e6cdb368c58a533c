// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_VRING_RING_END_HPP
#define AMP_VRING_RING_END_HPP

#include <amp/complaint.hpp>
#include <amp/result.hpp>

namespace amp
{

template <typename A, typename B>
concept Same = __is_same(A, B);

// Either end of a ring: buffers come by take(), go by give(), and the other end sees them after publish().
template <typename Ring>
concept RingEnd = requires(Ring ring, const Ring seen, u16 head, u32 written)
{
	{
		Ring::words(written)
		} -> Same<usize>;
	{
		ring.take()
		} -> Same<Result<u16>>;
	{
		ring.give(head, written)
		} -> Same<void>;
	{
		ring.publish()
		} -> Same<void>;
	{
		ring.kick_needed()
		} -> Same<bool>;
	{
		ring.listen()
		} -> Same<bool>;
	{
		ring.hush()
		} -> Same<void>;
	{
		seen.num()
		} -> Same<u32>;
	{
		seen.complaint()
		} -> Same<const Complaint &>;
};

// An end whose buffers can be written to, and one whose buffers can be read.
template <typename Ring>
concept TransmitEnd = RingEnd<Ring> && requires(const Ring seen, typename Ring::Cursor cursor, const void *from)
{
	{
		seen.writer(u16(0))
		} -> Same<typename Ring::Cursor>;
	{
		cursor.write(from, usize(0))
		} -> Same<Result<void>>;
	{
		cursor.complaint()
		} -> Same<const Complaint &>;
};
template <typename Ring>
concept ReceiveEnd = RingEnd<Ring> && requires(const Ring seen, typename Ring::Cursor cursor, void *to)
{
	{
		seen.reader(u16(0))
		} -> Same<typename Ring::Cursor>;
	{
		cursor.read(to, usize(0))
		} -> Same<Result<void>>;
	{
		cursor.complaint()
		} -> Same<const Complaint &>;
};

} // namespace amp

#endif
