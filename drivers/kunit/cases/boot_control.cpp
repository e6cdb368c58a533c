// SPDX-License-Identifier: GPL-2.0-only
// The control block of a remote that we start: what is told to it, and what is believed of its answer.
#include "../../remoteproc/shm_rproc_control.hpp"
#include "env.hpp"
#include "memory.hpp"

using namespace amp;
using namespace amp::cases;

namespace
{

template <typename Env> struct Pair {
	Window memory;
	amp_boot_control *block;
	Control<Env> control;
	Complaint why;

	explicit Pair(amp_test &test)
		: memory{static_cast<u8 *>(test.services->zalloc(&test, sizeof(amp_boot_control))),
			 sizeof(amp_boot_control)},
		  block(reinterpret_cast<amp_boot_control *>(memory.va)), control(memory)
	{
	}

	void arrive()
	{
		block->remote = {};
		block->remote.sequence = block->main.sequence;
		block->remote.state = AMP_BOOT_IDLE;
		block->remote.version = AMP_BOOT_VERSION;
	}
	void answer(u32 state, u32 reason = 0)
	{
		block->remote.reason = reason;
		block->remote.state = state;
		block->remote.sequence = block->main.sequence;
	}
	Answer look() { return control.look(why).value(); }
};

} // namespace

CASE(boot_control, a_remote_is_there_when_it_says_so)
{
	Pair<Plain> pair(test);

	pair.control.begin();
	CHECK_EQ(pair.block->main.version, AMP_BOOT_VERSION);
	CHECK(!pair.look().present);
	pair.arrive();
	CHECK(pair.look().present);
	CHECK(pair.look().quiet());
	pair.block->remote.version = 2;
	CHECK_EQ(pair.control.look(pair.why).fault(), Fault::BadTable);
	CHECK_EQ(pair.why.value, 2);
}

CASE(boot_control, tells_all_of_a_command)
{
	Pair<Plain> pair(test);

	pair.control.begin();
	pair.arrive();
	pair.control.command(AMP_BOOT_START, {0x1'2345'6789, 0x5000'0000, 512});
	CHECK_EQ(pair.block->main.command, AMP_BOOT_START);
	CHECK_EQ(pair.block->main.entry, 0x1'2345'6789);
	CHECK_EQ(pair.block->main.table, 0x5000'0000);
	CHECK_EQ(pair.block->main.table_size, 512);
	CHECK(pair.look().present);
	CHECK(!pair.look().current);
	CHECK(!pair.look().quiet());
	pair.answer(AMP_BOOT_RUNNING);
	CHECK(pair.look().running());
	pair.answer(AMP_BOOT_CRASHED, 77);
	CHECK(!pair.look().running() && !pair.look().quiet());
	CHECK_EQ(pair.look().reason, 77);
	pair.control.command(AMP_BOOT_STOP, {});
	CHECK(!pair.look().quiet());
	pair.answer(AMP_BOOT_STOPPED);
	CHECK(pair.look().quiet());
}

CASE(boot_control, believes_no_answer_to_another_command)
{
	Pair<Plain> pair(test);

	pair.control.begin();
	pair.arrive();
	// It is ahead of us: as if it had answered what we are about to say.
	pair.answer(AMP_BOOT_RUNNING);
	pair.block->remote.sequence = pair.block->main.sequence + 1;
	pair.control.command(AMP_BOOT_START, {});
	CHECK(!pair.look().current);

	// A main before us had started it, and went without a word.
	pair.answer(AMP_BOOT_RUNNING);
	Control<Plain> next(pair.memory);
	next.begin();
	CHECK(next.look(pair.why).value().running());
	next.command(AMP_BOOT_STOP, {});
	CHECK(!next.look(pair.why).value().current);
	CHECK_EQ(pair.block->main.command, AMP_BOOT_STOP);

	// What that one had told it last may still be under way.
	Control<Plain> third(pair.memory);
	third.begin();
	CHECK(!third.look(pair.why).value().quiet());
}

CASE(boot_control, a_state_is_bounded)
{
	Pair<Plain> pair(test);

	pair.control.begin();
	pair.arrive();
	for (const u32 state : list<u32>(5, 77, 0x8000'0000, ~0u)) {
		pair.answer(state);
		CHECK_EQ(pair.control.look(pair.why).fault(), Fault::BadTable);
		CHECK_EQ(pair.why.value, state);
	}
	pair.answer(0);
	CHECK(!pair.look().quiet() && !pair.look().running());
}

namespace
{

// Looks at the block whenever it is stored to: the sequence changes when everything else is there.
struct Order {
	amp_boot_control *block;
	u32 sequence;
	u32 early = 0, stores = 0;

	static void before(void *context, Touch touch, const void *at, usize)
	{
		auto &self = *static_cast<Order *>(context);
		const auto *const byte = static_cast<const u8 *>(at);
		const auto *const from = reinterpret_cast<const u8 *>(&self.block->main);

		if (touch != Touch::Store || byte < from || byte >= from + sizeof(amp_boot_main))
			return;
		self.stores++;
		self.early += self.block->main.sequence != self.sequence;
	}
};

} // namespace

CASE(boot_control, the_sequence_comes_last)
{
	Pair<Hostile> pair(test);

	pair.control.begin();
	pair.arrive();
	Order order{pair.block, pair.block->main.sequence};
	Hostile::meddler = {Order::before, &order};
	pair.control.command(AMP_BOOT_START, {1, 2, 3});
	Hostile::meddler = {};
	CHECK(order.stores >= 5);
	CHECK_EQ(order.early, 0);
	CHECK(pair.block->main.sequence != order.sequence);
}

CASE(boot_control, works_in_the_other_byte_order)
{
	Pair<Swapped> pair(test);

	pair.control.begin();
	CHECK_EQ(pair.block->main.version, 0x0100'0000);
	pair.control.command(AMP_BOOT_START, {0x1122'3344'5566'7788, 0, 0});
	CHECK_EQ(pair.block->main.entry, 0x8877'6655'4433'2211);
}
