/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a link between two processors that may crash at any step. Who does what when is in
 * Documentation/states.md; here is what its words mean. Searched for: a link that stays down, or on two different
 * rings, though both ends live; a message that the remote never accepted; and a search that never comes to rest.
 */
#include "settings.inc"
#include "states.inc"

#define N 2 /* buffers */
#define M 4 /* indices are modulo M */
#define mod(i) (((i) + 4 * M) % M)

bool plain; /* the main is not shm_rproc */
bool early_timeout, fast_reboot, late_doorbell, send_at_any_time, late_fault; /* what is taken for granted does not hold */
bool any_doorbell_answers, no_wait, no_poll, no_remade, no_mark, no_bell;
bool blind_main, stays_broken;

/* Memory that both see. */
bool whole, status_ok; /* ver 1; DRIVER_OK */
byte avail, used; /* indices of the ring */
bool marked; /* used.flags */

/* Doorbells on their way. */
bool to_main, to_remote, vring_to_remote;

/* What the main knows. */
byte main_at, received;
bool same_table; /* the incarnation that it took is the one that is there */
bool said_ok, look_wanted, answer_there;

/* What the remote knows. */
byte remote_at, transmit_at, published, snapshot_used;
bool up, broken, status_seen, status_now, status_changed, intact, fault, fault_now, look_again_, snapshot_marked;

/* What only we know, and what may still happen. */
bool same_ring; /* that the main made last, and that the remote works */
bool foreign; /* the remote wrote to a ring that it was not given */
bool spoilt;
bool calm;
byte main_crashes_left = 2, remote_crashes_left = 2, goings_left = 1, madness_left = 1;

/* Events. */
#define main_crashes (!calm && main_crashes_left && main_at)
#define remote_has_looked (remote_at <= remote_Announcing || \
			   (remote_at == remote_Resting && !up && status_seen == status_ok))
#define main_starts (fast_reboot || no_poll || status_ok || remote_has_looked)
#define look_asked look_wanted
#define table_whole whole
#define table_ours (blind_main || (whole && same_table && status_ok == said_ok))
#define status_set status_ok
#define answered (answer_there || no_wait)
#define time_is_up (remote_has_looked || early_timeout)
#define driver_goes (!calm && goings_left)
#define fault_settled (late_fault || (!fault && remote_at != remote_Reading && remote_at != remote_Deciding && \
				      remote_at != remote_Breaking && remote_at != remote_Remembering && \
				      remote_at != remote_Marking))
#define ring_used (used != received)
#define goes_mad (!calm && madness_left && !spoilt)

#define remote_crashes (!calm && remote_crashes_left && remote_at)
#define remote_leaves (!calm && remote_crashes_left)
#define remote_starts true
#define renewed (used != snapshot_used || marked != snapshot_marked)
#define news (status_ok != status_seen || (!up && !broken && status_ok) || (broken && renewed && !stays_broken) || \
	      (up && !no_remade && used != published))
#define look_due (to_remote || fault || (vring_to_remote && !up) || (news && !no_poll))
#define up_and_reset (up && !status_now)
#define up_and_remade (up && status_now && !intact)
#define up_and_faulty (up && status_now && intact && fault_now)
#define up_and_well (up && status_now && intact && !fault_now)
#define broken_and_renewed (!up && broken && !stays_broken && (!status_now || renewed))
#define broken_as_before (!up && broken && (stays_broken || (status_now && !renewed)))
#define down_and_ready (!up && !broken && status_now)
#define down_and_not_ready (!up && !broken && !status_now)
#define reset_seen (status_changed && !status_now)

#define buffer_there (up && !calm && mod(avail - published) && mod(avail - published) <= N && \
		      (!plain || send_at_any_time || same_ring))
#define ring_bad (up && !fault && mod(avail - published) > N)
#define again look_again_

