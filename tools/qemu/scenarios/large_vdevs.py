# SPDX-License-Identifier: GPL-2.0-only
"""A vdev with more vrings than mainline takes is passed over where devicetree declares it; the rest of the link works."""
import struct

RPROC = "/sys/class/remoteproc/remoteproc0"
HEADER, ENTRY, VRING = 16, 28, 20
RSC_VDEV, RSC_VDEV_LARGE = 3, 384
RPMSG, CONSOLE = 7, 3
DRIVER_OK = 4
ANY = 0xffffffff


def table(*vdevs):
    """A table of vdevs (type, virtio id, vrings), and where its entries are."""
    at, entries, offsets = HEADER + 4 * len(vdevs), b"", []
    for kind, device, vrings in vdevs:
        offsets.append(at + len(entries))
        entries += struct.pack("<6I4B", kind, device, 0, device == RPMSG, 0, 0, 0, vrings, 0, 0)
        entries += struct.pack("<5I", ANY, 4096, 256, 0, 0) * vrings
    return struct.pack(f"<{4 + len(vdevs)}I", 1, len(vdevs), 0, 0, *offsets) + entries, offsets


class Firmware:
    """Its table in the memory of both."""

    def __init__(self, board, *vdevs):
        self.board = board
        self.bytes, self.offsets = table(*vdevs)
        with board.ddr() as memory:
            memory[0:4] = bytes(4)
            memory[4:4096] = self.bytes[4:].ljust(4092, b"\0")
            memory[0:4] = self.bytes[0:4]

    def word(self, vdev, offset):
        with self.board.ddr() as memory:
            return struct.unpack_from("<I", memory, self.offsets[vdev] + offset)[0]

    def untouched(self):
        with self.board.ddr() as memory:
            return memory[:len(self.bytes)] == self.bytes


def attach(main):
    since = main.console.position
    main.check("modprobe shm_rproc")
    main.wait_for("rpmsg host is online", 60, since)
    return since


def refuses(board, main, reason, *vdevs):
    Firmware(board, *vdevs)
    since = main.console.position
    main.check("modprobe shm_rproc")
    main.wait_for(f"resource table refused: {reason}", 30, since)
    board.expect(main.check(f"cat {RPROC}/state").strip() == "detached", "attached")
    main.check("rmmod shm_rproc")


def run(board):
    board.need("shm_rproc", "ivshmem_mailbox")
    main = board.machine("main", overlay="qemu-main-large.dtso", autoload=False)
    main.check("modprobe ivshmem_mailbox && modprobe virtio_rpmsg_bus")
    for kind in (RSC_VDEV, RSC_VDEV_LARGE):
        with board.step(f"a vdev of four vrings and type {kind}: the core passes over it, and drives the other"):
            firmware = Firmware(board, (RSC_VDEV, RPMSG, 2), (kind, CONSOLE, 4))
            since = attach(main)
            main.wait_for("unsupported vendor resource 384", 10, since)
            board.expect(firmware.word(0, 24) & DRIVER_OK, "no DRIVER_OK in the first vdev")
            board.expect(firmware.word(1, 0) == RSC_VDEV, f"type {firmware.word(1, 0)}, firmware looks for 3")
            board.expect(firmware.word(1, 24) & 0xff == 0, "somebody drives the second vdev")
        with board.step("when the driver leaves the table is as the remote built it"):
            main.check("rmmod shm_rproc")
            board.expect(firmware.untouched(), "words have changed")
    with board.step("one of two vrings that is declared, and that nobody claims, is mainline's with its own memory"):
        firmware = Firmware(board, (RSC_VDEV, RPMSG, 2), (RSC_VDEV, CONSOLE, 2))
        since = attach(main)
        main.wait_for(r"registered virtio\d+ \(type 3\)", 30, since)
        main.wait_for("notify id 2: no mailbox for it", 30, since)
        main.check("rmmod shm_rproc")
        board.expect(firmware.untouched(), "words have changed")
        told = [line for line in main.console.lines() if "notify id 2: no mailbox" in line]
        board.expect(len(told) == 1, f"{len(told)} messages that a vring has no mailbox")
    with board.step("what devicetree does not declare is refused"):
        refuses(board, main, "vdev 0: vrings of a vdev that no vdev@N node declares, .* at most 2, got 3",
                (RSC_VDEV, RPMSG, 3), (RSC_VDEV, CONSOLE, 4))
        refuses(board, main, "vdev 2: vdev that no vdev@N node declares, behind some that mainline passes over",
                (RSC_VDEV, RPMSG, 2), (RSC_VDEV, CONSOLE, 4), (RSC_VDEV, RPMSG, 2))
    with board.step("and nothing of all that is left"):
        Firmware(board, (RSC_VDEV, RPMSG, 2), (RSC_VDEV, CONSOLE, 4))
        attach(main)
