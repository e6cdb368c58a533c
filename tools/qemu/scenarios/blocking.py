# SPDX-License-Identifier: GPL-2.0-only
"""Writers on the remote when the main stands still, is slow, or goes: who waits, how long, and with what error."""
import time

from linux_remote_board import rpmsg
from linux_remote_board.machine import boot
from linux_remote_board.stand_in import TO_MAIN, VRINGS, Ring

STATUS = 20 + 24  # of the vdev, in a table of one entry
VRING = 256
SINK = 0x700


def result(output, verb):
    """The last "VERB: RESULT ... after_ms=N" of rpmsg_write: (RESULT, N)."""
    line = [line for line in output.splitlines() if line.startswith(f"{verb}: ") and "after_ms" in line][-1]
    return line.split(": ", 1)[1].split()[0], int(rpmsg.values(line)["after_ms"])


class Writers:
    def __init__(self, board, remote):
        self.board, self.remote = board, remote
        control = rpmsg.control(remote)
        self.devices = [remote.check(f"rpmsg_control {control} endpoint writer{number} {0x800 + number} {SINK}").strip()
                        for number in range(4)]

    def start(self, number, *verbs, begun=None):
        job = self.remote.start_job(f"exec rpmsg_write {self.devices[number]} {' '.join(map(str, verbs))}")
        if begun:
            job.wait_output(f"{begun}: begins", 20)
        return job

    def expect(self, number, verbs, wanted, timeout=30):
        """Runs @verbs and compares the result of the last one; (milliseconds, output)."""
        status, output = self.start(number, *verbs).wait(timeout)
        verb = [word for word in verbs if isinstance(word, str)][-1]
        found, spent = result(output, verb)
        self.board.expect(status == 0 and found == wanted, f"expected {verb}: {wanted}, got: {output}")
        return spent, output

    def ended(self, job, verb, wanted, least, most):
        _, output = job.wait(60)
        found, spent = result(output, verb)
        self.board.expect(found == wanted and least <= spent <= most,
                          f"expected {verb}: {wanted} after {least} to {most} ms, got: {output}")


def settled(board):
    """Waits until the main has taken every message and offers all of its buffers."""
    with board.ddr() as memory:
        ring, end = Ring(memory, VRINGS[TO_MAIN], VRING), time.monotonic() + 30
        while ring.avail_idx != (ring.used_idx + VRING) % 65536:
            board.expect(time.monotonic() < end, "the main does not offer its buffers again")
            time.sleep(0.01)


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox")
    main, remote = (board.machine(name, start=False, autoload=name == "main") for name in ("main", "remote"))
    with board.step("the link is up"):
        boot(main, remote)
        remote.check("modprobe -a ivshmem_mailbox rproc_vdev rpmsg_remote rpmsg_ns rpmsg_ctrl rpmsg_char")
        rpmsg.counters(remote)
        rpmsg.until(remote, f"grep -qx 'incarnation 1' {rpmsg.COUNTERS}/*/counters", 60)
        writers = Writers(board, remote)
        writers.expect(0, ["one"], "ok")
    with board.step("a message longer than the MTU is refused at once, blocking or not"):
        writers.expect(0, ["one", 497], "EMSGSIZE")
        writers.expect(0, ["try", 497], "EMSGSIZE")
    with board.step("no destination known yet: one error, at once"):
        control = rpmsg.control(remote)
        remote.check(f"rpmsg_control {control} create rpmsg-raw 0x900")
        device = rpmsg.character_device(remote, rpmsg.channel(remote, "rpmsg-raw"))
        for verb in ("one", "try"):
            status, output = remote.run(f"rpmsg_write {device} {verb}")
            board.expect(status == 0 and result(output, verb)[0] == "EDESTADDRREQ", output)
    with board.step("a main that stands still: the ring fills, then EAGAIN, and poll() does not say writable"):
        rpmsg.channel(main, "rpmsg-raw")
        settled(board)
        main.pause()
        _, output = writers.expect(0, ["fill"], "EAGAIN")
        count = rpmsg.values(output)["count"]
        board.expect(count == VRING, f"{count} messages fitted, expected {VRING}")
        writers.expect(0, ["try"], "EAGAIN")
        spent, _ = writers.expect(0, ["poll", 1000], "not")
        board.expect(spent >= 1000, f"poll() came back after {spent} ms")
    with board.step("a signal ends a writer that waits"):
        spent, _ = writers.expect(1, ["alarm"], "EINTR")
        board.expect(400 <= spent <= 14000, f"after {spent} ms, the alarm came after 500")
    with board.step("nobody waits longer than 15 s"):
        job = writers.start(1, "one", begun="one")
        job.wait(40)
        writers.ended(job, "one", "ERESTARTSYS", 15000, 30000)
    with board.step("a main that goes on wakes writer and poller"):
        writer = writers.start(1, "one", begun="one")
        poller = writers.start(2, "poll", 60000, begun="poll")
        main.resume()
        writers.ended(writer, "one", "ok", 0, 14000)
        writers.ended(poller, "poll", "writable", 0, 59000)
        rpmsg.until(remote, f"rpmsg_write {writers.devices[0]} try | grep -q 'try: ok'")
    with board.step("the link goes down under writers that wait: ENOTCONN at once, not when their 15 s are over"):
        main.pause()
        writers.expect(0, ["fill"], "EAGAIN")
        jobs = [writers.start(number, "one", begun="one") for number in (1, 2, 3)]
        rpmsg.until(remote, "[ $(cat /proc/[0-9]*/stat 2>/dev/null | grep -c '(rpmsg_write) S') = 3 ]")
        # What a main that resets writes: when the remote sees it depends on no other machine's speed.
        with board.ddr() as memory:
            memory[STATUS] = 0
        for job in jobs:
            writers.ended(job, "one", "ENOTCONN", 0, 14000)
    with board.step("a main that dies and reboots is there again"):
        main.reset(wait=False)
        main.resume()
        main.wait_boot(boots=2)
        rpmsg.until(remote, f"grep -qx 'incarnation 2' {rpmsg.COUNTERS}/*/counters", 60)
        rpmsg.until(remote, f"rpmsg_write {writers.devices[0]} try | grep -q 'try: ok'")
    with board.step("the main's bus is taken away under writers that wait: ENOTCONN at once, and as long as it is away"):
        main.check("rmmod virtio_rpmsg_bus")
        rpmsg.until(remote, f"rpmsg_write {writers.devices[0]} try | grep -q 'try: ENOTCONN'")
        for verb in ("one", "try"):
            spent, _ = writers.expect(1, [verb], "ENOTCONN")
            board.expect(spent < 14000, f"{verb}: after {spent} ms")
        writers.expect(1, ["poll", 500], "not")
        poller = writers.start(2, "poll", 60000, begun="poll")
        main.check("modprobe virtio_rpmsg_bus")
        writers.ended(poller, "poll", "writable", 0, 59000)
        writers.expect(1, ["one"], "ok")
    with board.step("the counters say how it went"):
        seen = rpmsg.counters(remote)
        for name in ("transmit_refused_down", "transmit_refused_full", "transmit_refused_unknown"):
            board.expect(seen[name] >= 2, f"{name} is {seen[name]}")
        board.expect(seen["restarts"] == 2, f"restarts is {seen['restarts']}, expected 2")
