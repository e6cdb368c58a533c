# SPDX-License-Identifier: GPL-2.0-only
"""A hostile main, played by the host: every lie gets one clear message and a count, and the next reset mends it."""
import contextlib
import random
import re
import struct
import time

from linux_remote_board import rpmsg
from linux_remote_board.stand_in import (ACKNOWLEDGE, BASE, CTRL, DRIVER, DRIVER_OK, F_EVENT_IDX, F_NS, FAILED, FROM_MAIN,
                                         INDIRECT, NEXT, NS_ADDRESS, NUM, POOL, TABLE, TO_MAIN, WRITE, Bells, StandInMain)

SECONDS = 900
VDEV = "/sys/kernel/debug/rproc_vdev/link/vdev0"
TABLES = "/sys/kernel/debug/rproc_vdev/link/table"
ECHO = 0x400
LIES = 7  # fewer than the 10 messages that a limit lets through: a lie may be told of more than once
LINK = "/sys/bus/platform/drivers/rproc_vdev_remote"
POOL_END = BASE + POOL + 0x100000


class Trial:
    """One lie after the other to one remote."""

    def __init__(self, board, remote, main):
        self.board, self.remote, self.main = board, remote, main
        self._lies = 0

    def _leave_room(self):
        """Messages are limited in number, and a fast machine would not hear of the next lie: drivers bound anew count anew."""
        if self._lies == LIES:
            self._lies = 0
            self.remote.check(f"echo link >{LINK}/unbind && echo link >{LINK}/bind")
            self.main.wait_table()
            self.again()
        self._lies += 1

    def counters(self):
        found = rpmsg.counters(self.remote)
        for text in (self.remote.check(f"cat {VDEV}"), self.remote.check(f"cat {TABLES}")):
            found |= {name: int(number) for name, number in re.findall(r"^(\w[\w ]*): (\d+)$", text, re.MULTILINE)}
        return found

    def honest(self):
        """The link works: an echo comes back as it was sent."""
        for length in (1, 100, 496):
            payload = random.randbytes(length)
            self.main.send(payload, destination=ECHO)
            source, destination, back = self.main.receive()
            self.board.expect((source, destination, back) == (ECHO, 0x500, payload), f"the echo of {length} bytes differs")

    def again(self, **settings):
        """As a main does that resets: the link is back."""
        self.main.down()
        self.main.up(**settings)
        self.wait_announcement()

    def wait_announcement(self):
        source, destination, payload = self.main.receive(20)
        self.board.expect((source, destination) == (ECHO, NS_ADDRESS) and payload.startswith(b"rpmsg-client-sample\0"),
                          f"expected an announcement, got {payload!r} from {source:#x} to {destination:#x}")

    def provoke(self, text, lie, message, counter, least=1, dead=False):
        """@lie gets a console line that matches @message, and @counter grows; then the link is reset and works."""
        with self.board.step(text):
            self._leave_room()
            self.remote.sync_console()
            since, before, start = self.remote.console.position, self.counters(), time.monotonic()
            lie()
            self.remote.wait_for(message, 20, since)
            if dead:
                rpmsg.until(self.remote, f"grep -q '^state: broken' {VDEV}", 20, "the link is given up")
            wanted = before[counter] + least
            file = VDEV if counter in ("faults", "refused") else TABLES if counter == "malformed" else \
                f"{rpmsg.COUNTERS}/*/counters"
            rpmsg.until(self.remote, f"[ $(sed -n 's/^{counter}:* //p' {file}) -ge {wanted} ]", 20,
                        f"{counter} grows from {before[counter]} to {wanted}")
            self.remote.sync_console()
            said = [line for line in self.remote.console.lines(since) if re.search(message, line)]
            most = 10 * (2 + int((time.monotonic() - start) / 5))
            self.board.expect(len(said) <= most, f"{len(said)} messages, expected at most {most}:\n{said[-1]}")
            self.again()
            self.honest()


