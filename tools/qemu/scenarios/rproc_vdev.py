# SPDX-License-Identifier: GPL-2.0-only
"""The remote end of a link alone: what it makes of every word that a main writes into the resource table."""
import struct
import time

from linux_remote_board.machine import Failed

LINK = "/sys/kernel/debug/rproc_vdev/link"
DEVICE = "/sys/bus/rvdev/devices/link:vdev0"
RSC = 0x50000000  # where the shared memory starts, and the table in it
VDEV = 16 + 4  # the only entry
GFEATURES, STATUS, VRING = VDEV + 16, VDEV + 24, VDEV + 28
NUM = 256
USED = 0x2000  # of a ring of 256 aligned to 4096
VRINGS = 0x1000, 0x4000
FEATURES = 1 << 29 | 1


class Main:
    """A main processor that is nothing but a hand in the shared memory."""

    def __init__(self, memory):
        self.memory = memory

    def u8(self, at, value):
        self.memory[at] = value

    def u32(self, at, value):
        self.memory[at:at + 4] = struct.pack("<I", value)

    def word(self, at):
        return struct.unpack_from("<I", self.memory, at)[0]

    def status(self, value):
        self.u8(STATUS, value)

    def make_rings(self):
        for start in VRINGS:
            self.memory[start:start + 0x3000] = bytes(0x3000)

    def start(self, features=FEATURES):
        self.status(0)
        self.status(1)
        self.status(3)
        self.u32(GFEATURES, features)
        self.make_rings()
        self.status(7)


class Remote:
    """The machine, and what it says of its link."""

    def __init__(self, machine):
        self.machine = machine

    def vdev(self):
        _, text = self.machine.run(f"cat {LINK}/vdev0")
        return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)

    def count(self, name):
        return int(self.vdev()[name])

    def tables(self):
        _, text = self.machine.run(f"cat {LINK}/table")
        return int(next(line for line in text.splitlines() if line.startswith("found or built: ")).split(": ")[1])

    def until_tables(self, count, seconds=30):
        end = time.monotonic() + seconds
        while self.tables() < count:
            if time.monotonic() > end:
                raise Failed(f"the table was written over, and not looked at within {seconds} s")

    def until(self, key, value, seconds=30):
        """Waits until the device says so."""
        end = time.monotonic() + seconds
        while (seen := self.vdev().get(key, "-")) != value:
            if time.monotonic() > end:
                raise Failed(f"{key} is {seen!r}, expected {value!r}")

    def says(self, text, act):
        """@act makes the kernel say @text."""
        self.machine.sync_console()
        since = self.machine.console.position
        act()
        self.machine.wait_for(text, 30, since)


def built(main, seconds=30):
    """Waits until there is a table; a look of the remote's makes it, which nobody waits for there."""
    end = time.monotonic() + seconds
    while main.word(0) != 1:
        if time.monotonic() > end:
            raise Failed(f"no resource table within {seconds} s")
        time.sleep(0.01)


def table(board, main):
    built(main)
    entry = struct.unpack_from("<IIIII", main.memory, 0)
    board.expect(entry[0] == 1 and entry[1] == 1 and entry[2] == 0 and entry[3] != 0 and entry[4] == VDEV,
                 f"header of the table: {entry}")
    vdev = struct.unpack_from("<IIIIIIBBBB", main.memory, VDEV)
    board.expect(vdev == (3, 7, 0, FEATURES, 0, 0, 0, 2, 0, 0), f"vdev entry: {vdev}")
    for i, start in enumerate(VRINGS):
        vring = struct.unpack_from("<IIIII", main.memory, VRING + 20 * i)
        board.expect(vring == (RSC + start, 4096, NUM, i, 0), f"vring {i}: {vring}")


def refused(main, remote, text, spoil, mend):
    """The main sets something wrong up: said, refused, and forgotten at the next reset."""
    before = remote.count("refused")

    def act():
        main.status(0)
        remote.until("state", "down")
        main.make_rings()
        main.u32(GFEATURES, FEATURES)
        spoil()
        main.status(7)

    remote.says(text, act)
    remote.until("state", "broken, waits for a reset by the main")
    mend()
    main.start()
    remote.until("state", "up")
    if remote.count("refused") == before:
        raise Failed("not counted")


