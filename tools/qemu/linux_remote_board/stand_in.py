# SPDX-License-Identifier: GPL-2.0-only
"""
A main processor that the host plays: it writes the shared memory word by word and rings the remote's doorbells, so a
scenario can do to the remote what no Linux would. Numbers as in dts/qemu-shared.dtsi and include/uapi/amp/.
"""
import os
import select
import socket
import struct
import time

from .doorbells import VECTORS
from .machine import Failed

BASE = 0x50000000
TABLE, VRINGS, POOL = 0x0, (0x1000, 0x4000), 0x100000
NUM, ALIGN, BUFFER = 256, 4096, 512
TO_MAIN, FROM_MAIN, CTRL = 0, 1, 2
NEXT, WRITE, INDIRECT = 1, 2, 4
ACKNOWLEDGE, DRIVER, DRIVER_OK, FAILED = 1, 2, 4, 128
F_NS, F_EVENT_IDX = 1 << 0, 1 << 29
NS_ADDRESS = 53
STATUS = 24  # of a vdev entry
PATIENCE = 30  # seconds for what the remote does at once, beside builds


class Bells:
    """A peer of the doorbell server: an eventfd for each doorbell of the other, and our own."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._socket.settimeout(10)
        self._words = []
        self.theirs, self.ours = [], []
        version, _ = self._message()
        self.number, _ = self._message()
        if version != 0:
            raise Failed(f"the doorbell server speaks version {version}")

    def _message(self):
        data, fds, _, _ = socket.recv_fds(self._socket, 8, 1)
        if len(data) != 8:
            raise Failed("the doorbell server hung up")
        return struct.unpack("=q", data)[0], fds[0] if fds else None

    def wait_peer(self, vectors=VECTORS):
        """Until both sides are known with all their doorbells."""
        while len(self.theirs) < vectors or len(self.ours) < vectors:
            number, fd = self._message()
            if number == -1:
                os.close(fd)
            elif fd is not None:
                (self.ours if number == self.number else self.theirs).append(fd)

    def ring(self, vector):
        os.eventfd_write(self.theirs[vector], 1)

    def wait(self, vector, seconds):
        """Whether the other rings @vector within @seconds."""
        if not select.select([self.ours[vector]], [], [], seconds)[0]:
            return False
        os.eventfd_read(self.ours[vector])
        return True

    def clear(self):
        for vector in range(len(self.ours)):
            self.wait(vector, 0)

    def close(self):
        for fd in self.theirs + self.ours:
            os.close(fd)
        self._socket.close()


class Ring:
    """The driver's end of a vring at @offset of the memory."""

    def __init__(self, memory, offset, num=NUM):
        self.memory, self.offset, self.num = memory, offset, num
        self.avail = offset + 16 * num
        self.used = (self.avail + 6 + 2 * num + ALIGN - 1) & ~(ALIGN - 1)
        self.size = self.used - offset + 6 + 8 * num

    def clear(self):
        self.memory[self.offset:self.offset + self.size] = bytes(self.size)

    def descriptor(self, index, address, length, flags=0, following=0):
        struct.pack_into("<QIHH", self.memory, self.offset + 16 * index, address, length, flags, following)

    @property
    def avail_idx(self):
        return struct.unpack_from("<H", self.memory, self.avail + 2)[0]

    @avail_idx.setter
    def avail_idx(self, value):
        struct.pack_into("<H", self.memory, self.avail + 2, value % 65536)

    @property
    def used_idx(self):
        return struct.unpack_from("<H", self.memory, self.used + 2)[0]

    def returned(self, index):
        """(head, length) of used entry number @index."""
        return struct.unpack_from("<II", self.memory, self.used + 4 + 8 * (index % self.num))

    def offer(self, *heads):
        for number, head in enumerate(heads):
            at = self.avail + 4 + 2 * ((self.avail_idx + number) % self.num)
            struct.pack_into("<H", self.memory, at, head)
        self.avail_idx += len(heads)


