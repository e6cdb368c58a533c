// SPDX-License-Identifier: GPL-2.0-only
// The device end of a network device: frames and the header before each.
#include "../../samples/rvdev_net_frames.hpp"
#include "env.hpp"
#include "rvdev_main.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

constexpr u32 kToMain = AMP_VIRTIO_NET_RECEIVEQ, kFromMain = AMP_VIRTIO_NET_TRANSMITQ;
constexpr u32 kFrame = 60;

template <typename Env> struct Bench {
	RvdevMain<Env, 2, 4, 128> main;
	NetFrames<Env> frames;
	amp_rvdev_complaint complaint;
	u8 got[100];

	static Bench &start(amp_test &test, u64 features = 0)
	{
		auto &bench = *make<Bench>(test);

		bench.main.start(test, features);
		CHECK(bench.frames.start(bench.main.rings, bench.complaint).ok());
		return bench;
	}
	Result<usize> receive() { return frames.receive(got, sizeof(got)); }
};

} // namespace

CASE(net_frames, have_a_header_of_ten_bytes_or_twelve)
{
	for (const bool mergeable : list<bool>(false, true)) {
		auto &bench = Bench<Swapped>::start(test, mergeable ? 1u << AMP_VIRTIO_NET_F_MRG_RXBUF : 0);
		const u32 header = mergeable ? 12 : 10;
		u8 sent[12 + kFrame] = {};

		for (u32 i = 0; i < kFrame; i++)
			sent[header + i] = u8(i + 1);
		bench.main.send(kFromMain, 0, sent, header + kFrame);
		REQUIRE_EQ(bench.receive().value(), kFrame);
		CHECK(same_bytes(bench.got, sent + header, kFrame));

		bench.main.listen(kToMain, 0);
		__builtin_memset(bench.main.buffer(kToMain, 0), 0xff, 128);
		REQUIRE(bench.frames.send(sent + header, kFrame).ok());
		sent[11] = mergeable ? 1 : sent[11]; // num_buffers, in the other byte order
		CHECK(same_bytes(bench.main.buffer(kToMain, 0), sent, header + kFrame));
		CHECK_EQ(bench.main.driver[kToMain].collect().len, header + kFrame);
	}
}

CASE(net_frames, offloads_and_runts_are_dropped)
{
	auto &bench = Bench<Plain>::start(test);
	u8 sent[10 + kFrame] = {};

	sent[0] = 1; // a checksum is wanted
	bench.main.send(kFromMain, 0, sent, sizeof(sent));
	sent[0] = 0;
	sent[1] = 1; // segmentation
	bench.main.send(kFromMain, 1, sent, sizeof(sent));
	sent[1] = 0;
	bench.main.send(kFromMain, 2, sent, 10 + 13);
	bench.main.send(kFromMain, 3, sent, 10 + 14);
	for (const u32 value : list<u32>(1, 0x100)) {
		CHECK_EQ(bench.receive().fault(), Fault::BadChain);
		CHECK(has_text(bench.frames.complaint().what, "gso_type"));
		CHECK_EQ(bench.frames.complaint().value, value);
	}
	CHECK_EQ(bench.receive().fault(), Fault::BadChain);
	CHECK_EQ(bench.frames.complaint().value, 13);
	CHECK_EQ(bench.receive().value(), 14);
	CHECK_EQ(bench.receive().fault(), Fault::Again);
}

CASE(net_frames, a_frame_longer_than_the_room_is_dropped)
{
	auto &bench = Bench<Plain>::start(test);
	u8 sent[10 + 101] = {};

	bench.main.send(kFromMain, 0, sent, 10 + 101);
	bench.main.send(kFromMain, 1, sent, 10 + 100);
	CHECK_EQ(bench.receive().fault(), Fault::BadChain);
	CHECK(has_text(bench.frames.complaint().what, "at most"));
	CHECK_EQ(bench.receive().value(), 100);
	bench.main.listen(kToMain, 0, 9 + kFrame);
	CHECK_EQ(bench.frames.send(sent, kFrame).fault(), Fault::BadChain);
	CHECK_EQ(bench.frames.to_main().counters().bad_buffers, 1);
}

CASE(net_frames, see_rings_made_anew_and_refuse_large_ones)
{
	auto &bench = Bench<Plain>::start(test);

	CHECK(bench.frames.intact());
	for (const u32 ring : list<u32>(kToMain, kFromMain)) {
		bench.main.driver[ring].ring.used->idx.put(5);
		CHECK(!bench.frames.intact());
		bench.main.driver[ring].ring.used->idx.put(0);
	}
	bench.main.rings.memory[kFromMain].num = 2 * AMP_RVDEV_RING_NUM_MAX;
	CHECK_EQ(bench.frames.start(bench.main.rings, bench.complaint).fault(), Fault::BadRing);
	CHECK_EQ(bench.complaint.vring, kFromMain);
	CHECK_EQ(bench.complaint.complaint.value, 2 * AMP_RVDEV_RING_NUM_MAX);
}
