# SPDX-License-Identifier: GPL-2.0-only
"""A peer that writes the same byte into shared memory as fast as the host can."""
import threading


class Overwriter(threading.Thread):
    """Writes @value at @offset of @memory, from entering to leaving."""

    def __init__(self, memory, offset, value):
        super().__init__(daemon=True)
        self._memory, self._offset, self._value, self._ending = memory, offset, value, False

    def run(self):
        while not self._ending:
            self._memory[self._offset] = self._value

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ending = True
        self.join(10)
