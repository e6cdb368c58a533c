# SPDX-License-Identifier: GPL-2.0-only
"""One kernel, both ends: mainline's virtio_rpmsg_bus and ours on the same rings of 2, 16, 256 and 1024 entries."""
import re
import struct

from linux_remote_board import rpmsg

SECONDS = 900
SAMPLE, RAW, TTY = "rpmsg-client-sample", "rpmsg-raw", "rpmsg-tty"
ANNOUNCEMENT = 40
SIZES = (2, 16, 256, 1024)
MAIN = "/sys/devices/platform/remoteproc{}/remoteproc/*/rproc-virtio*/virtio*"
MODULES = ("rpmsg_ns rpmsg_ctrl rpmsg_char rpmsg_tty rpmsg_remote virtio_rpmsg_bus loopback_mailbox rproc_vdev "
           "shm_rproc")


class Pair:
    """One of the four links: the main's bus and ours."""

    def __init__(self, board, machine, number, size):
        self.board, self.machine, self.number, self.size = board, machine, number, size
        self.event_index = number % 2 == 0  # see the overlay
        self.ours = f"link{number}:vdev0"
        self.main = rpmsg.until(machine, f"ls -d {MAIN.format(number)} 2>/dev/null").split()[-1].rsplit("/", 1)[1]

    def counters(self):
        return rpmsg.counters(self.machine, self.ours)

    def indices(self):
        """What the main's end counts: buffers that it offered on vring 1, and buffers that came back on vring 0."""
        base = 0x400000 * self.number
        used = (16 * self.size + 6 + 2 * self.size + 4095) & ~4095
        with self.board.ddr() as memory:
            offered, = struct.unpack_from("<H", memory, base + 0x20000 + 16 * self.size + 2)
            returned, = struct.unpack_from("<H", memory, base + 0x10000 + used + 2)
        return offered, returned

    def wants_no_doorbell_for_the_next(self):
        """In the main's place, while it has nothing to do: its event index wants the next but one."""
        base = 0x400000 * self.number + 0x10000
        with self.board.ddr() as memory:
            _, returned = self.indices()
            struct.pack_into("<H", memory, base + 18 * self.size + 4, (returned + 1) % 65536)

    def grew(self, before, **wanted):
        after = self.counters()
        seen = rpmsg.difference(before, after)
        for name, number in wanted.items():
            self.board.expect(seen[name] == number, f"{self.ours}: {name} grew by {seen[name]}, expected {number}")
        offered, returned = self.indices()
        self.board.expect(offered == after["receive_messages"] % 65536,
                          f"{self.main} sent {offered} messages, {self.ours} got {after['receive_messages']}")
        self.board.expect(returned == after["transmit_messages"] % 65536,
                          f"{self.main} got {returned} messages, {self.ours} sent {after['transmit_messages']}")
        for way in ("transmit", "receive"):
            self.board.expect(after[f"{way}_bad_buffers"] == 0, f"{self.ours}: {way}_bad_buffers")

    def service(self, name, driver, source, on_main=False):
        """A channel made by RPMSG_CREATE_DEV_IOCTL and bound to @driver: the other bus hears of it."""
        bus, other = (self.main, self.ours) if on_main else (self.ours, self.main)
        self.machine.check(f"rpmsg_control {rpmsg.control(self.machine, bus)} create {name} {source:#x}")
        device = f"{bus}.{name}.{source}.-1"
        rpmsg.bind(self.machine, device, driver)
        return device, rpmsg.channel(self.machine, f"{name}.-1", bus=other)

    def end_service(self, name, source, heard, on_main=False):
        """Withdraws it; unbound on the main before, where mainline would trip over its own locks (see mainline.py)."""
        bus, other = (self.main, self.ours) if on_main else (self.ours, self.main)
        if not on_main:
            rpmsg.unbind(self.machine, heard)
        self.machine.check(f"rpmsg_control {rpmsg.control(self.machine, bus)} release {name} {source:#x}")
        rpmsg.no_channel(self.machine, f"{name}.-1", bus=other)


