# SPDX-License-Identifier: GPL-2.0-only
"""
A remote processor that the host plays: the resident code that takes commands through the control block, and the firmware
that it is told to run, which echoes messages. Numbers as in dts/qemu-shared.dtsi and include/uapi/amp/.
"""
import select
import struct
import threading
import time

from .machine import Failed
from .stand_in import BASE, CTRL, DRIVER_OK, NEXT, NS_ADDRESS, STATUS

CONTROL = 0x306000
# of the control block: the main's words, then ours
COMMAND, ENTRY, TABLE, TABLE_SIZE, SEQUENCE = 4, 8, 16, 24, 28
VERSION, STATE, REASON, ANSWERED, MACHINE = 64, 68, 72, 76, 80
START, STOP = 1, 2
IDLE, RUNNING, STOPPED, CRASHED = 1, 2, 3, 4
VDEV = 3
SERVICE = 0x400
NOT_LOADED = 0xbad  # our reason to refuse what is not in its place


class DeviceRing:
    """The device's end of a vring."""

    def __init__(self, memory, entry, index):
        da, self.align, self.num = struct.unpack_from("<III", memory, entry + 28 + 20 * index)
        self.memory, self.offset = memory, da - BASE
        self.avail = self.offset + 16 * self.num
        self.used = (self.avail + 6 + 2 * self.num + self.align - 1) & ~(self.align - 1)
        self.taken = 0

    def take(self):
        """(head, offset of the buffer, its size), or None."""
        if self.taken == struct.unpack_from("<H", self.memory, self.avail + 2)[0]:
            return None
        head, = struct.unpack_from("<H", self.memory, self.avail + 4 + 2 * (self.taken % self.num))
        address, size, flags, _ = struct.unpack_from("<QIHH", self.memory, self.offset + 16 * head)
        if flags & NEXT:
            raise Failed("the main offers a chain, and rpmsg has none")
        self.taken = (self.taken + 1) % 65536
        return head, address - BASE, size

    def give(self, head, length):
        index, = struct.unpack_from("<H", self.memory, self.used + 2)
        struct.pack_into("<II", self.memory, self.used + 4 + 8 * (index % self.num), head, length)
        struct.pack_into("<H", self.memory, self.used + 2, (index + 1) % 65536)