def driverless(board, main, remote):
    with board.step("goes up at DRIVER_OK, and down at reset, without a doorbell"):
        remote.says(r"vdev@0: up, features 0x20000001", main.start)
        remote.says(r"vdev@0: down: the main reset it", lambda: main.status(0))
        remote.says(r"vdev@0: up", main.start)
        remote.says(r"vdev@0: down: the main gave up on it", lambda: main.status(0x87))
        main.start()
        remote.until("state", "up")
    with board.step("refuses what a broken main sets up, until it mends that"):
        def vring(i, word, value):
            return lambda: main.u32(VRING + 20 * i + 4 * word, value)

        refused(main, remote, r"features taken by the main, expected none outside of 0x20000001, got 0x40000001",
                lambda: main.u32(GFEATURES, 1 << 30 | 1), lambda: None)
        for text, i, word, bad, good in (
                (r"vdev@0: vring1: vring da, .* got 0", 1, 0, 0, RSC + VRINGS[1]),
                (r"vdev@0: vring0: vring da, .* got 0x50003000", 0, 0, RSC + 0x3000, RSC + VRINGS[0]),
                (r"vdev@0: vring0: vring da, .* got 0xfffff000", 0, 0, 0xfffff000, RSC + VRINGS[0]),
                (r"vdev@0: vring0: vring da, .* multiple of 0x10, got 0x50001004", 0, 0, RSC + VRINGS[0] + 4, RSC + VRINGS[0]),
                (r"vdev@0: vring1: vring num, .* 32768, got 0", 1, 2, 0, NUM),
                (r"vdev@0: vring1: vring num, .* 32768, got 48", 1, 2, 48, NUM),
                (r"vdev@0: vring0: vring num, .* 0x8000, got 0x80000000", 0, 2, 1 << 31, NUM),
                (r"vdev@0: vring0: vring da, .* 0x.*, got", 0, 2, 32768, NUM),
                (r"vdev@0: vring0: vring align, .* got 0x80000000", 0, 1, 1 << 31, 4096),
                (r"vdev@0: vring0: vring align, .* got 0x3", 0, 1, 3, 4096)):
            refused(main, remote, text, vring(i, word, bad), vring(i, word, good))
    with board.step("a table that somebody else writes over is built anew, one that was put back is kept"):
        # By its counter: so many changes in a row use up what may be said of them.
        for at, bad in ((0, 0), (4, 1 << 31), (16, 0xffffffff), (VDEV, 77), (VDEV + 4, 1), (12, 4711)):
            before, incarnation = remote.tables(), main.word(12)
            main.u32(at, bad)
            remote.until_tables(before + 1)
            board.expect(main.word(12) == 4711 if at == 12 else main.word(12) not in (0, incarnation),
                         f"word {at}: the table was built anew, or kept, where it should not")
            main.start()
            remote.until("state", "up")
    with board.step("a main that resets as fast as it can does not keep us busy"):
        before = remote.count("downs")
        end = time.monotonic() + 5
        while time.monotonic() < end:
            main.status(0)
            main.status(7)
        main.start()
        remote.until("state", "up")
        downs = remote.count("downs") - before
        board.expect(downs < 60, f"{downs} times down in 5 s")


def with_driver(board, main, remote):
    machine = remote.machine
    with board.step("a driver that comes late finds the device up; it is loaded by its alias and unbound by hand"):
        board.expect("rvdev:d7" in machine.check(f"cat {DEVICE}/modalias"), "modalias")
        machine.check("modprobe rvdev:d7")
        board.expect(machine.check(f"cat {DEVICE}/link").strip() == "up", "the device is not up")
        driver = "/sys/bus/rvdev/drivers/rpmsg_remote"
        for _ in range(3):
            machine.check(f"echo link:vdev0 >{driver}/unbind")
            board.expect(machine.check(f"cat {DEVICE}/link").strip() == "down", "up without a driver")
            machine.check(f"echo link:vdev0 >{driver}/bind")
            board.expect(machine.check(f"cat {DEVICE}/link").strip() == "up", "not up again")
    with board.step("a broken ring takes the link down until the main makes it anew, seen or unseen reset"):
        def breaks():
            main.memory[VRINGS[1] + 16 * NUM + 2:VRINGS[1] + 16 * NUM + 4] = b"\xff\x7f"

        for again in (main.start, main.make_rings):
            # Nobody rings: only a look of its own makes the driver find out, so unbind and bind it.
            breaks()
            machine.run(f"echo link:vdev0 >{driver}/unbind; echo link:vdev0 >{driver}/bind")
            remote.until("state", "broken, waits for a reset by the main")
            time.sleep(0.5)  # several looks
            remote.until("state", "broken, waits for a reset by the main")
            again()
            remote.until("state", "up")


def leaving(board, main, remote):
    machine = remote.machine
    with board.step("unbound, removed and rebooted in any order while the main is up"):
        link = "/sys/bus/platform/drivers/rproc_vdev_remote"
        for _ in range(3):
            before = main.word(12)
            machine.check(f"echo link >{link}/unbind")
            board.expect(main.word(0) == 0, "the table is still there")
            machine.check(f"echo link >{link}/bind")
            built(main)
            board.expect(main.word(12) not in (0, before), "no new incarnation")
            main.start()
            remote.until("state", "up")
        machine.check("modprobe -r rpmsg_remote && modprobe -r rproc_vdev")
        board.expect(main.word(0) == 0, "the table is still there")
        machine.check("modprobe rproc_vdev && modprobe rpmsg_remote")
        main.start()
        remote.until("state", "up")
        machine.check("modprobe -r rpmsg_remote rproc_vdev ivshmem_mailbox")
        machine.check("modprobe ivshmem_mailbox && modprobe rproc_vdev && modprobe rpmsg_remote")
        main.start()
        remote.until("state", "up")
        pci = "/sys/bus/pci/drivers/ivshmem_mailbox"
        machine.check(f"d=$(basename $(ls -d {pci}/0000*)) && echo $d >{pci}/unbind && ! test -e {DEVICE} && "
                      f"echo $d >{pci}/bind")
        machine.run(f"test -e {DEVICE} || echo link >{link}/bind")
        remote.until("state", "down")
        main.start()
        remote.until("state", "up")


def run(board):
    board.need("rproc_vdev", "ivshmem_mailbox", "rpmsg_remote")
    remote = Remote(board.machine("remote", autoload=False))
    with board.ddr() as memory:
        main = Main(memory)
        with board.step("builds the table as devicetree says, and shows the device"):
            remote.machine.check("modprobe rproc_vdev")
            board.expect(remote.machine.run(f"test -e {DEVICE}")[0], "there without its mailboxes")
            remote.machine.check("modprobe ivshmem_mailbox")
            remote.until("state", "down")
            table(board, main)
            board.expect(remote.machine.check(f"cat {DEVICE}/device").strip() == "7", "device id")
        driverless(board, main, remote)
        with_driver(board, main, remote)
        leaving(board, main, remote)
