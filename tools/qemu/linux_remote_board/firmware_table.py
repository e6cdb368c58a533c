# SPDX-License-Identifier: GPL-2.0-only
"""A resource table that a test writes into the DDR, for a remote that is not there."""
import struct
import time
from dataclasses import dataclass

from .machine import Failed

RSC_VDEV, RSC_VDEV_LARGE = 3, 384
NET, CONSOLE, RPMSG = 1, 3, 7
DRIVER_OK = 4
ANY = 0xffffffff
ROOM = 4096
HEADER, STATUS, VRINGS, VRING = 16, 24, 28, 20  # of the table; in an entry; of a vring there


@dataclass
class Vdev:
    """An entry."""
    id: int
    vrings: int
    features: int = 0
    config: bytes = b""
    type: int = RSC_VDEV
    num: int = 256
    align: int = 4096

    def pack(self):
        words = struct.pack("<6I4B", self.type, self.id, 0, self.features, 0, len(self.config), 0, self.vrings, 0, 0)
        return words + struct.pack("<5I", ANY, self.align, self.num, 0, 0) * self.vrings + self.config


class Firmware:
    """Its table, in the memory of both, @at bytes from the start of the DDR."""

    def __init__(self, board, *vdevs, at=0):
        self._board, self._at = board, at
        entries, self.offsets = b"", []
        for vdev in vdevs:
            self.offsets.append(HEADER + 4 * len(vdevs) + len(entries))
            entries += vdev.pack()
        self.bytes = struct.pack(f"<{4 + len(vdevs)}I", 1, len(vdevs), 0, 0, *self.offsets) + entries
        with board.ddr() as memory:
            memory[at:at + 4] = bytes(4)  # a table that is being written is none
            memory[at + 4:at + ROOM] = self.bytes[4:].ljust(ROOM - 4, b"\0")
            memory[at:at + 4] = self.bytes[0:4]

    def word(self, vdev, offset):
        with self._board.ddr() as memory:
            return struct.unpack_from("<I", memory, self._at + self.offsets[vdev] + offset)[0]

    def wait_status(self, vdev, wanted, seconds=30):
        """Until all bits of @wanted are there."""
        end = time.monotonic() + seconds
        while self.word(vdev, STATUS) & wanted != wanted:
            if time.monotonic() > end:
                raise Failed(f"vdev {vdev} has status 0x{self.word(vdev, STATUS) & 0xff:x} for {seconds} s, not 0x{wanted:x}")
            time.sleep(0.01)

    def config(self, vdev):
        """Config space of a vdev."""
        with self._board.ddr() as memory:
            at = self._at + self.offsets[vdev]
            vrings, length = memory[at + STATUS + 1], struct.unpack_from("<I", memory, at + STATUS - 4)[0]
            return bytes(memory[at + VRINGS + VRING * vrings:][:length])

    def untouched(self):
        with self._board.ddr() as memory:
            return memory[self._at:self._at + len(self.bytes)] == self.bytes
