# SPDX-License-Identifier: GPL-2.0-only
"""One kernel, both ends of two links: vrings and buffers lie where devicetree promises, in each way of saying so."""
import re
import struct

from linux_remote_board import rpmsg
from linux_remote_board.fault import ALLOCATION, EBUSY, NOTHING, each, prepare
from linux_remote_board.firmware_table import CONSOLE, NET, RPMSG, VRING, VRINGS, Firmware, Vdev
from linux_remote_board.target import TARGET

SECONDS = 900
MODULES = ("rpmsg_ns rpmsg_ctrl rpmsg_char rpmsg_remote virtio_rpmsg_bus loopback_mailbox "
           "rproc_vdev shm_rproc")
DDR, NARROW_TABLE = 0x50000000, 0x1000
# Beside the usual memory, so that there is some above 4 GiB; the kernel is told of none of it.
MORE = ("-m", "3344M", "-object", "memory-backend-ram,id=high,size=3072M", "-numa", "node,memdev=high")
USUAL = ("mem=272M",)
F_NS, NUM = 1, 64


def place(start, size):
    return range(start, start + size)


POOL = place(0x50100000, 0x200000)
SYSTEM = place(0x40000000, 0x10000000)
HIGH = place(0x102000000, 0x100000)
# By vdev: what it is, where vring 0 and vring 1 have to be, where the buffers.
LINK = {
    0: ("all from the pool of the remote processor", POOL, POOL, POOL),
    1: ("all from regions that its driver has for the vdev", place(0x50010000, 1), place(0x50012000, 1),
        place(0x50300000, 0x100000)),
    2: ("vrings of its own, buffers from the pool", place(0x50014000, 1), place(0x50016000, 1), POOL),
    3: ("buffers of its own, vrings from the driver's regions", place(0x50018000, 1), place(0x5001a000, 1),
        place(0x50400000, 0x100000)),
    4: ("all from a pool of its own", *[place(0x50500000, 0x100000)] * 3),
    6: ("buffers above 4 GiB", place(0x50020000, 1), place(0x50022000, 1), HIGH),
}
NARROW = {0: ("system memory", SYSTEM, SYSTEM, SYSTEM)}
REFUSED = {
    "a pool that is too small": r"/remoteproc/vdev@5: the virtio driver gave up; for buffers it had the 32 KiB of buffer@50600000",
    "vrings above 4 GiB": r"/remoteproc/vdev@7: vring 0 at 0x102100000: a resource table cannot name memory above 4 GiB",
    "buffers above what the remote processor reaches":
        r"vdev@1: memory-region \"buffer\", .*buffer@102000000, is out of reach of narrow:remoteproc, "
        r"whose DMA addresses end at 0xffffffff",
    "vrings outside of the bus": r"vdev@2: vring 0 at 0x0*102100000 is outside of the dma-ranges",
}


class Link:
    """One of both: its resource table, its buses at either end."""

    def __init__(self, board, firmware, machine, node, remote, places):
        self.board, self.firmware, self.machine = board, firmware, machine
        self.node, self.remote, self.places = node, remote, places

    def bus(self, vdev):
        return self.machine.wait_for(rf"registered (virtio\d+) \(type 7\) of {self.node}/vdev@{vdev}$", 60)[1]

    def exchange(self, vdev):
        rpmsg.exchange(self.machine, self.bus(vdev), f"{self.remote}:vdev{vdev}")

    def rings(self, vdev):
        """The addresses in the table."""
        return [self.firmware.word(vdev, VRINGS + VRING * ring) for ring in (0, 1)]

    def buffers(self, ring):
        """The addresses in the descriptors of a ring in the DDR that were ever used."""
        with self.board.ddr() as memory:
            found = [struct.unpack_from("<QI", memory, ring - DDR + 16 * index) for index in range(NUM)]
        return [(address, length) for address, length in found if length]

    def expect_places(self, vdev):
        what, *wanted, pool = self.places[vdev]
        rings = self.rings(vdev)
        for index, (ring, inside) in enumerate(zip(rings, wanted)):
            self.board.expect(ring in inside, f"{what}: vring {index} is at 0x{ring:x}, expected in {inside}")
        shown = self.machine.check(f"cat /sys/kernel/debug/rproc_vdev/{self.node[1:].replace('/', ':')}:vdev@{vdev}")
        for index, ring in enumerate(rings):
            self.board.expect(f" da 0x{ring:08x} " in shown, f"{what}: debugfs shows vring {index} elsewhere:\n{shown}")
        if rings[0] < DDR:
            return
        buffers = [buffer for ring in rings for buffer in self.buffers(ring)]
        self.board.expect(len(buffers) > NUM, f"{what}: {len(buffers)} buffers, expected more than one vring's")
        for address, length in buffers:
            self.board.expect(address in pool and address + length - 1 in pool,
                              f"{what}: a buffer of {length} bytes at 0x{address:x}, expected in {pool}")


