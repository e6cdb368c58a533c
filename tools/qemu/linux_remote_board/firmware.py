# SPDX-License-Identifier: GPL-2.0-only
"""Firmware for a remote that the host plays: ELF files of either class, with a resource table from rsctool."""
import base64
import struct
import subprocess
from pathlib import Path

from .host import program
from .places import TOOLS, BoardError

SOURCE = TOOLS / "firmware"
CROSS = {64: "aarch64-linux-gnu-", 32: "arm-linux-gnueabihf-"}
MACHINE = {64: 183, 32: 40}
PT_LOAD = 1


def _run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise BoardError(f"{done.stdout}{done.stderr}board: {command[0]} cannot build firmware")


class Firmware:
    """
    @mark is found in what is loaded; @table_loaded: the resource table is part of it; @table: another text for rsctool
    than table.txt; @retype: the vdev that gets the type of many vrings.
    """

    def __init__(self, directory, mark, bits=64, table_loaded=True, table=None, retype=None):
        path = Path(directory) / f"{mark}.elf"
        flags = "aw" if table_loaded else ""
        _run(f"{CROSS[bits]}gcc", "-nostdlib", "-static", "-s", "-Wl,-T," + str(SOURCE / "firmware.ld"),
             "-Wl,--build-id=none", "-Wl,-z,max-page-size=64", f'-DMARK="{mark}"', f'-DTABLE_FLAGS="{flags}"',
             SOURCE / "firmware.S", "-o", path)
        text = SOURCE / "table.txt"
        if table:
            text = path.with_suffix(".txt")
            text.write_text(table)
        _run(program("rsctool", "rsctool"), "build", path, text)
        if retype is not None:
            _run(program("rsctool", "rsctool"), "retype", path, "large", retype)
        self.name, self.bits, self.data = path.name, bits, path.read_bytes()

    def _word(self, at, size):
        return int.from_bytes(self.data[at:at + size], "little")

    @property
    def entry(self):
        return self._word(24, self.bits // 8)

    def segments(self):
        """[(address, bytes in memory)] of all that is loaded."""
        wide = self.bits == 64
        start, count = self._word(32 if wide else 28, self.bits // 8), self._word(56 if wide else 44, 2)
        found = []
        for header in range(start, start + count * (56 if wide else 32), 56 if wide else 32):
            if wide:
                kind, _, offset, _, address, stored, size, _ = struct.unpack_from("<IIQQQQQQ", self.data, header)
            else:
                kind, offset, _, address, stored, size, _, _ = struct.unpack_from("<8I", self.data, header)
            if kind == PT_LOAD:
                found.append((address, self.data[offset:offset + stored] + bytes(size - stored)))
        return found

    def install(self, machine, name=None, data=None):
        """Into the machine's /lib/firmware; @data: other bytes than the file's."""
        text = base64.b64encode(self.data if data is None else data).decode()
        machine.check(f"echo {text} | base64 -d >/lib/firmware/{name or self.name}")

    def changed(self, at, value, size=2):
        """Its bytes with another word at @at."""
        return self.data[:at] + value.to_bytes(size, "little") + self.data[at + size:]
