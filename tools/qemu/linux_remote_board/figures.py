# SPDX-License-Identifier: GPL-2.0-only
"""Numbers that were measured: medians with their spread, as a table and as JSON."""
import json
import statistics

from .places import write_atomically


class Figures:
    def __init__(self):
        self._rows = {}  # name: (median, least, most)

    def __getitem__(self, name):
        return self._rows[name][0]

    def __contains__(self, name):
        return name in self._rows

    def add(self, name, samples):
        """Says at once what was measured: all of it takes minutes."""
        self._rows[name] = (statistics.median(samples), min(samples), max(samples))
        print(self._line(name), flush=True)

    def read(self, path):
        """Takes over what another tool has measured: name: number, and name.spread: [least, most]."""
        measured = json.loads(path.read_text())
        for name, value in measured.items():
            if not name.endswith(".spread"):
                self._rows[name] = (value, *measured.get(f"{name}.spread", (value, value)))

    def _line(self, name):
        median, least, most = self._rows[name]
        spread = f"{short(least)} .. {short(most)}" if least != most else ""
        return f"{name:50}{short(median):>12}  {spread}".rstrip()

    def table(self):
        return "\n".join([f"{'name':50}{'median':>12}  least .. most", *map(self._line, self._rows)])

    def write(self, path):
        """Flat: name: number; where it varied, name.least and name.most beside it."""
        numbers = {}
        for name, (median, least, most) in self._rows.items():
            numbers[name] = round(median, 3)
            if least != most:
                numbers[f"{name}.least"], numbers[f"{name}.most"] = round(least, 3), round(most, 3)
        write_atomically(path, (json.dumps(numbers, indent=1) + "\n").encode())


def short(number):
    """Three digits are what these measurements are worth."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
