// SPDX-License-Identifier: GPL-2.0-only
/* The main end of the tests: the driver's side of both rings, and a hand on every word of them. */
#include <amp/env_kernel.hpp>
#include <amp/rpmsg/link.hpp>
#include <amp/vring/driver_ring.hpp>

#define _Bool bool
#include "rpmsg_remote_kunit_main.h"

using namespace amp;

using Env = KernelEnv;
using MainLink = Link<Env, DriverTxRing<Env>, DriverRxRing<Env>>;

struct amp_main : MainLink {
	Vring<Env> vring[2];
	u32 num;
	u16 seen; /* elements of vring 0's used ring */
};

namespace
{

constexpr int kEagain = 11;
constexpr int kEinval = 22;
constexpr int kEproto = 71;
constexpr int kEbadmsg = 74;

int to_errno(Fault fault)
{
	switch (fault) {
	case Fault::None:
		return 0;
	case Fault::Again:
		return -kEagain;
	case Fault::BadChain:
		return -kEbadmsg;
	case Fault::BadRing:
		return -kEproto;
	default:
		return -kEinval;
	}
}

/* Calls @use with the cell that @word names. */
template <typename Use> u64 with_cell(Vring<Env> &ring, amp_main_word word, u32 index, Use use)
{
	switch (word) {
	case AMP_MAIN_AVAIL_IDX:
		return use(ring.avail->idx);
	case AMP_MAIN_AVAIL_FLAGS:
		return use(ring.avail->flags);
	case AMP_MAIN_AVAIL_RING:
		return use(ring.avail_ring[index]);
	case AMP_MAIN_DESC_ADDR:
		return use(ring.desc[index].addr);
	case AMP_MAIN_DESC_LEN:
		return use(ring.desc[index].len);
	case AMP_MAIN_DESC_FLAGS:
		return use(ring.desc[index].flags);
	case AMP_MAIN_DESC_NEXT:
		return use(ring.desc[index].next);
	case AMP_MAIN_USED_IDX:
		return use(ring.used->idx);
	case AMP_MAIN_USED_FLAGS:
		return use(ring.used->flags);
	case AMP_MAIN_USED_LEN:
		return use(ring.used_ring[index].len);
	}
	return 0;
}

} // namespace

amp_size amp_main_size()
{
	return sizeof(amp_main);
}

amp_size amp_main_words(amp_u32 num)
{
	return max(DriverTxRing<Env>::words(num), DriverRxRing<Env>::words(num));
}

void amp_main_init(void *storage)
{
	new (storage) amp_main;
}

int amp_main_make(amp_main *main, const amp_main_plan *plan)
{
	const auto make = [&](auto &ring, int i) {
		const amp_main_ring &from = plan->ring[i];
		Complaint unused;

		if (!main->vring[i].map(from.memory, unused).ok())
			return false;
		return ring.start(from.memory, {from.buffers, from.buffer_size}, plan->event_idx, from.words).ok();
	};

	main->num = plan->ring[0].memory.num;
	main->seen = 0;
	return make(main->from_peer.ring(), 0) && make(main->to_peer.ring(), 1) ? 0 : -kEinval;
}

int amp_main_send(amp_main *main, const amp_frame *frame, const void *payload, amp_size size)
{
	const auto head = main->to_peer.reserve();

	if (!head.ok())
		return to_errno(head.fault());
	auto buffer = main->to_peer.ring().writer(head.value());
	const auto header = FrameHeader<Env>::make(frame->src, frame->dst, frame->len, frame->flags);
	if (!buffer.write(&header.raw, kRpmsgHeaderSize).ok() || !buffer.write(payload, size).ok()) {
		main->to_peer.submit(head.value(), 0);
		return -kEinval;
	}
	return main->to_peer.submit(head.value(), u32(kRpmsgHeaderSize + size));
}

int amp_main_receive(amp_main *main, amp_frame *frame, void *payload, amp_size room, amp_u32 *used_len)
{
	const u32 len = u32(amp_main_peek(main, 0, AMP_MAIN_USED_LEN, main->seen & (main->num - 1)));
	const auto received = main->from_peer.receive(*frame, payload, room);

	if (received.ok() || received.fault() == Fault::BadChain) {
		main->seen++;
		*used_len = len;
	}
	return to_errno(received.fault());
}

bool amp_main_publish(amp_main *main)
{
	return main->from_peer.publish();
}

bool amp_main_listen(amp_main *main, int vring)
{
	return vring ? main->to_peer.ring().listen() : main->from_peer.ring().listen();
}

void amp_main_poke(amp_main *main, int vring, amp_main_word word, amp_u32 index, amp_u64 value)
{
	with_cell(main->vring[vring], word, index, [&](auto &cell) {
		cell.put(value);
		return u64(0);
	});
	Env::full_barrier();
}

amp_u64 amp_main_peek(amp_main *main, int vring, amp_main_word word, amp_u32 index)
{
	return with_cell(main->vring[vring], word, index, [](auto &cell) { return u64(cell.fetch().unchecked()); });
}
