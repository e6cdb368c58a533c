# SPDX-License-Identifier: GPL-2.0-only
"""The harness itself: it sees a kernel's complaints, a machine's end and every line of KTAP."""
from linux_remote_board.channel import MachineGone, TimeIsUp
from linux_remote_board.console import REPORTS
from linux_remote_board.ktap import flat, kunit
from linux_remote_board.machine import Failed
from linux_remote_board.mainline import unknown_leaks

KTAP = """
[    1.1] KTAP version 1
[    1.1] 1..2
[    1.1]     KTAP version 1
[    1.1]     # Subtest: first
[    1.1]     # module: some_kunit
[    1.1]     1..4
[    1.1]     ok 1 works
[    1.1]     # breaks: EXPECTATION FAILED at some.c:7
[    1.1]     not ok 2 breaks
[    1.1]         KTAP version 1
[    1.1]         # Subtest: many
[    1.1]         ok 1 inner
[    1.1]     ok 3 many
[    1.1]     ok 4 not_here # SKIP no such hardware
[    1.1] # first: pass:2 fail:1 skip:1 total:4
[    1.1] not ok 1 first
[    1.1]     KTAP version 1
[    1.1]     # Subtest: second
[    1.1]     1..3
[    1.1]     ok 1 survives
[    1.1] Unable to handle kernel NULL pointer dereference
"""

COMPLAINTS = """
BUG: KASAN: slab-use-after-free in amp_thing+0x10/0x20
WARNING: CPU: 0 PID: 1 at drivers/rpmsg/x.c:1 f+0x1/0x2
WARNING: possible circular locking dependency detected
BUG: sleeping function called from invalid context at kernel/locking/mutex.c:585
BUG: scheduling while atomic: sh/1/0x00000002
UBSAN: array-index-out-of-bounds in x.cpp:1:2
INFO: task sh:1 blocked for more than 60 seconds.
rcu: INFO: rcu_preempt self-detected stall on CPU
kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
refcount_t: underflow; use-after-free.
ODEBUG: free active (active state 0) object: 0 object type: work_struct
sysfs: cannot create duplicate filename '/bus/rvdev'
Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP
""".strip().splitlines()


LEAK = """unreferenced object 0xffffff8001 (size 232):
  comm "kworker/0:1", pid 9, jiffies 4294901
  backtrace (crc 0):
    __alloc_skb+0x10/0x20
    {}+0x10/0x20
"""


def outcome(cases):
    return [(case.name, case.result) for case in cases]


def run(board):
    with board.step("reads KTAP, a suite that died among it"):
        board.expect(outcome(kunit(KTAP.splitlines())) == [
            ("first: works", "passed"), ("first: breaks", "failed"), ("first: many", "passed"),
            ("first: not_here", "skipped"), ("second: survives", "passed"),
            ("second: 2 of 3 cases", "failed")], outcome(kunit(KTAP.splitlines())))
        board.expect(outcome(flat(["1..2", "ok 1 a", "not ok 2 b"])) == [("a", "passed"), ("b", "failed")], "flat")
        board.expect(flat(["1..2", "ok 1 a"])[-1].result == "failed", "a missing case is not noticed")
        board.expect(flat([])[-1].result == "failed", "no output at all is not noticed")
    with board.step("knows each kind of complaint"):
        for line in COMPLAINTS:
            board.expect(REPORTS.search(line), f"not noticed: {line}")
    with board.step("knows mainline's leak from one of ours"):
        mainlines, ours = LEAK.format("rpmsg_ept_cb"), LEAK.format("rpmsg_remote_up")
        board.expect(unknown_leaks(mainlines + ours + mainlines) == ours, "ours is taken for mainline's")
        board.expect(not unknown_leaks(mainlines) and not unknown_leaks(""), "mainline's is taken for ours")
    machine = board.machine("alone", cpus=1)
    with board.step("sees output, status and end of commands"):
        board.expect(machine.run("echo one; echo two >&2; exit 3") == (3, "one\ntwo\n"), "status or output is wrong")
        job = machine.start_job("read x; echo got $x; exec sleep 1000")
        job.write(b"hello\n")
        job.wait_output("got hello", 10)
        board.expect(machine.check("echo beside") == "beside\n", "no second command beside one")
        job.kill()
        board.expect(job.wait(10)[0] == 128 + 9, "a killed command looks alive")
        for _ in range(20):  # before it has run at all
            job = machine.start_job("exec sleep 1000")
            job.kill()
            board.expect(job.status == 128 + 9, "a command that is killed at once lives on")
        try:
            machine.run("exec sleep 1000", timeout=1)
            board.expect(False, "a command that hangs is not noticed")
        except TimeIsUp:
            pass
    with board.step("sees a machine that goes away"):
        job = machine.start_job("exec sleep 1000")
        machine.reset()
        try:
            job.wait(10)
            board.expect(False, "a command outlives its machine")
        except MachineGone:
            pass
    with board.step("sees QEMU die"):
        job = machine.start_job("exec sleep 1000")
        machine.crash()
        try:
            job.wait(10)
            board.expect(False, "a command outlives QEMU")
        except MachineGone:
            pass
        machine.kill()
    with board.step("sees a machine that does not boot"):
        machine.start(wait=False)
        machine.pause()
        try:
            machine.wait_boot(2)
            board.expect(False, "a machine that stands still has booted")
        except Failed as error:
            board.expect(str(machine.console.path) in str(error), f"the console is not named: {error}")
        machine.resume()
        machine.wait_boot()
    with board.step("sees a kernel die"):
        since = machine.console.position
        machine.start_job("echo c >/proc/sysrq-trigger")
        machine.wait_for("Kernel panic", 30, since)
        board.expect(machine.console.reports(since), "the oops is not noticed")
        machine.console.allowed += ["sysrq", "Oops", "Internal error", "Kernel panic", "Unable to handle"]
        machine.kill()
