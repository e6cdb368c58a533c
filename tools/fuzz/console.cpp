// SPDX-License-Identifier: GPL-2.0-only
// The device end of a console with one port, whose main writes at any moment: four rings, control messages, an echo.
#include <memory>

#include "../../drivers/samples/rvdev_console_ports.hpp"
#include "arena.hpp"
#include "peer.hpp"

using namespace fuzz;

namespace
{

using Ports = ConsolePorts<Env>;

constexpr u32 kRings = 4;
constexpr u32 kAlign = 4;

// What the driver of a console says: a control message, one descriptor long.
void say(Input &input, Arena &arena, Vring<HostEnv> &ring, u32 num)
{
	const amp_virtio_console_control message = {input.byte() % 4u, u16(input.byte() % 9), u16(input.byte() & 1)};
	const u16 idx = ring.avail->idx.fetch().unchecked();
	const u16 head = u16(idx & (num - 1));
	const u32 at = head * u32(sizeof(message));

	std::memcpy(static_cast<u8 *>(arena.region().va) + at, &message, sizeof(message));
	ring.desc[head].put(Arena::kDa + at, sizeof(message), 0);
	ring.avail_ring[head].put(head);
	ring.avail->idx.put(u16(idx + 1));
}

void work(Ports &ports, Arena &arena, u32 num, u32 &bad)
{
	amp_console_news news;

	// However the main goes on: so many buffers of each ring, each no longer than a ring of whole pools.
	arena.expect(kRings * Ports::kBudget * (2 * num + 32 + num * (Arena::kBuffers / 8)));
	ports.work(news);
	MUST(!news.err || news.complaint.complaint.what);
	MUST(!(news.kick >> kRings));
	MUST(news.bad >= bad);
	MUST((news.bad > bad) == (news.err != 0));
	bad = news.bad;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, usize size)
{
	Input input(data, size);
	const u32 num = 1u << input.byte() % 5;
	const usize stride = (VringLayout::of(num, kAlign).size + 15) & ~usize(15);
	Arena arena(input, kRings * stride);
	const amp_region region = arena.region();
	amp_rvdev_rings rings = {};
	amp_rvdev_complaint complaint;
	Vring<HostEnv> peers[kRings];
	const std::unique_ptr<Ports> ports(new Ports);
	u32 bad = 0;

	for (u32 i = 0; i < kRings; i++) {
		Complaint ignored;

		rings.memory[i] = {arena.memory() + i * stride, stride, num, kAlign};
		(void)peers[i].map(rings.memory[i], ignored);
	}
	rings.count = kRings;
	rings.regions = &region;
	rings.num_regions = 1;
	rings.features = 1u << AMP_VIRTIO_CONSOLE_F_MULTIPORT | u64(input.byte() & 1) << AMP_VIRTIO_RING_F_EVENT_IDX;
	for (u32 writes = input.byte() % 8; writes; writes--)
		arena.meddle();
	arena.expect(4 * kRings);
	if (!ports->start(rings, complaint).ok()) {
		MUST(complaint.vring < kRings && complaint.complaint.what);
		return 0;
	}
	while (!input.empty())
		switch (input.byte() % 8) {
		case 0:
		case 1:
		case 2:
			work(*ports, arena, num, bad);
			break;
		case 3:
			arena.expect(2 * kRings);
			(void)ports->intact();
			break;
		case 4:
			arena.meddle();
			break;
		case 5:
			say(input, arena, peers[3], num);
			break;
		case 6:
		case 7: {
			const u32 ring = input.byte() % kRings;

			Peer(arena, input, num, peers[ring]).offer(!(ring & 1), false);
			break;
		}
		}
	return 0;
}
