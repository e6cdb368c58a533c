# SPDX-License-Identifier: GPL-2.0-only
"""What a remote that the host plays is to the main's virtio drivers: an echo of rpmsg messages, and of a console's port."""
import struct

from .machine import Failed
from .stand_in import BASE, NEXT, NS_ADDRESS

RPMSG, CONSOLE = 7, 3  # virtio ids
SERVICE = 0x400
# control messages of a console
DEVICE_READY, PORT_ADD, PORT_READY, PORT_OPEN, PORT_NAME = 0, 1, 3, 6, 7


class DeviceRing:
    """The device's end of a vring."""

    def __init__(self, memory, entry, index):
        da, self.align, self.num = struct.unpack_from("<III", memory, entry + 28 + 20 * index)
        self.memory, self.offset = memory, da - BASE
        self.avail = self.offset + 16 * self.num
        self.used = (self.avail + 6 + 2 * self.num + self.align - 1) & ~(self.align - 1)
        self.taken = 0

    @property
    def waiting(self):
        return self.taken != struct.unpack_from("<H", self.memory, self.avail + 2)[0]

    def take(self):
        """(head, offset of the buffer, its size), or None."""
        if not self.waiting:
            return None
        head, = struct.unpack_from("<H", self.memory, self.avail + 4 + 2 * (self.taken % self.num))
        address, size, flags, _ = struct.unpack_from("<QIHH", self.memory, self.offset + 16 * head)
        if flags & NEXT:
            raise Failed("the main offers a chain, and its driver makes none")
        self.taken = (self.taken + 1) % 65536
        return head, address - BASE, size

    def give(self, head, length):
        index, = struct.unpack_from("<H", self.memory, self.used + 2)
        struct.pack_into("<II", self.memory, self.used + 4 + 8 * (index % self.num), head, length)
        struct.pack_into("<H", self.memory, self.used + 2, (index + 1) % 65536)

    def hear(self):
        """The bytes of the next buffer, or None."""
        taken = self.take()
        if not taken:
            return None
        head, at, size = taken
        data = bytes(self.memory[at:at + size])
        self.give(head, 0)
        return data

    def say(self, data):
        """How much of @data went into the next buffer, or None."""
        taken = self.take()
        if not taken:
            return None
        head, at, size = taken
        size = min(size, len(data))
        self.memory[at:at + size] = data[:size]
        self.give(head, size)
        return size


class Echo:
    """rpmsg: one service, which says back what it hears. @remote counts the messages."""

    DOORBELL = 0
    VRINGS = 2

    def __init__(self, remote, entry):
        self.remote = remote
        self.rings = [DeviceRing(remote.memory, entry, index) for index in range(self.VRINGS)]
        self.to_main, self.from_main = self.rings
        self._say(SERVICE, NS_ADDRESS, struct.pack("<32sII", b"rpmsg-client-sample", SERVICE, 0))

    def _say(self, source, destination, payload):
        if self.to_main.say(struct.pack("<IIIHH", source, destination, 0, len(payload), 0) + payload) is None:
            raise Failed("the main offers no buffer to receive into")
        self.remote.ring(self.DOORBELL)

    def look(self):
        while (data := self.from_main.hear()) is not None:
            source, destination, _, size, _ = struct.unpack_from("<IIIHH", data)
            self.remote.messages += 1
            self._say(destination, source, data[16:16 + size])


class Console:
    """A port "echo", which says back what it hears. Deaf: takes nothing, while the remote is."""

    DOORBELL = 3
    VRINGS = 4

    def __init__(self, remote, entry):
        self.remote = remote
        self.rings = [DeviceRing(remote.memory, entry, index) for index in range(self.VRINGS)]
        self.to_main, self.from_main, self.answers, self.questions = self.rings
        self._owed, self._held = [], b""

    def look(self):
        if self.remote.deaf:
            return
        ringing = False
        while (data := self.questions.hear()) is not None:
            _, event, value = struct.unpack_from("<IHH", data)
            if event == DEVICE_READY and value:
                self._owed.append(struct.pack("<IHH", 0, PORT_ADD, 1))
            elif event == PORT_READY and value:
                self._owed += [struct.pack("<IHH", 0, PORT_NAME, 1) + b"echo", struct.pack("<IHH", 0, PORT_OPEN, 1)]
            ringing = True
        while self._owed and self.answers.say(self._owed[0]):
            self._owed.pop(0)
            ringing = True
        while self._held or self.from_main.waiting:
            self._held = self._held or self.from_main.hear()
            said = self.to_main.say(self._held)
            if said is None:
                break
            self._held = self._held[said:]
            ringing = True
        if ringing:
            self.remote.ring(self.DOORBELL)


DEVICES = {RPMSG: Echo, CONSOLE: Console}