class StandInMain:
    def __init__(self, memory, bells):
        self.memory, self.bells = memory, bells
        self.to_main, self.from_main = (Ring(memory, offset) for offset in VRINGS)

    # The resource table.

    def word(self, offset):
        return struct.unpack_from("<I", self.memory, offset)[0]

    def put(self, offset, value):
        struct.pack_into("<I", self.memory, offset, value)

    @property
    def entry(self):
        return TABLE + self.word(TABLE + 16)

    def wait_table(self, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while self.word(TABLE) != 1:
            if time.monotonic() > end:
                raise Failed("the remote builds no resource table")
            time.sleep(0.01)

    def status(self, value):
        self.memory[self.entry + STATUS] = value

    def vring(self, index, da=None, notifyid=None):
        at = self.entry + 28 + 20 * index
        if da is not None:
            self.put(at, da)
        self.put(at + 12, index if notifyid is None else notifyid)

    # The life of a link.

    def up(self, features=F_NS | F_EVENT_IDX):
        """As a main boots: fresh rings, all receive buffers offered, DRIVER_OK."""
        self.wait_table()
        for index, ring in enumerate((self.to_main, self.from_main)):
            ring.clear()
            self.vring(index, BASE + ring.offset)
        for index in range(NUM):
            self.to_main.descriptor(index, self.receive_buffer(index), BUFFER, WRITE)
        self.to_main.offer(*range(NUM))
        self.put(self.entry + 16, features)
        for value in (ACKNOWLEDGE, ACKNOWLEDGE | DRIVER, ACKNOWLEDGE | DRIVER | DRIVER_OK):
            self.status(value)
        self.bells.clear()
        self.seen = 0
        for vector in (CTRL, TO_MAIN, FROM_MAIN):
            self.bells.ring(vector)

    def down(self):
        """A reset, and the remote's word that it has let go; a table that it has just built needs none."""
        self.wait_table()
        self.bells.clear()
        if not self.memory[self.entry + STATUS]:
            return
        self.status(0)
        self.bells.ring(CTRL)
        if not self.bells.wait(CTRL, PATIENCE):
            raise Failed(f"the remote does not answer a reset within {PATIENCE} s")

    # Messages.

    def receive_buffer(self, index):
        return BASE + POOL + index * BUFFER

    def send_buffer(self, index):
        return BASE + POOL + (NUM + index) * BUFFER

    def frame(self, index, payload, source=0x500, destination=0x400, length=None):
        """A header and @payload in send buffer @index; the length in the header may be another."""
        at = self.send_buffer(index) - BASE
        header = struct.pack("<IIIHH", source, destination, 0, len(payload) if length is None else length, 0)
        self.memory[at:at + 16 + len(payload)] = header + payload
        return 16 + len(payload)

    def send(self, payload, source=0x500, destination=0x400):
        index = self.from_main.avail_idx % NUM
        self.wait_returned(max(self.from_main.avail_idx - NUM + 1, 0))
        size = self.frame(index, payload, source, destination)
        self.from_main.descriptor(index, self.send_buffer(index), size)
        self.from_main.offer(index)
        self.bells.ring(FROM_MAIN)

    def announce(self, name, address, destroy=0):
        self.send(struct.pack("<32sII", name, address, destroy), NS_ADDRESS, NS_ADDRESS)

    def wait_returned(self, count, seconds=PATIENCE):
        """Until the remote has given back @count buffers in all of the ring from the main."""
        end = time.monotonic() + seconds
        while (self.from_main.used_idx - count) % 65536 >= 32768:
            if time.monotonic() > end:
                raise Failed(f"the remote gave back {self.from_main.used_idx} buffers of {count}")
            time.sleep(0.001)

    def receive(self, seconds=PATIENCE):
        """(source, destination, payload) of the next message; its buffer is offered again."""
        end = time.monotonic() + seconds
        while self.to_main.used_idx == self.seen % 65536:
            if time.monotonic() > end:
                raise Failed(f"no message from the remote within {seconds} s")
            time.sleep(0.001)
        head, length = self.to_main.returned(self.seen)
        self.seen += 1
        at = self.receive_buffer(head) - BASE
        source, destination, _, size, _ = struct.unpack_from("<IIIHH", self.memory, at)
        if length != 16 + size:
            raise Failed(f"used.len is {length} for a message of {size} bytes")
        payload = bytes(self.memory[at + 16:at + 16 + size])
        self.to_main.offer(head)
        self.bells.ring(TO_MAIN)
        return source, destination, payload
