# SPDX-License-Identifier: GPL-2.0-only
"""Writes the archive that Linux unpacks as its first root (the "newc" format)."""
import stat


class Archive:
    def __init__(self):
        self._parts, self._inode = [], 0
        self._directories = set()

    def _entry(self, name, mode, data=b"", device=(0, 0)):
        self._inode += 1
        path = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
        self._parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def directory(self, name):
        name = name.strip("/")
        if not name or name in self._directories:
            return
        if "/" in name:
            self.directory(name.rsplit("/", 1)[0])
        self._directories.add(name)
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o644):
        name = name.strip("/")
        self.directory(name.rpartition("/")[0])
        self._entry(name, stat.S_IFREG | mode, data)

    def device(self, name, major, minor):
        name = name.strip("/")
        self.directory(name.rpartition("/")[0])
        self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def symlink(self, name, target):
        name = name.strip("/")
        self.directory(name.rpartition("/")[0])
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self._parts)
