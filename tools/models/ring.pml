/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbells of one ring, both ends, flags and EVENT_IDX. Who does what when is in Documentation/states.md; here is
 * what its words mean. Searched for: a buffer that is taken before it is there, twice or never; and both ends asleep
 * with something left to do.
 */
#include "settings.inc"
#include "states.inc"

#define N 2 /* buffers */
#define M 4 /* indices are modulo M */
#define DRIVER 0
#define DEVICE 1

bool event_idx, device_sends;
bool no_kick_barrier, no_listen_barrier, no_release, no_acquire, no_recheck, stale_event, no_listen, no_ring;

/* Words that an end writes: as memory has them, and as they wait in the processor to get there. */
typedef Side {
	byte idx, hint, entry[N];
	bool idx_waits, hint_waits, entry_waits[N];
	byte new_idx, new_hint, new_entry[N];
	byte early[N] /* without acquire: the other end's entries as they were read too soon */
};
Side side[2];
bool bell[2];

/* What an end knows by itself. */
typedef Private {
	byte at_, idle_, next_, seen_, given_, published_, kicked_;
	bool handled_
};
Private own[2];
#define at own[me].at_
#define idle own[me].idle_
#define next own[me].next_
#define seen own[me].seen_
#define given own[me].given_
#define published own[me].published_
#define kicked own[me].kicked_
#define handled own[me].handled_

#define mod(i) (((i) + 4 * M) % M)
#define drained(e) (!side[e].idx_waits && !side[e].hint_waits && !side[e].entry_waits[0] && !side[e].entry_waits[1])

/* Events. */
#define more_to_send true
#define no_more_to_send true
#define some_seen (idle || seen != next)
#define none_seen (!idle && seen == next)
#define moved (!no_recheck && side[peer].idx != next)
#define passes(event) (mod(published - (event) - 1) < mod(published - kicked))
#define wanted ((event_idx -> passes(side[peer].hint) : !side[peer].hint))
#define rung bell[me]
#define out_of_slots handled
#define out_of_looks (!handled)
#define some_handled handled
#define none_handled (!handled)

/* Steps. */
inline look()
{
	assert(mod(side[peer].idx - next) <= N);
	seen = side[peer].idx
}
/* Entry i of a ring is i modulo M here, so that an old one shows. */
inline take()
{
	if
	:: idle -> idle--
	:: else ->
		assert((no_acquire -> side[me].early[next % N] : side[peer].entry[next % N]) == next);
		next = mod(next + 1)
	fi
}
inline give()
{
	side[me].new_entry[given % N] = given;
	side[me].entry_waits[given % N] = true;
	given = mod(given + 1)
}
inline publish()
{
	published = given;
	side[me].new_idx = published;
	side[me].idx_waits = true
}
inline kick_barrier() { (no_kick_barrier || drained(me)) }
inline listen_barrier() { (no_listen_barrier || drained(me)) }
inline listen()
{
	if
	:: no_listen
	:: else ->
		side[me].new_hint = (event_idx -> mod(next - stale_event) : 0);
		side[me].hint_waits = true
	fi
}
inline hush()
{
	if
	:: event_idx
	:: else ->
		side[me].new_hint = 1;
		side[me].hint_waits = true
	fi
}
inline decided() { kicked = published }
inline ring() { bell[peer] = !no_ring }
inline answer() { bell[me] = false }
inline begin() { handled = false; seen = next }
inline handle() { handled = true }

proctype send(byte me, peer)
{
end:	do
#include "send.inc"
	od
}

proctype receive(byte me, peer)
{
end:	do
#include "receive.inc"
	od
}

/* Stores of @e get there some time, and in any order but for release. */
proctype memory(byte e)
{
	byte i;
end:	do
	:: atomic { side[e].hint_waits -> side[e].hint = side[e].new_hint; side[e].hint_waits = false }
	:: atomic {
		side[e].idx_waits && (no_release || !side[e].entry_waits[0] && !side[e].entry_waits[1]) ->
		side[e].idx = side[e].new_idx;
		side[e].idx_waits = false
	}
	:: atomic { side[e].entry_waits[0] -> side[e].entry[0] = side[e].new_entry[0]; side[e].entry_waits[0] = false }
	:: atomic { side[e].entry_waits[1] -> side[e].entry[1] = side[e].new_entry[1]; side[e].entry_waits[1] = false }
	:: atomic {
		no_acquire && side[e].early[0] != side[1 - e].entry[0] -> side[e].early[0] = side[1 - e].entry[0]
	}
	:: atomic {
		no_acquire && side[e].early[1] != side[1 - e].entry[1] -> side[e].early[1] = side[1 - e].entry[1]
	}
	od
}

/* Nobody can move any more: has everything been done? */
proctype rest(byte sender, receiver)
{
end:	atomic {
		timeout ->
		assert(own[sender].at_ == send_Done && own[receiver].at_ == receive_Asleep);
		assert(own[receiver].next_ == side[sender].idx && side[receiver].idx == own[receiver].given_)
	}
}

init {
	byte sender = DRIVER, receiver = DEVICE;
	atomic {
		SET(event_idx); SET(device_sends);
		SET(no_kick_barrier); SET(no_listen_barrier); SET(no_release); SET(no_acquire);
		SET(no_recheck); SET(stale_event); SET(no_listen); SET(no_ring);
		if
		:: device_sends ->
			sender = DEVICE;
			receiver = DRIVER;
			/* All buffers are offered from the start. */
			side[DRIVER].idx = N;
			side[DRIVER].entry[1] = 1;
			own[DRIVER].given_ = N;
			own[DRIVER].published_ = N;
			own[DRIVER].kicked_ = N
		:: else ->
			own[DRIVER].idle_ = N
		fi;
		side[sender].hint = !event_idx;
		own[sender].at_ = send_Ready;
		own[receiver].at_ = receive_Hushing;
		run send(sender, receiver);
		run receive(receiver, sender);
		run memory(DRIVER);
		run memory(DEVICE);
		run rest(sender, receiver)
	}
}