def run(board):
    board.need("fail_call", "rpmsg_remote", "rproc_vdev", "shm_rproc", "loopback_mailbox", "rvdev_net", "rvdev_console")
    if TARGET.arch != "arm64":
        board.skip("memory above 4 GiB", f"this {TARGET.arch} has none")
        return
    # It takes any address.
    rpmsg_vdev = Vdev(RPMSG, 2, F_NS, num=NUM)
    firmware = Firmware(board, *[rpmsg_vdev] * 8)
    narrow_firmware = Firmware(board, *[rpmsg_vdev] * 3, Vdev(NET, 2, num=NUM), Vdev(CONSOLE, 2, num=NUM), at=NARROW_TABLE)
    machine = board.machine("loopback", overlay="qemu-loopback-memory.dtso", autoload=False, qemu=MORE,
                            kernel_arguments=USUAL)
    machine.check(f"modprobe -a {MODULES}")
    link = Link(board, firmware, machine, "/remoteproc", "link", LINK)
    narrow = Link(board, narrow_firmware, machine, "/narrow/remoteproc", "peer", NARROW)
    for end in (link, narrow):
        for vdev, (what, *_) in end.places.items():
            with board.step(f"messages both ways, and each in its place: {what}"):
                end.exchange(vdev)
                end.expect_places(vdev)
    for what, message in REFUSED.items():
        with board.step(f"refused with one message: {what}"):
            machine.wait_for(message, 30)
            machine.sync_console()
            said = [line for line in machine.console.lines() if re.search(message, line)]
            board.expect(len(said) == 1, "\n".join(said))
    prepare(machine)
    with board.step("memory for vrings and buffers is refused in turn"):
        device, driver = link.bus(0), "/sys/bus/virtio/drivers/virtio_rpmsg_bus"
        machine.check(f"echo {device} >{driver}/unbind")
        each(machine, "rpmsg_probe", device, f"{driver}/bind {device}", f"{driver}/unbind {device}",
             f"{driver} /sys/bus/virtio/devices", (("dma_alloc_attrs", NOTHING),))
        machine.check(f"echo {device} >{driver}/bind")
    # A network device's other allocations are mainline's, and hundreds.
    for vdev, driver, folders, calls in (
            (3, "rvdev_net", "/sys/class/net", (("alloc_etherdev_mqs", NOTHING), ("register_netdev", EBUSY))),
            (4, "rvdev_console", "", ALLOCATION)):
        with board.step(f"every call that the probe of {driver} makes fails in turn"):
            folder, name = f"/sys/bus/rvdev/drivers/{driver}", f"peer:vdev{vdev}"
            machine.check(f"modprobe {driver} && echo {name} >{folder}/unbind")
            each(machine, f"{driver}_probe", name, f"{folder}/bind {name}", f"{folder}/unbind {name}",
                 f"{folder} /sys/bus/rvdev/devices {folders}", calls)
