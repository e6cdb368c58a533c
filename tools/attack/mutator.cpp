// SPDX-License-Identifier: GPL-2.0-only
#include "mutator.hpp"

#include <unistd.h>

#include <cstring>

#include <uapi/amp/resource_table.h>

namespace attack
{

namespace
{

constexpr u32 kStepsMax = 1500; // of one life

struct Weight {
	Mutator::Kind kind;
	u32 weight;
};

/*
 * What a life is bent on. In one where everything is broken at once the remote sees little more than the first thing, so
 * most leave something whole.
 */
constexpr Weight kMoods[][Mutator::kKinds] = {
	{{Mutator::Honest, 30}, {Mutator::Buffer, 30}, {Mutator::Announcement, 3}, {Mutator::Rung, 10}},
	{{Mutator::Honest, 30}, {Mutator::Descriptor, 30}, {Mutator::Buffer, 10}, {Mutator::Rung, 10}},
	{{Mutator::Honest, 30}, {Mutator::Ring, 5}, {Mutator::Remade, 2}, {Mutator::Rung, 10}},
	{{Mutator::Honest, 30}, {Mutator::Status, 3}, {Mutator::Setup, 3}, {Mutator::Config, 5}, {Mutator::Rung, 10}},
	{{Mutator::Honest, 20},
	 {Mutator::Ring, 10},
	 {Mutator::Descriptor, 10},
	 {Mutator::Buffer, 10},
	 {Mutator::Announcement, 2},
	 {Mutator::Status, 4},
	 {Mutator::Setup, 4},
	 {Mutator::Config, 2},
	 {Mutator::Remade, 2},
	 {Mutator::Rung, 10}},
};

} // namespace

std::string Mutator::told(const Counts &counts)
{
	static constexpr const char *kNames[] = {"honest", "ring",   "descriptor", "buffer", "announcement",
						 "status", "set_up", "config",	   "remade", "rung"};
	std::string text;

	static_assert(std::size(kNames) == kKinds);
	for (u32 kind = 0; kind < kKinds; kind++)
		text += " " + std::string(kNames[kind]) + "=" + std::to_string(counts[kind]);
	return text;
}

void Mutator::run(const std::atomic<bool> &stop, bool alone)
{
	const u32 mood = random_.below(std::size(kMoods));
	const u32 steps = 1 + random_.below(kStepsMax);

	for (u32 i = 0; i < steps && !stop; i++) {
		const Kind kind = choose(mood, alone);

		step(kind);
		counts_[kind]++;
		pause();
	}
}

Mutator::Kind Mutator::choose(u32 mood, bool alone)
{
	u32 all = 0;

	for (const auto &weight : kMoods[mood])
		all += weight.weight;
	u32 at = random_.below(all);

	for (const auto &weight : kMoods[mood]) {
		if (at < weight.weight)
			return weight.kind == Remade && !alone ? Honest : weight.kind;
		at -= weight.weight;
	}
	return Honest;
}

void Mutator::step(Kind kind)
{
	switch (kind) {
	case Honest:
		return honest();
	case Ring:
		return ring();
	case Descriptor:
		return descriptor();
	case Buffer:
		return buffer();
	case Announcement:
		return announcement();
	case Status:
		return status();
	case Setup:
		return setup();
	case Config:
		return config();
	case Remade:
		return main_.set_up(u32(random_.word()) &
				    (1u << AMP_VIRTIO_RPMSG_F_NS | 1u << AMP_VIRTIO_RING_F_EVENT_IDX));
	default:
		return rung();
	}
}

/* The remote gets to run between two steps, or does not. */
void Mutator::pause()
{
	const u32 chance = random_.below(10);

	if (chance == 0)
		usleep(random_.below(2000));
	else if (chance < 5)
		usleep(random_.below(200));
}

/* A message to the echo service, or what came is taken note of and its buffer offered again. */
void Mutator::honest()
{
	u8 payload[496];

	if (random_.one_in(2)) {
		const u16 length = u16(random_.below(sizeof(payload) + 1));

		std::memset(payload, int(random_.below(256)), length);
		main_.post(MainEnd::kUs, MainEnd::kEcho, payload, length);
		return;
	}
	auto &to_main = ring_[0];
	const u16 used = to_main.used->idx.fetch_acquire().unchecked(), idx = to_main.avail->idx.fetch().unchecked();
	const u16 back = u16(used + Board::kNum - idx);

	if (back > Board::kNum)
		return;
	for (u16 i = 0; i < back; i++) {
		const u16 at = u16(idx + i) % Board::kNum;

		to_main.avail_ring[at].put(u16(to_main.used_ring[at].id.fetch().unchecked()));
	}
	to_main.used_event->put(used);
	to_main.avail->idx.put_release(u16(idx + back));
	bells_.ring(0);
}

u16 Mutator::index_near(u16 value)
{
	const u16 step = u16(1 + random_.below(3));

	return random_.one_of<u16>({u16(value + step), u16(value - step), u16(value + Board::kNum), u16(value ^ 0x8000),
				    0, Board::kNum - 1, Board::kNum, 0xffff, u16(random_.word())});
}

/* Any word of either ring: those of the remote as well. */
void Mutator::ring()
{
	auto &ring = ring_[random_.below(2)];
	const u32 slot = random_.below(Board::kNum);
	const u16 head = u16(random_.one_in(4) ? random_.word() : random_.below(Board::kNum));
	auto nudge = [&](auto &cell) { cell.put(index_near(cell.fetch().unchecked())); };

	switch (random_.below(9)) {
	case 0:
		return nudge(ring.avail->idx);
	case 1:
		return nudge(ring.used->idx);
	case 2:
		return ring.avail->flags.put(u16(random_.below(4)));
	case 3:
		return ring.used->flags.put(u16(random_.below(4)));
	case 4:
		return nudge(*ring.used_event);
	case 5:
		return nudge(*ring.avail_event);
	case 6:
		ring.used_ring[slot].id.put(u32(random_.word()));
		return ring.used_ring[slot].len.put(length());
	case 7: {
		// Where the remote looks next.
		const u16 next = ring.used->idx.fetch().unchecked();

		return ring.avail_ring[(next + random_.below(4)) % Board::kNum].put(head);
	}
	default:
		return ring.avail_ring[slot].put(head);
	}
}

/* Ours, next to ours, the other vdev's, or anywhere. */
u64 Mutator::address()
{
	const u64 base = Board::kBase;
	const u64 ends[] = {base + Board::kPool,
			    base + Board::kPool + Board::kPoolSize,
			    base + Board::kVring[0],
			    base + Board::kVring[1],
			    base + Board::kOthers,
			    base + Board::kOthersVring[0],
			    base + Board::kOthersVring[1],
			    base,
			    0x48000000, // the remote's own RAM
			    ~u64(0)};

	if (random_.one_in(8))
		return random_.word();
	if (random_.one_in(2))
		return base + Board::kPool + random_.below(Board::kPoolSize);
	return ends[random_.below(std::size(ends))] + random_.below(1024) - 512;
}

u32 Mutator::length()
{
	if (random_.one_in(2))
		return random_.below(1024);
	return random_.one_of<u32>({0, 1, 15, 16, 17, 511, 512, 513, 0xffff, 0x10000, u32(Board::kPoolSize), 0x7fffffff,
				    0xfffffff0, 0xffffffff, u32(random_.word())});
}

/* A field of a descriptor, or a chain of several that is offered. */
void Mutator::descriptor()
{
	const u32 way = random_.below(2);
	auto &ring = ring_[way];
	const u16 idx = ring.avail->idx.fetch().unchecked();
	const u16 head = u16(random_.one_in(2) ? idx % Board::kNum : random_.below(Board::kNum));
	auto &desc = ring.desc[head];

	switch (random_.below(6)) {
	case 0:
		return desc.addr.put(address());
	case 1:
		return desc.len.put(length());
	case 2:
		return desc.flags.put(u16(random_.one_in(4) ? random_.word() : random_.below(8)));
	case 3:
		return desc.next.put(u16(random_.one_in(4) ? random_.word() : random_.below(Board::kNum)));
	default:
		break;
	}
	const u32 parts = 1 + random_.below(6);

	for (u32 i = 0; i < parts; i++) {
		auto &part = ring.desc[(head + i) % Board::kNum];

		part.put(random_.one_in(4) ? address()
					   : Board::kBase + Board::kPool + random_.below(Board::kPoolSize - 512),
			 random_.one_in(4) ? length() : random_.below(512),
			 u16((i + 1 < parts ? AMP_VRING_DESC_NEXT : 0) | (way == 0 ? AMP_VRING_DESC_WRITE : 0)));
		part.next.put(random_.one_in(8) ? head : u16((head + i + 1) % Board::kNum));
	}
	ring.avail_ring[idx % Board::kNum].put(head);
	ring.avail->idx.put_release(u16(idx + 1));
	bells_.ring(way);
}

/* Of a message that the remote may be reading. */
void Mutator::buffer()
{
	const u32 slot = random_.one_in(2) ? u32(ring_[1].avail->idx.fetch().unchecked() - 1u) % Board::kNum
					   : random_.below(2 * Board::kNum);
	u8 *at = board_.at(Board::kPool +
			   (random_.one_in(2) ? Board::kNum + slot % Board::kNum : slot) * AMP_RPMSG_BUFFER_SIZE);
	auto *header = reinterpret_cast<amp_rpmsg_header *>(at);

	switch (random_.below(5)) {
	case 0:
		return HostEnv::store(&header->len, u16(random_.one_in(2) ? random_.word() : length()));
	case 1:
		return HostEnv::store(&header->dst,
				      random_.one_of<u32>({MainEnd::kEcho, AMP_RPMSG_ADDR_NS, AMP_RPMSG_ADDR_ANY, 0,
							   1024, u32(random_.word())}));
	case 2:
		return HostEnv::store(&header->src,
				      random_.one_of<u32>({MainEnd::kUs, MainEnd::kEcho, AMP_RPMSG_ADDR_NS,
							   AMP_RPMSG_ADDR_ANY, u32(random_.word())}));
	case 3:
		return HostEnv::store(&header->flags, u16(random_.word()));
	default:
		return HostEnv::store(reinterpret_cast<u64 *>(at) + random_.below(64), u64(random_.word()));
	}
}

void Mutator::announcement()
{
	amp_rpmsg_ns_message message = {};
	static constexpr const char *kNames[] = {"rpmsg-client-sample",
						 "rpmsg-raw",
						 "rpmsg-echo",
						 "rpmsg_chrdev",
						 "rpmsg_ctrl",
						 "../../x",
						 "%s%n%p",
						 ".",
						 "a b\n\tc",
						 ""};
	u8 wild[sizeof(message)];

	for (auto &byte : wild)
		byte = u8(random_.word());
	if (random_.one_in(3)) {
		main_.post(AMP_RPMSG_ADDR_NS, AMP_RPMSG_ADDR_NS, wild, u16(random_.below(sizeof(wild) + 1)));
		return;
	}
	if (random_.one_in(4))
		std::memcpy(message.name, wild, sizeof(message.name) - random_.below(2));
	else
		std::strncpy(message.name, kNames[random_.below(std::size(kNames))], sizeof(message.name) - 1);
	message.addr = random_.one_of<u32>({MainEnd::kUs, MainEnd::kEcho, AMP_RPMSG_ADDR_NS, AMP_RPMSG_ADDR_ANY, 0,
					    1024 + random_.below(64), u32(random_.word())});
	message.flags = random_.one_in(8) ? u32(random_.word()) : random_.below(2);
	main_.post(AMP_RPMSG_ADDR_NS, AMP_RPMSG_ADDR_NS, &message, sizeof(message));
}

void Mutator::status()
{
	main_.status(u8(random_.one_in(2) ? random_.one_of<u32>({0, 1, 3, 4, 7, 7, 7, 0x40, 0x47, 0x80, 0x87})
					  : random_.word()));
	bells_.ring(Board::kCtrl);
}

/* What the main sets up in the table; the words that fix its layout take the whole link down, so those are left. */
void Mutator::setup()
{
	auto &entry = board_.entry();
	auto &vring = board_.entry_vring(random_.below(2));

	switch (random_.below(8)) {
	case 0:
		return entry.gfeatures.put(random_.one_in(2) ? u32(random_.word()) : 1u << random_.below(32));
	case 1:
		return entry.dfeatures.put(u32(random_.word()));
	case 2:
		return entry.notifyid.put(u32(random_.word()));
	case 3:
		return vring.da.put(u32(random_.one_in(2) ? address() & ~u64(15) : address()));
	case 4:
		return vring.num.put(random_.one_in(2) ? 1u << random_.below(32) : u32(random_.word()));
	case 5:
		return vring.align.put(random_.one_in(2) ? 1u << random_.below(32) : u32(random_.word()));
	case 6:
		return vring.notifyid.put(u32(random_.word()));
	default:
		return vring.pa.put(u32(random_.word()));
	}
}

void Mutator::config()
{
	const u32 length = board_.config_len();

	if (length)
		HostEnv::store(board_.config() + random_.below(length), u8(random_.word()));
}

void Mutator::rung()
{
	const Doorbells &which = beside_ && random_.one_in(3) ? *beside_ : bells_;

	for (u32 times = random_.one_in(4) ? random_.below(100) : 1; times; times--)
		which.ring(random_.below(which.vectors()));
}

} // namespace attack