def rings(trial):
    """What a ring's indices and heads can say."""
    main = trial.main
    given, taken = main.from_main, main.to_main

    def jump(ring, vector, by):
        def lie():
            ring.avail_idx += by
            main.bells.ring(vector)
            if vector == TO_MAIN:
                honest_question()
        return lie

    def honest_question():
        # The echo makes the remote look at the ring to the main.
        index = given.avail_idx % NUM
        given.descriptor(index, main.send_buffer(index), main.frame(index, b"x", destination=ECHO))
        given.offer(index)
        main.bells.ring(FROM_MAIN)

    def head(value):
        def lie():
            given.offer(value)
            main.bells.ring(FROM_MAIN)
        return lie

    def next_head(value):
        """Instead of the buffer that the remote would take next."""
        def lie():
            at = taken.avail + 4 + 2 * (taken.used_idx % NUM)
            struct.pack_into("<H", main.memory, at, value)
            honest_question()
        return lie

    trial.provoke("avail.idx jumps, on the ring from the main", jump(given, FROM_MAIN, 1000),
                  r"vring1: avail\.idx runs ahead .*got 0x", "faults", dead=True)
    trial.provoke("avail.idx jumps back, on the ring from the main", jump(given, FROM_MAIN, -5),
                  r"vring1: avail\.idx runs ahead .*got 0x", "faults", dead=True)
    trial.provoke("avail.idx jumps, on the ring to the main", jump(taken, TO_MAIN, 1000),
                  r"vring0: avail\.idx runs ahead .*got 0x", "faults", dead=True)
    trial.provoke("a head outside of the ring, on the ring from the main", head(0xbeef),
                  r"vring1: offered head, expected below .*got 0xbeef", "faults", dead=True)
    trial.provoke("a head outside of the ring, on the ring to the main", next_head(0xdead),
                  r"vring0: offered head, expected below .*got 0xdead", "faults", dead=True)
    with trial.board.step("a head offered again after it came back is a message like any other"):
        index = given.avail_idx % NUM
        given.descriptor(index, main.send_buffer(index), main.frame(index, b"twice", destination=ECHO))
        given.offer(index, index)
        main.bells.ring(FROM_MAIN)
        for _ in range(2):
            trial.board.expect(main.receive()[2] == b"twice", "an echo differs")
        trial.again()
        trial.honest()


def chains(trial):
    """What descriptors and headers can say: one buffer is lost, the link goes on."""
    main = trial.main
    ring = main.from_main

    def one(*descriptors, frame=b"x", length=None):
        def lie():
            size = main.frame(ring.avail_idx % NUM, frame, destination=ECHO, length=length)
            index = ring.avail_idx % NUM
            for number, make in enumerate(descriptors):
                address, bytes_, flags, following = make(index, size)
                ring.descriptor((index + number) % NUM, address, bytes_, flags, following)
            ring.offer(index)
            main.bells.ring(FROM_MAIN)
        return lie

    def buffer(flags=0, following=0, address=None, length=None):
        return lambda index, size: (main.send_buffer(index) if address is None else address,
                                    size if length is None else length, flags, following)

    bad = "receive_bad_buffers"
    trial.provoke("a chain that loops", one(lambda index, size: (main.send_buffer(index), 0, NEXT, index)),
                  r"vring1: .*chain, which loops", bad)
    trial.provoke("a chain whose next descriptor is outside of the table",
                  one(lambda index, size: (main.send_buffer(index), 4, NEXT, 0x7777)),
                  r"vring1: next descriptor, expected below .*got 0x7777", bad)
    for text, address in (("in the rings' own memory, not the pool's", BASE), ("at address 0", 0),
                          ("in the remote's own RAM", 0x48000000), ("half behind the pool's end", POOL_END - 8),
                          ("at the end of the address space", 0xfffffffffffffff8)):
        trial.provoke(f"a buffer {text}", one(buffer(address=address, length=32)),
                      r"vring1: descriptor address, outside of every region .*got 0x" + f"{address:x}", bad)
    trial.provoke("a buffer of 4 GiB", one(buffer(length=0xffffffff)),
                  r"vring1: descriptor address, outside of every region", bad)
    trial.provoke("a buffer for the other direction", one(buffer(flags=WRITE)),
                  r"vring1: descriptor flags, expected the other direction", bad)
    trial.provoke("an indirect descriptor", one(buffer(flags=INDIRECT)),
                  r"vring1: descriptor flags, expected no INDIRECT", bad)
    trial.provoke("a header longer than its buffer", one(buffer(), frame=b"x", length=300),
                  r"vring1: bytes in the buffer, expected at least 0x12c", bad)
    trial.provoke("a length in the header of 65535", one(buffer(length=512), length=0xffff),
                  r"vring1: payload length in the header, expected at most .*got 0xffff", bad)
    trial.provoke("a buffer shorter than a header", one(buffer(length=8)),
                  r"vring1: bytes in the buffer, expected at least 0x10: got 0x8", bad)


