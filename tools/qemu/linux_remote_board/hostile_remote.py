# SPDX-License-Identifier: GPL-2.0-only
"""What a hostile remote writes, from the host into the DDR: by chance, and the same again with the same seed."""
import random
import struct

TABLE_BYTES = 0x400
POOLS = ((0x50100000, 0x50300000),)  # of buffers
DDR = 0x50000000
RESOURCE_ENTRY, VRING = 28, 20  # a vdev's words, then those of each vring
CONFIG_LEN, STATUS, GFEATURES = 20, 24, 16
NASTY = (0, 1, 15, 16, 17, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff)


def word(memory, at, size=4):
    return int.from_bytes(memory[at:at + size], "little")


class Ring:
    """A vring at @offset of the DDR, its used ring aligned to 4096."""

    def __init__(self, offset, num):
        self.offset, self.num = offset, num
        self.used = (offset + 16 * num + 6 + 2 * num + 4095) & ~4095


class HostileRemote:
    """Of one vdev."""

    def __init__(self, seed, index, rings):
        self._dice = random.Random(f"{seed} {index}")
        self._index, self._rings = index, rings
        self._old = []
        self._wild = False
        self._kinds = (self._element, self._element, self._twice, self._indices, self._buffer, self._config,
                       self._vring_words)

    def burst(self, memory, writes, wild):
        """@wild: also heads that no ring has, after which its driver looks at nothing more."""
        self._wild = wild
        for _ in range(writes):
            self._dice.choice(self._kinds)(memory)

    def repent(self, memory):
        """The table is as it was."""
        for at, old in reversed(self._old):
            memory[at:at + len(old)] = old
        self._old.clear()

    def _nasty(self, good):
        return self._dice.choice((self._dice.randrange(good), self._dice.choice(NASTY), self._dice.getrandbits(32)))

    def _put_used(self, memory, ring, at, head, length):
        at = ring.used + 4 + 8 * (at % ring.num)
        memory[at:at + 8] = struct.pack("<II", head, length)

    def _advance(self, memory, ring, by):
        at = ring.used + 2
        memory[at:at + 2] = ((word(memory, at, 2) + by) & 0xffff).to_bytes(2, "little")

    def _element(self, memory):
        ring = self._dice.choice(self._rings)
        head = self._nasty(ring.num) if self._wild else self._dice.randrange(ring.num)
        self._put_used(memory, ring, word(memory, ring.used + 2, 2), head, self._nasty(2048))
        self._advance(memory, ring, 1)

    def _twice(self, memory):
        ring, head = self._dice.choice(self._rings), self._dice.randrange(16)
        for step in range(2):
            self._put_used(memory, ring, word(memory, ring.used + 2, 2) + step, head, self._nasty(2048))
        self._advance(memory, ring, 2)

    def _indices(self, memory):
        if not self._wild:
            return
        ring = self._dice.choice(self._rings)
        at = ring.used + self._dice.choice((0, 2, 4 + 8 * ring.num))  # flags, idx, avail_event
        memory[at:at + 2] = self._dice.randbytes(2)

    def _buffer(self, memory):
        """The first bytes, where headers are."""
        ring = self._dice.choice(self._rings)
        address = word(memory, ring.offset + 16 * self._dice.randrange(ring.num), 8)
        if any(start <= address < end - 64 for start, end in POOLS):
            at, size = address - DDR + self._dice.randrange(24), self._dice.choice((1, 2, 4, 8))
            memory[at:at + size] = self._dice.choice((self._dice.randbytes(size), b"\xff" * size, bytes(size)))

    def _table(self, memory, at, new):
        if at + len(new) <= TABLE_BYTES:
            self._old.append((at, memory[at:at + len(new)]))
            memory[at:at + len(new)] = new

    def _config(self, memory):
        entry = word(memory, 16 + 4 * self._index)
        length = word(memory, entry + CONFIG_LEN)
        if length:
            at = entry + RESOURCE_ENTRY + VRING * len(self._rings) + self._dice.randrange(min(length, 8))
            self._table(memory, at, self._dice.randbytes(1))

    def _vring_words(self, memory):
        """da, align, num, notifyid: read once, by whoever claimed the vdev."""
        at = word(memory, 16 + 4 * self._index) + RESOURCE_ENTRY + VRING * self._dice.randrange(len(self._rings))
        self._table(memory, at + 4 * self._dice.randrange(4), self._nasty(4096).to_bytes(4, "little"))


def noise(memory, seed, writes):
    """Words of the whole table, whoever's: version, offsets, types, ids, lengths, status."""
    dice = random.Random(seed)
    for _ in range(writes):
        at = 4 * dice.randrange(TABLE_BYTES // 4)
        memory[at:at + 4] = dice.choice((dice.choice(NASTY), dice.getrandbits(32))).to_bytes(4, "little")


def undriven(table):
    """The bytes of a table as the remote built it, before a main came."""
    table = bytearray(table)
    for index in range(word(table, 4)):
        entry = word(table, 16 + 4 * index)
        table[entry + STATUS] = 0
        table[entry + GFEATURES:entry + GFEATURES + 4] = bytes(4)
    return bytes(table)