/* Steps of the main. */
inline main_forget()
{
	to_main = false;
	said_ok = false;
	look_wanted = false;
	answer_there = false;
	same_table = false;
	received = 0;
	main_crashes_left--
}
inline ask_for_look() { look_wanted = true }
inline begin_look() { look_wanted = false }
inline take_table() { same_table = true }
inline reset_status() { status_ok = false; said_ok = false }
inline driver_gone() { goings_left-- }
inline expect_answer()
{
	answer_there = false;
	if
	:: to_main && !remote_has_looked && !late_doorbell -> to_main = false; look_wanted = true
	:: else
	fi
}
inline ring_remote() { to_remote = true }
inline ring_vring() { vring_to_remote = true }
inline make_ring()
{
	avail = N;
	used = 0;
	marked = false;
	received = 0;
	foreign = false;
	spoilt = false;
	/* An old ring that nothing was published in is like the new one, and so is what the remote makes of either. */
	same_ring = up && same_ring && !published
}
inline set_status() { status_ok = true; said_ok = true }
inline receive()
{
	assert(!foreign);
	received = mod(received + 1);
	avail = mod(avail + 1)
}
inline spoil_ring() { avail = mod(avail + N + 1 - mod(avail - used)); spoilt = true; madness_left-- }

/* Steps of the remote. */
inline remote_forget()
{
	to_remote = false;
	vring_to_remote = false;
	up = false;
	broken = false;
	status_seen = false;
	status_now = false;
	status_changed = false;
	intact = false;
	fault = false;
	fault_now = false;
	look_again_ = false;
	published = 0;
	snapshot_used = 0;
	snapshot_marked = false;
	same_ring = false
}
inline remote_gone() { remote_crashes_left-- }
inline take_away_table() { whole = false }
inline clear_status() { status_ok = false }
inline draw_incarnation() { same_table = false }
inline finish_table() { whole = true }
inline ring_main() { to_main = main_at && !no_bell }
inline begin_remote_look() { to_remote = false; vring_to_remote = false; look_again_ = false }
inline note_rings()
{
	look_again_ = false;
	fault_now = fault;
	fault = false;
	intact = !up || no_remade || used == published
}
inline read_status()
{
	status_now = status_ok;
	status_changed = status_now != status_seen;
	status_seen = status_now
}
inline look_again() { look_again_ = true }
inline mend()
{
	broken = false;
	snapshot_used = 0;
	snapshot_marked = false;
	look_again_ = status_now
}
inline start_ring()
{
	published = used;
	same_ring = true;
	fault = false;
	up = true
}
inline end_look()
{
	status_now = false;
	status_changed = false;
	intact = false;
	fault_now = false;
	look_again_ = false
}
inline stop_ring()
{
	up = false;
	published = 0;
	same_ring = false
}
inline mark_ring() { marked = !no_mark }
inline remember_ring()
{
	broken = true;
	snapshot_used = used;
	snapshot_marked = !no_mark
}
inline submit()
{
	published = mod(published + 1);
	used = published;
	foreign = foreign || !same_ring;
	to_main = to_main || (any_doorbell_answers && main_at)
}
inline report_fault() { fault = true }

#define at main_at
proctype main_of_ours()
{
end:	do
#include "main.inc"
	od
}

proctype main_of_others()
{
end:	do
#include "mainline.inc"
	od
}
#undef at

#define at remote_at
proctype remote()
{
end:	do
#include "remote.inc"
	od
}
#undef at

#define at transmit_at
proctype transmit()
{
end:	do
#include "transmit.inc"
	od
}
#undef at

proctype doorbells()
{
end:	do
	:: atomic { to_main -> to_main = false; look_wanted = true; answer_there = main_at == main_Waiting }
	:: atomic { !calm -> calm = true }
	od
}

/* Nobody can move any more: are both there, and mean the same? */
proctype rest()
{
end:	atomic {
		timeout ->
		assert(calm);
		assert(remote_at == remote_Resting && main_at == (plain -> mainline_Attached : main_Attached));
		assert(spoilt || (up && same_ring && !foreign && whole && status_ok && said_ok));
		assert(plain || same_table)
	}
}

init {
	atomic {
		SET(plain);
		SET(early_timeout); SET(fast_reboot); SET(late_doorbell); SET(send_at_any_time); SET(late_fault);
		SET(any_doorbell_answers); SET(no_wait); SET(no_poll);
		SET(no_remade); SET(no_mark); SET(no_bell); SET(blind_main); SET(stays_broken);
		if
		:: plain ->
			/* Mainline would not notice. */
			remote_crashes_left = 0;
			run main_of_others()
		:: else ->
			run main_of_ours()
		fi;
		run remote();
		run transmit();
		run doorbells();
		run rest()
	}
}