def name_service(trial):
    main = trial.main
    bad = "receive_bad_announcements"

    def raw(payload):
        return lambda: main.send(payload, NS_ADDRESS, NS_ADDRESS)

    trial.provoke("an announcement without a terminator", raw(struct.pack("<32sII", b"A" * 32, 0x500, 0)),
                  r"vring1: length of an announced name, expected 1 to 0x1f", bad)
    trial.provoke("an announcement without a name", raw(struct.pack("<32sII", b"", 0x500, 0)),
                  r"vring1: length of an announced name", bad)
    trial.provoke("an announcement that would begin a line of the log", raw(struct.pack("<32sII", b"a\nBUG: b", 0x500, 0)),
                  r"vring1: character of an announced name, .*got 0xa", bad)
    trial.provoke("an announcement that is cut off", raw(b"short"), r"vring1: length of a name-service message, expected 0x28",
                  bad)
    trial.provoke("an announcement with unknown flags", raw(struct.pack("<32sII", b"name", 0x500, 0xff)),
                  r"vring1: flags of a name-service message", bad)


def bad_receive_buffers(trial):
    main = trial.main

    def to_main():
        for index in range(NUM):
            main.to_main.descriptor(index, 0x48000000, 512, WRITE)
        main.send(b"question", destination=ECHO)

    trial.provoke("receive buffers in the remote's own RAM", to_main,
                  r"vring0: descriptor address, outside of every region .*got 0x48000000", "transmit_bad_buffers")


def announcement_flood(trial):
    main, board = trial.main, trial.board

    def flood():
        for number in range(5000):
            main.announce(b"flood-%d" % number, 0x10000 + number)
        main.wait_returned(main.from_main.avail_idx, 120)

    trial.provoke("5000 announcements make 1024 channels and no more", flood,
                  r"main announced channel flood-\d+, expected at most 1024", "channels_refused", least=5000 - 1024)
    with board.step("the channels of a flood end with the link"):
        rpmsg.no_channel(trial.remote, "flood-*", 60)


def quiet(board, remote, since, start):
    """Two limits of messages, of 10 and of 30 in 5 s, let no more of them through."""
    remote.sync_console()
    lines = len(remote.console.lines(since))
    most = 110 + 40 * int((time.monotonic() - start) / 5)
    board.expect(lines <= most, f"the console is flooded: {lines} lines, expected at most {most}")


def waiting(trial):
    """A reset under writers that wait for a buffer: they are told, at once."""
    main, remote, board = trial.main, trial.remote, trial.board
    control = rpmsg.control(remote)
    devices = [remote.check(f"rpmsg_control {control} endpoint writer{number} {0x800 + number} 0x700").strip()
               for number in range(3)]
    with board.step("a main that goes while writers wait for a buffer: ENOTCONN at once"):
        filled = remote.check(f"rpmsg_write {devices[0]} fill")
        board.expect(f"EAGAIN count={NUM}" in filled, filled)
        jobs = [remote.start_job(f"exec rpmsg_write {device} one") for device in devices]
        for job in jobs:
            job.wait_output("one: begins", 20)
        rpmsg.until(remote, "[ $(cat /proc/[0-9]*/stat 2>/dev/null | grep -c '(rpmsg_write) S') = 3 ]")
        main.down()
        for job in jobs:
            status, output = job.wait(10)
            board.expect(status == 0 and "one: ENOTCONN" in output, output)
        main.up()
        trial.wait_announcement()
        trial.honest()


def flood(trial):
    main = trial.main
    ring = main.from_main

    def many():
        for _ in range(2000):
            index = ring.avail_idx % NUM
            ring.descriptor(index, main.send_buffer(index), 64, INDIRECT)
            ring.offer(index)
            main.bells.ring(FROM_MAIN)
            main.wait_returned(ring.avail_idx)

    trial.provoke("2000 bad buffers, and a handful of messages", many, r"vring1: descriptor flags, expected no INDIRECT",
                  "receive_bad_buffers", least=2000)