class StandInRemote(threading.Thread):
    """
    Runs until close(). @manner is how it takes commands: "honest", "silent" (not at all), "refuse", "crash" (at START).
    """

    def __init__(self, memory, bells, machine=0):
        super().__init__(daemon=True)
        self.memory, self.bells, self.machine = memory, bells, machine
        self.manner = "honest"
        self.firmware = None  # what has to be in its place
        self.commands = []  # (command, entry, table, table_size) of all that were answered
        self.messages = 0
        self._rings = None
        self._table = 0
        self._ending = False
        self._wrong = None
        self._lock = threading.RLock()
        self.start()

    def word(self, offset):
        return struct.unpack_from("<I", self.memory, CONTROL + offset)[0]

    def put(self, offset, value):
        struct.pack_into("<I", self.memory, CONTROL + offset, value)

    def ring(self, vector=CTRL):
        self.bells.ring(vector)

    def arrive(self, version=1):
        """As after power on: a command that stands there was for somebody else."""
        with self._lock:
            self.put(VERSION, 0)
            self._rings = None
            for offset, value in ((ANSWERED, self.word(SEQUENCE)), (STATE, IDLE), (REASON, 0), (MACHINE, self.machine)):
                self.put(offset, value)
            self.put(VERSION, version)
            self.ring()

    def depart(self):
        with self._lock:
            self._rings = None
            self.put(VERSION, 0)

    def say(self, state, reason=0):
        """Another state, without having been asked."""
        with self._lock:
            self._rings = None
            self.put(REASON, reason)
            self.put(STATE, state)
            self.ring()

    def lie(self, offset, value):
        with self._lock:
            self.put(offset, value)
            self.ring()

    @property
    def state(self):
        return self.word(STATE)

    @property
    def vdev(self):
        """The offset of the vdev in the table that we were given."""
        count, = struct.unpack_from("<I", self.memory, self._table + 4)
        for at in struct.unpack_from(f"<{count}I", self.memory, self._table + 16):
            if struct.unpack_from("<I", self.memory, self._table + at)[0] == VDEV:
                return self._table + at
        raise Failed("the main gave us a table without a vdev")

    def count(self, command):
        if self._wrong:
            raise Failed(f"the remote that the host plays has died: {self._wrong!r}")
        return sum(1 for given in self.commands if given[0] == command)

    def wait_commands(self, command, number, seconds=30):
        """Until @command was given @number times in all."""
        end = time.monotonic() + seconds
        while self.count(command) < number:
            if time.monotonic() > end:
                raise Failed(f"the main gave {self.commands}, not {number} times {command} within {seconds} s")
            time.sleep(0.01)

    def _in_place(self, table, size):
        """Is all of the firmware where it belongs, but for the table, which is the main's to fill in?"""
        for address, data in self.firmware.segments() if self.firmware else ():
            seen = bytearray(self.memory[address - BASE:address - BASE + len(data)])
            wanted = bytearray(data)
            for image in (seen, wanted):
                if address <= table < address + len(data):
                    image[table - address:table - address + size] = bytes(size)
            if seen != wanted:
                return False
        return True

    def _obey(self):
        command, sequence = self.word(COMMAND), self.word(SEQUENCE)
        if self.manner == "silent" or not self.word(VERSION) or sequence == self.word(ANSWERED):
            return
        entry, table, size = struct.unpack_from("<QQI", self.memory, CONTROL + ENTRY)
        state, reason = STOPPED, 0
        self._rings = None
        if command == START:
            self._table = table - BASE
            state = RUNNING
            if self.manner == "refuse":
                state, reason = IDLE, 7
            elif self.manner == "crash":
                state, reason = CRASHED, 8
            elif not self._in_place(table, size):
                state, reason = IDLE, NOT_LOADED
        self.put(REASON, reason)
        self.put(STATE, state)
        self.commands.append((command, entry, table, size))
        self.put(ANSWERED, sequence)
        self.ring()

    # What the firmware does.

    def _send(self, source, destination, payload):
        taken = self._rings[0].take()
        if not taken:
            raise Failed("the main offers no buffer to receive into")
        head, at, _ = taken
        self.memory[at:at + 16 + len(payload)] = struct.pack("<IIIHH", source, destination, 0, len(payload), 0) + payload
        self._rings[0].give(head, 16 + len(payload))
        self.ring(0)

    def _run(self):
        if not self.memory[self.vdev + STATUS] & DRIVER_OK:
            if self._rings:
                self.ring()  # we are off the rings
            self._rings = None
            return
        if not self._rings:
            self._rings = [DeviceRing(self.memory, self.vdev, index) for index in (0, 1)]
            name = b"rpmsg-client-sample"
            self._send(SERVICE, NS_ADDRESS, struct.pack("<32sII", name, SERVICE, 0))
        while taken := self._rings[1].take():
            head, at, _ = taken
            source, destination, _, size, _ = struct.unpack_from("<IIIHH", self.memory, at)
            payload = bytes(self.memory[at + 16:at + 16 + size])
            self._rings[1].give(head, 0)
            self.messages += 1
            self._send(destination, source, payload)

    def run(self):
        try:
            self._serve()
        except Exception as error:  # told by the next who asks
            self._wrong = error
            raise

    def _serve(self):
        while not self._ending:
            ready, _, _ = select.select(self.bells.ours[:CTRL + 1], [], [], 0.05)
            for bell in ready:
                self.bells.wait(self.bells.ours.index(bell), 0)
            with self._lock:
                self._obey()
                if self.word(VERSION) and self.state == RUNNING:
                    self._run()

    def close(self):
        self._ending = True
        self.join(10)
