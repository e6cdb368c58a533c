# SPDX-License-Identifier: GPL-2.0-only
"""Two machines under traffic: either end goes, in every way, and comes back; the other needs no help."""
import os
import statistics
import time

from linux_remote_board import rpmsg

# What "make soak LENGTH=" multiplies.
LENGTH = float(os.environ.get("BOARD_LENGTH", "1"))
SECONDS = int(1500 * max(LENGTH, 1))
REBOOTS = max(int(5 * LENGTH), 5)
REMOTE_REBOOTS = 2 if LENGTH <= 1 else REBOOTS
TIMES = max(int(3 * LENGTH), 3)
NAME = "rpmsg-raw"
MAIN_MODULES = "ivshmem_mailbox shm_rproc virtio_rpmsg_bus rpmsg_ns rpmsg_ctrl rpmsg_char"
REMOTE_MODULES = "ivshmem_mailbox rproc_vdev rpmsg_remote rpmsg_ns rpmsg_ctrl rpmsg_char"


class Traffic:
    """
    A user program on the remote that answers and another that floods, each with one file that stays open; on the main a
    program that asks, started anew for each life of the link.
    """

    def __init__(self, board, main, remote):
        self.board, self.main, self.remote = board, main, remote
        self.asking = self.keep = self.flood = None
        self.lives = 0

    def serve(self):
        """The programs on the remote."""
        control = rpmsg.control(self.remote)
        self.remote.check(f"ls -d {rpmsg.DEVICES}/*.{NAME}.* || rpmsg_control {control} create {NAME} 0x401")
        device = rpmsg.character_device(self.remote, rpmsg.channel(self.remote, NAME))
        self.keep = self.remote.start_job(f"exec rpmsg_keep {device}")
        self.keep.wait_output("keep: ready", 30)
        device = self.remote.check(f"rpmsg_control {control} endpoint flood 0x800 0x700").strip()
        self.flood = self.remote.start_job(f"exec rpmsg_write {device} flood")

    def ask(self):
        """From the main, until the link goes; first one round of every length, whole."""
        status, output = self.main.run(f"rpmsg_ping {NAME}", 240)
        self.board.expect(status == 0, f"the service on the remote does not answer: {output}")
        self.asking = self.main.start_job(f"exec rpmsg_ping {NAME} 1000")
        self.asking.wait_output("ping: ready", 30)
        self.lives += 1

    def announced(self):
        rpmsg.channel(self.main, NAME, 90)

    def alive(self):
        self.board.expect(self.keep.status is None, f"the service has ended: {self.keep.output}")
        self.board.expect(self.flood.status is None, f"the sender has ended: {self.flood.output}")

    def end(self):
        """Ends the programs on the remote; what they counted."""
        if self.asking:
            self.asking.kill()
        self.remote.check("killall -TERM rpmsg_keep rpmsg_write")
        said = {}
        for job in (self.keep, self.flood):
            status, output = job.wait(60)
            self.board.expect(status == 0, output)
            said |= rpmsg.values(output)
        return said

    def check_end(self):
        said = self.end()
        self.board.expect(said["echoed"] >= 496 * self.lives, f"{said['echoed']:.0f} echoes in {self.lives} lives")
        strange = set(said) - {"echoed", "lost", "ok", "ENOTCONN", "ERESTARTSYS", "longest_ms"}
        self.board.expect(not strange, f"senders got {strange}")
        self.board.expect(said.get("ENOTCONN", 0) >= 1, "no sender was told that the link is down")
        self.board.expect(said["longest_ms"] < 25000, f"a sender waited {said['longest_ms']:.0f} ms")


def table(what, seconds):
    print(f"     {what}: {min(seconds):.1f} / {statistics.median(seconds):.1f} / {max(seconds):.1f} s "
          f"(min / median / max of {len(seconds)})")


def leaves_and_comes(board, traffic, what, times, leave, come):
    """The main's end, @times times, under traffic: announced again, and answered."""
    needed = []
    with board.step(f"{what}, {times} times"):
        for _ in range(times):
            before = rpmsg.counters(traffic.remote)["restarts"]
            leave()
            start = time.monotonic()
            come()
            traffic.announced()
            needed.append(time.monotonic() - start)
            seen = rpmsg.counters(traffic.remote)["restarts"]
            board.expect(seen > before, f"the remote counts {seen} restarts, as before")
            traffic.alive()
            traffic.ask()
    table("from its return to the channel announced", needed)


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox")
    main, remote = (board.machine(name, start=False, autoload=False) for name in ("main", "remote"))
    traffic = Traffic(board, main, remote)

    def load(machine=main, modules=MAIN_MODULES):
        machine.check(f"modprobe -a {modules}")

    with board.step("the link is up, with traffic both ways"):
        for machine in (main, remote):
            machine.start(wait=False)
        for machine in (main, remote):
            machine.wait_boot()
        load(remote, REMOTE_MODULES)
        traffic.serve()
        load()
        traffic.announced()
        traffic.ask()
    leaves_and_comes(board, traffic, "main: virtio_rpmsg_bus unloaded and loaded", TIMES,
                     lambda: main.check("rmmod virtio_rpmsg_bus"), lambda: main.check("modprobe virtio_rpmsg_bus"))
    driver = "/sys/bus/platform/drivers/shm_rproc"
    leaves_and_comes(board, traffic, "main: shm_rproc unbound and bound", TIMES,
                     lambda: main.check(f"echo remoteproc >{driver}/unbind"),
                     lambda: main.check(f"echo remoteproc >{driver}/bind"))
    leaves_and_comes(board, traffic, "main: reboots without a warning", REBOOTS, main.reset, load)
    with board.step("the programs on the remote kept their files open all the time; no message was wrong"):
        traffic.check_end()
        lives = traffic.lives
        seen = rpmsg.counters(remote)
        board.expect(seen["restarts"] >= lives - 1, f"{seen['restarts']} restarts for {lives} lives")
        for name in ("transmit_bad_buffers", "receive_bad_buffers"):
            board.expect(seen[name] == 0, f"{name} is {seen[name]}")

    for what, leave, come in (
            ("remote: rpmsg_remote unloaded and loaded", "rmmod rpmsg_remote", "modprobe rpmsg_remote"),
            ("remote: rproc_vdev unloaded and loaded", "rmmod rpmsg_remote && rmmod rproc_vdev",
             f"modprobe -a {REMOTE_MODULES}")):
        needed = []
        with board.step(f"{what}, {TIMES} times: the main sees the channel go and come"):
            for _ in range(TIMES):
                if traffic.keep is None or traffic.keep.status is not None:
                    traffic.serve()
                    traffic.announced()
                    traffic.ask()
                remote.check(leave, 90)
                for job in (traffic.keep, traffic.flood):
                    job.wait(60)
                board.expect("EPIPE" in traffic.flood.output, traffic.flood.output)
                rpmsg.no_channel(main, NAME)
                start = time.monotonic()
                remote.check(come)
                traffic.serve()
                traffic.announced()
                needed.append(time.monotonic() - start)
                traffic.ask()
        table("from its return to the channel announced", needed)
    needed = []
    with board.step(f"remote: reboots without a warning, {REMOTE_REBOOTS} times"):
        for _ in range(REMOTE_REBOOTS):
            start = time.monotonic()
            remote.reset()
            load(remote, REMOTE_MODULES)
            rpmsg.no_channel(main, NAME)
            traffic.serve()
            traffic.announced()
            needed.append(time.monotonic() - start)
            traffic.ask()
    table("from the reset to the channel announced", needed)
    traffic.end()