def sample_runs(pair, device):
    """Binds mainline's sample to @device and waits until it has had its 100 messages."""
    machine = pair.machine
    since = machine.console.position
    rpmsg.bind(machine, device, "rpmsg_client_sample")
    machine.wait_for(f"{re.escape(device)}: goodbye!", 120, since)
    machine.sync_console()
    incoming = [line for line in machine.console.lines(since) if f"{device}: incoming msg" in line]
    pair.board.expect(len(incoming) == 100, f"{device} got {len(incoming)} messages, expected 100")


def sample(pair):
    size = 100 * len("hello world!")
    static = f"{pair.ours}.{SAMPLE}.1024.-1"
    before = pair.counters()
    rpmsg.bind(pair.machine, static, "rpmsg_echo")
    heard = rpmsg.channel(pair.machine, SAMPLE, bus=pair.main)
    sample_runs(pair, heard)
    pair.grew(before, transmit_messages=101, transmit_bytes=size + ANNOUNCEMENT, receive_messages=100,
              receive_bytes=size)
    rpmsg.unbind(pair.machine, heard)
    rpmsg.unbind(pair.machine, static)
    rpmsg.no_channel(pair.machine, SAMPLE, bus=pair.main)

    before = pair.counters()
    _, heard = pair.service(SAMPLE, "rpmsg_echo", 0x500, on_main=True)
    sample_runs(pair, heard)
    pair.grew(before, transmit_messages=100, transmit_bytes=size, receive_messages=101,
              receive_bytes=size + ANNOUNCEMENT)
    pair.end_service(SAMPLE, 0x500, heard, on_main=True)


def exchange(pair, main, ours, before, announcements):
    """Every length both ways between two character devices, against the counters of our bus."""
    status, output = pair.machine.run(f"rpmsg_pair {main} {ours}", 240)
    pair.board.expect(status == 0, f"{pair.ours}: {output}")
    told = rpmsg.values(output)
    pair.grew(before, receive_messages=told["first_messages"], receive_bytes=told["first_bytes"],
              transmit_messages=told["second_messages"] + announcements,
              transmit_bytes=told["second_bytes"] + announcements * ANNOUNCEMENT)


def characters(pair):
    machine = pair.machine
    before = pair.counters()
    ours, heard = pair.service(RAW, "rpmsg_chrdev", 0x600)
    rpmsg.bind(machine, heard, "rpmsg_chrdev")
    exchange(pair, rpmsg.character_device(machine, heard), rpmsg.character_device(machine, ours), before, 1)
    pair.end_service(RAW, 0x600, heard)

    before = pair.counters()
    main = machine.check(f"rpmsg_control {rpmsg.control(machine, pair.main)} endpoint at-main 0x700 0x701").strip()
    ours = machine.check(f"rpmsg_control {rpmsg.control(machine, pair.ours)} endpoint at-remote 0x701 0x700").strip()
    exchange(pair, main, ours, before, 0)


def terminals(pair):
    machine = pair.machine
    ours, heard = pair.service(TTY, "rpmsg_tty", 0x800)
    rpmsg.bind(machine, heard, "rpmsg_tty")
    names = ["/dev/" + machine.check(f"ls {rpmsg.DEVICES}/{device}/tty").strip() for device in (heard, ours)]
    machine.check("for i in 1 2 3 4; do head -c 400 /dev/urandom; done >/tmp/tty")
    keep = [machine.start_job(f"stty -F {name} raw -echo; echo open; exec sleep 1000 <>{name}") for name in names]
    for job in keep:
        job.wait_output("open", 20)
    for sender, receiver in (names, names[::-1]):
        reader = machine.start_job(f"exec <{receiver}; echo ready; timeout 30 head -c 1600 | cmp - /tmp/tty && echo same")
        reader.wait_output("ready", 20)
        # rpmsg_tty never waits for a buffer: what it refuses is tried again.
        machine.check(f"for i in 0 1 2 3; do until dd if=/tmp/tty of={sender} bs=400 skip=$i count=1 2>/dev/null; do "
                      "usleep 10000; done; done")
        status, output = reader.wait(60)
        pair.board.expect(status == 0 and "same" in output, f"{sender} to {receiver}: {output}")
    for job in keep:
        job.kill()
    pair.end_service(TTY, 0x800, heard)


