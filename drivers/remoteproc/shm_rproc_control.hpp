// SPDX-License-Identifier: GPL-2.0-only
#ifndef SHM_RPROC_CONTROL_HPP
#define SHM_RPROC_CONTROL_HPP

#include <amp/complaint.hpp>
#include <amp/region.hpp>
#include <amp/shared.hpp>
#include <uapi/amp/boot.h>

namespace amp
{

template <typename Env> struct BootMainCells {
	Shared<u32, Env> version;
	Shared<u32, Env> command;
	Shared<u64, Env> entry;
	Shared<u64, Env> table;
	Shared<u32, Env> table_size;
	Shared<u32, Env> sequence;
};

template <typename Env> struct BootRemoteCells {
	Shared<u32, Env> version;
	Shared<u32, Env> state;
	Shared<u32, Env> reason;
	Shared<u32, Env> sequence;
	Shared<u32, Env> machine;
};

static_assert(sizeof(amp_boot_main) == 64 && sizeof(amp_boot_remote) == 64);
static_assert(__builtin_offsetof(amp_boot_main, entry) == 8 && __builtin_offsetof(amp_boot_main, table) == 16);
static_assert(__builtin_offsetof(amp_boot_main, table_size) == 24 && __builtin_offsetof(amp_boot_main, sequence) == 28);
static_assert(__builtin_offsetof(amp_boot_remote, sequence) == 12 &&
	      __builtin_offsetof(amp_boot_remote, machine) == 16);

// What is to run.
struct Program {
	u64 entry;
	u64 table;
	u32 table_size;
};

// What the remote says, each word fetched once.
struct Answer {
	bool present; // a stub is there; else the rest is 0
	bool current; // it speaks of the last command
	u32 state; // bounded; 0: none
	u32 reason; // opaque
	u32 machine; // opaque

	constexpr bool quiet() const { return current && (state == AMP_BOOT_IDLE || state == AMP_BOOT_STOPPED); }
	constexpr bool running() const { return current && state == AMP_BOOT_RUNNING; }
};

/*
 * The control block of a remote, as the main uses it.
 *
 *   word                             writer   our private truth   may the remote lie?
 *   command, entry, table, sequence  main     sequence_           a word of ours that it writes is never read back,
 *                                                                 but for sequence at begin(), where any value will do
 *   version, state, sequence         remote   -                   bounded here; a lie costs it its own link
 *   reason, machine                  remote   -                   opaque numbers
 *
 * Barrier (D): our store-release of sequence pairs with the remote's load-acquire: a new sequence means a whole
 * command. (E): the remote's store-release of its sequence, after its state, pairs with our load-acquire: an answer
 * never comes with the state before it. (F): the same of state, after reason, in a remote that crashes by itself.
 *
 * Calls are serialized by the caller.
 */
template <typename Env> class Control {
public:
	// @memory has room for a struct amp_boot_control, aligned to 8.
	explicit Control(Window memory) : memory_(memory) {}

	// We are the main now. What a main before us had commanded is still under way unless the remote has answered it.
	void begin()
	{
		sequence_ = main()->sequence.fetch().unchecked();
		main()->version.put(AMP_BOOT_VERSION);
	}

	void command(u32 command, const Program &program)
	{
		sequence_++;
		// An answer to a command of long ago is none to this one.
		if (remote()->sequence.fetch().is(sequence_))
			sequence_++;
		main()->command.put(command);
		main()->entry.put(program.entry);
		main()->table.put(program.table);
		main()->table_size.put(program.table_size);
		main()->sequence.put_release(sequence_); // (D)
	}

	// BadTable: a word is none that a remote may write, and @complaint says which.
	Result<Answer> look(Complaint &complaint) const
	{
		const auto version = remote()->version.fetch_acquire();

		if (version.is(0))
			return Answer{};
		if (!version.is(AMP_BOOT_VERSION)) {
			complaint = {"version of the remote's boot code, expected", version.unchecked(),
				     AMP_BOOT_VERSION};
			return Fault::BadTable;
		}
		const bool current = remote()->sequence.fetch_acquire().is(sequence_); // (E)
		const auto state = remote()->state.fetch_acquire(); // (F)
		const auto bounded = state.at_most(AMP_BOOT_CRASHED, Fault::BadTable);

		if (!bounded.ok()) {
			complaint = {"state of the remote, expected at most", state.unchecked(), AMP_BOOT_CRASHED};
			return Fault::BadTable;
		}
		return Answer{true, current, bounded.value(), remote()->reason.fetch().unchecked(),
			      remote()->machine.fetch().unchecked()};
	}

private:
	BootMainCells<Env> *main() const { return reinterpret_cast<BootMainCells<Env> *>(memory_.va); }
	BootRemoteCells<Env> *remote() const
	{
		return reinterpret_cast<BootRemoteCells<Env> *>(memory_.va + sizeof(amp_boot_main));
	}

	Window memory_;
	u32 sequence_ = 0;
};

} // namespace amp

#endif
