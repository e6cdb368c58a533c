# SPDX-License-Identifier: GPL-2.0-only
"""Numbers that were measured: medians with their spread, as a table and as JSON."""
import json
import statistics

from .places import write_atomically


class Figures:
    def __init__(self, out=print):
        self.rows = {}  # name: (median, least, most)
        self._out = out

    def add(self, name, samples):
        """Says at once what was measured: a bench takes minutes."""
        self.rows[name] = (statistics.median(samples), min(samples), max(samples))
        self._out(self._line(name), flush=True)

    def _line(self, name):
        median, least, most = self.rows[name]
        spread = f"  ({short(least)} .. {short(most)})" if least != most else ""
        return f"  {name:48}{short(median):>10}{spread}"

    def read(self, path):
        """Takes over what another tool has measured: name: number, and name.spread: [least, most]."""
        for name, value in json.loads(path.read_text()).items():
            if isinstance(value, (int, float)):
                self.rows[name] = (value, value, value)
        for name, value in json.loads(path.read_text()).items():
            if name.endswith(".spread"):
                name = name.removesuffix(".spread")
                self.rows[name] = (self.rows[name][0], *value)

    def table(self):
        return "\n".join(self._line(name) for name in self.rows)

    def write(self, path):
        """Flat: name: number."""
        numbers = {name: round(median, 3) for name, (median, _, _) in self.rows.items()}
        write_atomically(path, (json.dumps(numbers, indent=1) + "\n").encode())


def short(number):
    """Three digits are more than these measurements are worth."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
