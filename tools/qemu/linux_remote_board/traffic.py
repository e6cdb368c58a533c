# SPDX-License-Identifier: GPL-2.0-only
"""User programs that talk over a link while something happens to it."""
import statistics

from . import rpmsg

NAME = "rpmsg-raw"  # the name that rpmsg_char drives


class Conversation:
    """Numbered messages both ways at once, between user programs that check what they get."""

    def __init__(self, board, main, remote):
        self.board, self.main, self.remote = board, main, remote

    def serve(self):
        """The channel; anew after each start of the remote's modules, once the main has noticed that."""
        rpmsg.no_channel(self.main, NAME)
        self.remote.check(f"rpmsg_control {rpmsg.control(self.remote)} create {NAME} 0x401")

    def hold(self, messages, seconds):
        """@messages each way; what the one that began says of it."""
        rpmsg.channel(self.main, NAME, 120)
        answering = self.remote.start_job(f"exec rpmsg_stream {NAME} {messages}")
        answering.wait_output("stream: ready")
        asking = self.main.start_job(f"exec rpmsg_stream {NAME} {messages} first")
        for job in (asking, answering):
            status, output = job.wait(seconds)
            self.board.expect(status == 0, output)
        return asking.output.splitlines()[-1]


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