def one_of_two(pair):
    """Two messages to a main that wants to hear of the second: one doorbell, and it gets both."""
    machine = pair.machine
    main = machine.check(f"rpmsg_control {rpmsg.control(machine, pair.main)} endpoint at-main 0x702 0x703").strip()
    ours = machine.check(f"rpmsg_control {rpmsg.control(machine, pair.ours)} endpoint at-remote 0x703 0x702").strip()
    reader = machine.start_job(f"exec 3<>{main}; echo ready; exec timeout 60 dd bs=496 count=2 <&3 2>/dev/null")
    reader.wait_output("ready", 20)
    before = pair.counters()
    pair.wants_no_doorbell_for_the_next()
    for number, (kicked, saved) in enumerate(((0, 1), (1, 1)), 1):
        machine.check(f"echo message{number} >{ours}")
        grew = rpmsg.difference(before, pair.counters())
        seen = grew["transmit_kicks"], grew["transmit_kicks_saved"]
        pair.board.expect(seen == (kicked, saved), f"{pair.ours}: message {number}: {seen[0]} kicks, {seen[1]} saved, "
                          f"expected {kicked} and {saved}: the main has the event index")
    status, output = reader.wait(90)
    pair.board.expect(status == 0 and "message1" in output and "message2" in output, f"{pair.main} got: {output}")


def kicks(pair):
    """Every message is followed by a look whether the main asked for a doorbell."""
    now = pair.counters()
    asked, saved = now["transmit_kicks"], now["transmit_kicks_saved"]
    pair.board.expect(asked + saved == now["transmit_messages"],
                      f"{pair.ours}: {asked} kicks and {saved} saved for {now['transmit_messages']} messages")
    if pair.event_index:
        one_of_two(pair)
    else:
        pair.board.expect(saved == 0, f"{pair.ours}: {saved} kicks were kept back though the main wants each")
    if pair.size >= 256:
        # A main that gets ahead of us by a whole ring does wait, now and then.
        most = 2 + now["receive_messages"] // 20
        pair.board.expect(now["receive_kicks"] <= most, f"{pair.ours}: {now['receive_kicks']} kicks for returned "
                          f"buffers that nobody waited for, expected at most {most}")


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "loopback_mailbox", "rpmsg_echo", "rpmsg_client_sample")
    machine = board.machine("loopback", autoload=False)
    with board.step("both ends of four links come up in one kernel"):
        machine.check(f"modprobe -a {MODULES}")
        pairs = [Pair(board, machine, number, size) for number, size in enumerate(SIZES)]
        for pair in pairs:
            rpmsg.control(machine, pair.main)
            rpmsg.control(machine, pair.ours)
            rpmsg.until(machine, f"grep -qx 'incarnation 1' {rpmsg.COUNTERS}/{pair.ours}/counters")
        # From here on the scenario says which driver takes which end.
        machine.check("echo 0 >/sys/bus/rpmsg/drivers_autoprobe")
        machine.check("modprobe -a rpmsg_echo rpmsg_client_sample")
    for pair in pairs:
        with board.step(f"{pair.size} entries: the sample, on the main and then on the remote"):
            sample(pair)
        with board.step(f"{pair.size} entries: rpmsg_char, 0 to 496 bytes both ways, by channel and by endpoint"):
            characters(pair)
        with board.step(f"{pair.size} entries: rpmsg_tty"):
            terminals(pair)
        with board.step(f"{pair.size} entries: doorbells only when asked for"):
            kicks(pair)
    with board.step("nobody was rung for nothing"):
        machine.sync_console()
        spurious = [line for line in machine.console.lines() if "no used buffer" in line]
        board.expect(not spurious, "\n".join(spurious))
