# SPDX-License-Identifier: GPL-2.0-only
"""The kernel memory that a machine has in use, by the counts of its slab caches."""
from .machine import Failed

# What is cached gives way first, and what each processor has at hand goes back to its cache. The slab that a processor
# takes next counts as in use with all of its objects: of several looks the least is nearest, and what remains may differ
# by a slab for each processor.
_LOOKS = 5
_PROCESSORS = 2
_COUNT = ("sync; echo 3 >/proc/sys/vm/drop_caches; for look in $(seq {}); do "
          "for cache in /sys/kernel/slab/*/shrink; do echo 1 >$cache; done; cat /proc/slabinfo; done")


def _in_use(machine):
    """{cache: (objects, how many of them may be at hand)} of the caches that drivers allocate from."""
    least = {}
    for words in map(str.split, machine.check(_COUNT.format(_LOOKS)).splitlines()):
        if words[0].startswith("kmalloc"):
            seen = int(words[1]), int(words[4]) * _PROCESSORS
            least[words[0]] = min(seen, least.get(words[0], seen))
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
        Fails where a cache has grown by @times objects from each look to the next, one for each time that something
        happened in between, and by more than what may be at hand. Otherwise says by how much the worst has grown.
        """
        self.look()
        grown = {}
        for name, (_, at_hand) in self._seen[-1].items():
            counts = [seen[name][0] for seen in self._seen if name in seen]
            steps = [after - before for before, after in zip(counts, counts[1:])]
            grown[name] = (min(steps, default=0), counts[-1] - counts[0] > at_hand)
        worst = max(grown, key=lambda name: (grown[name][1], grown[name][0]))
        if grown[worst][1] and grown[worst][0] >= times:
            raise Failed(f"{self._machine.name}: {grown[worst][0]} objects more in {worst} after {times} times: a leak?")
        return (f"{len(grown)} slab caches, looked at {len(self._seen)} times; the most that one grew by each time is "
                f"{max(least for least, _ in grown.values())}")
