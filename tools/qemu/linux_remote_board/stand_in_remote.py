# SPDX-License-Identifier: GPL-2.0-only
"""
A remote processor that the host plays: the resident code that takes commands through the control block, and the firmware
that it is told to run, whose vdevs are those of stand_in_devices.py. Numbers as in dts/qemu-shared.dtsi and include/uapi/amp/.
"""
import select
import struct
import threading
import time

from .machine import Failed
from .stand_in import BASE, CTRL, DRIVER_OK, STATUS
from .stand_in_devices import DEVICES

CONTROL = 0x306000
# of the control block: the main's words, then ours
COMMAND, ENTRY, TABLE, TABLE_SIZE, SEQUENCE = 4, 8, 16, 24, 28
VERSION, STATE, REASON, ANSWERED, MACHINE = 64, 68, 72, 76, 80
START, STOP = 1, 2
IDLE, RUNNING, STOPPED, CRASHED = 1, 2, 3, 4
VDEV = 3
NOT_LOADED = 0xbad  # our reason to refuse what is not in its place


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
        self.deaf = False  # its console is
        self._devices = {}  # that the main uses, by their entries
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
            self._devices = {}
            for offset, value in ((ANSWERED, self.word(SEQUENCE)), (STATE, IDLE), (REASON, 0), (MACHINE, self.machine)):
                self.put(offset, value)
            self.put(VERSION, version)
            self.ring()

    def depart(self):
        with self._lock:
            self._devices = {}
            self.put(VERSION, 0)

    def say(self, state, reason=0):
        """Another state, without having been asked."""
        with self._lock:
            self._devices = {}
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
    def vdevs(self):
        """The offsets of the vdevs in the table that we were given."""
        count, = struct.unpack_from("<I", self.memory, self._table + 4)
        offsets = struct.unpack_from(f"<{count}I", self.memory, self._table + 16)
        return [self._table + at for at in offsets
                if struct.unpack_from("<I", self.memory, self._table + at)[0] == VDEV]

    @property
    def vdev(self):
        """That of the first."""
        if not self.vdevs:
            raise Failed("the main gave us a table without a vdev")
        return self.vdevs[0]

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

    def wait_offered(self, vdev, vring, seconds=30):
        """Until the main has offered a buffer that is not taken, in a vring of a device that it uses."""
        end = time.monotonic() + seconds
        while True:
            with self._lock:
                device = self._devices.get(self.vdevs[vdev])
                if device and device.rings[vring].waiting:
                    return
            if time.monotonic() > end:
                raise Failed(f"the main offers nothing in vring {vring} of vdev {vdev} within {seconds} s")
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
        self._devices = {}
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

    def _reaches(self, entry, vrings):
        """Is all that the main set up there in our memory?"""
        das = [struct.unpack_from("<I", self.memory, entry + 28 + 20 * index)[0] for index in range(vrings)]
        return all(BASE <= da < BASE + len(self.memory) for da in das)

    def _run(self):
        for entry in self.vdevs:
            kind = DEVICES.get(struct.unpack_from("<I", self.memory, entry + 4)[0])
            device = self._devices.get(entry)
            if not kind:
                continue
            if not self.memory[entry + STATUS] & DRIVER_OK:
                if device:
                    self.ring()  # we are off the rings
                    del self._devices[entry]
                continue
            if not device:
                if not self._reaches(entry, kind.VRINGS):
                    continue
                device = self._devices[entry] = kind(self, entry)
            device.look()

    def run(self):
        try:
            self._serve()
        except Exception as error:  # told by the next who asks
            self._wrong = error
            raise

    def _serve(self):
        while not self._ending:
            ready, _, _ = select.select(self.bells.ours, [], [], 0.05)
            for bell in ready:
                self.bells.wait(self.bells.ours.index(bell), 0)
            with self._lock:
                self._obey()
                if self.word(VERSION) and self.state == RUNNING:
                    self._run()

    def close(self):
        self._ending = True
        self.join(10)