def set_up(trial):
    """Table and status."""
    main, remote, board = trial.main, trial.remote, trial.board

    def offer(**words):
        """Comes up again with something wrong in the table."""
        def lie():
            main.down()
            main.wait_table()
            for index, ring in enumerate((main.to_main, main.from_main)):
                ring.clear()
                main.vring(index, BASE + ring.offset)
            main.put(main.entry + 16, words.get("features", F_NS))
            if "da" in words:
                main.vring(1, words["da"])
            main.status(ACKNOWLEDGE | DRIVER | DRIVER_OK)
            main.bells.ring(CTRL)
        return lie

    trial.provoke("features that were not offered", offer(features=F_NS | 1 << 5),
                  r"vdev@0: features taken by the main, expected none outside of .*got 0x21", "refused")
    trial.provoke("a vring outside of the regions", offer(da=0x48000000),
                  r"vdev@0: vring1: vring da, expected in the regions of the vdev .*got 0x48000000", "refused")
    trial.provoke("a vring at an odd address", offer(da=BASE + 0x4001),
                  r"vdev@0: vring1: vring da, expected a multiple of .*got 0x50004001", "refused")

    with board.step("a status that flaps 500 times, with doorbells"):
        remote.sync_console()
        since, start = remote.console.position, time.monotonic()
        for number in range(500):
            main.status((0, ACKNOWLEDGE, 0xff, DRIVER_OK, ACKNOWLEDGE | DRIVER | DRIVER_OK, FAILED)[number % 6])
            for vector in (CTRL, TO_MAIN, FROM_MAIN):
                main.bells.ring(vector)
        quiet(board, remote, since, start)
        trial.again()
        trial.honest()

    saved = bytes(main.memory[:4096])
    # Version, entries, offset, type and id: what the remote writes and no main changes.
    layout = (TABLE, TABLE + 4, TABLE + 16, main.entry, main.entry + 4)
    with board.step("a table that is overwritten with noise 50 times"):
        since, start = remote.console.position, time.monotonic()
        noise = random.Random(7)
        for _ in range(50):
            main.memory[TABLE:TABLE + 4096] = noise.randbytes(4096)
            main.bells.ring(CTRL)
            remote.check("true")
        remote.wait_for("the resource table was taken away or written anew", 20, since)
        quiet(board, remote, since, start)
        end = time.monotonic() + 20
        while any(main.memory[at:at + 4] != saved[at:at + 4] for at in layout):
            board.expect(time.monotonic() < end, "the table is not whole again")
            time.sleep(0.01)
        trial.again()
        trial.honest()

    with board.step("rings full of noise, with every doorbell, 200 times"):
        noise = random.Random(8)
        for _ in range(200):
            ring = noise.choice((main.to_main, main.from_main))
            at = ring.offset + noise.randrange(ring.used - ring.offset + 4)
            length = noise.choice((1, 2, 4, 16, 256))
            main.memory[at:at + length] = noise.randbytes(length)
            main.bells.ring(noise.choice((CTRL, TO_MAIN, FROM_MAIN)))
        remote.check("true")
        trial.again()
        trial.honest()


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "ivshmem_mailbox", "rpmsg_echo")
    remote = board.machine("remote", start=False, autoload=False)
    bells = Bells(board.doorbell_socket("main"))
    with board.ddr() as memory, contextlib.closing(bells):
        main = StandInMain(memory, bells)
        trial = Trial(board, remote, main)
        with board.step("the host plays an honest main"):
            remote.start()
            remote.check("modprobe -a rpmsg_echo rpmsg_ns rpmsg_ctrl rpmsg_char ivshmem_mailbox rpmsg_remote rproc_vdev")
            bells.wait_peer()
            main.up()
            trial.wait_announcement()
            trial.honest()
        rings(trial)
        chains(trial)
        name_service(trial)
        # These two end the complaints of rpmsg_remote for 5 s; what follows each is told by others.
        bad_receive_buffers(trial)
        announcement_flood(trial)
        set_up(trial)
        waiting(trial)
        flood(trial)
