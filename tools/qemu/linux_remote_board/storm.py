# SPDX-License-Identifier: GPL-2.0-only
"""A peer that rings its doorbells as fast as the host can."""
import threading


class Storm(threading.Thread):
    """Rings each of @vectors in turn, from entering to leaving. The device merges rings that the guest has not seen yet."""

    def __init__(self, bells, vectors):
        super().__init__(daemon=True)
        self._bells, self._vectors, self._ending = bells, vectors, False
        self.rounds = 0

    def run(self):
        while not self._ending:
            for vector in self._vectors:
                self._bells.ring(vector)
            self.rounds += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ending = True
        self.join(10)
