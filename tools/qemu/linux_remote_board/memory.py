# SPDX-License-Identifier: GPL-2.0-only
"""The kernel memory that a machine has in use, by the counts of its slab caches."""
from .machine import Failed

# To the kernel: checked caches keep no slab at hand for a processor, whose free objects would count as in use.
EXACT = "slab_debug=Z,kmalloc-*"

# What is cached gives way first; what waits for RCU or a worker to be freed is gone at one of several looks.
_LOOKS = 5
_COUNT = ("sync; echo 3 >/proc/sys/vm/drop_caches; for look in $(seq {}); do "
          "for cache in /sys/kernel/slab/*/shrink; do echo 1 >$cache; done; cat /proc/slabinfo; done")


def _in_use(machine):
    """{cache: objects} of the caches that drivers allocate from."""
    least = {}
    for words in map(str.split, machine.check(_COUNT.format(_LOOKS)).splitlines()):
        if words[0].startswith("kmalloc"):
            least[words[0]] = min(int(words[1]), least.get(words[0], int(words[1])))
    if not least:
        raise Failed(f"{machine.name}: /proc/slabinfo names no kmalloc cache")
    return least


class Objects:
    """What is in use, from look to look."""

    def __init__(self, machine):
        self._machine, self._seen = machine, [_in_use(machine)]

    def look(self):
        self._seen.append(_in_use(self._machine))

    def expect_no_more(self, times):
        """
        Fails where a cache has grown by @times objects from each look to the next: one for each time that something
        happened in between. Otherwise says by how much the worst has grown.
        """
        self.look()
        steps = list(zip(self._seen, self._seen[1:]))
        grown = {name: min(after[name] - before.get(name, 0) for before, after in steps) for name in self._seen[-1]}
        worst = max(grown, key=grown.get)
        if grown[worst] >= times:
            raise Failed(f"{self._machine.name}: {grown[worst]} objects more in {worst} after {times} times: a leak?")
        return (f"{len(grown)} slab caches, looked at {len(self._seen)} times; the most that one grew by each time is "
                f"{grown[worst]} ({worst})")
