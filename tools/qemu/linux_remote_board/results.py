# SPDX-License-Identifier: GPL-2.0-only
"""Says what was tested, one line a result, and counts; also for a caller that names a file in AMP_RESULTS."""
import os
import sys

TO_CALLER = {"passed": "pass", "failed": "fail", "skipped": "skip"}
WORDS = {"passed": ("ok  ", "32"), "failed": ("FAIL", "31"), "skipped": ("skip", "33")}


class Results:
    def __init__(self, out=sys.stdout):
        self.counts = dict.fromkeys(WORDS, 0)
        self.failures = []
        self._out = out

    def add(self, name, result, detail="", seconds=None):
        self.counts[result] += 1
        word, colour = WORDS[result]
        if self._out.isatty():
            word = f"\033[{colour}m{word}\033[0m"
        time = f"  ({seconds:.1f} s)" if seconds is not None and seconds >= 1 else ""
        reason = f"  ({detail})" if detail and result == "skipped" else ""
        print(f"{word} {name}{time}{reason}", file=self._out)
        if result == "failed":
            self.failures.append(name)
            for line in detail.splitlines():
                print(f"       {line}", file=self._out)
        self._out.flush()
        if "AMP_RESULTS" in os.environ:
            with open(os.environ["AMP_RESULTS"], "a") as results:
                results.write(f"{TO_CALLER[result]} {name}\n")

    def add_cases(self, prefix, cases):
        for case in cases:
            self.add(f"{prefix}: {case.name}", case.result, case.detail)

    def finish(self):
        """The closing line; the exit status."""
        if self.failures:
            print("failed: " + "; ".join(self.failures), file=self._out)
        print(", ".join(f"{number} {word}" for word, number in self.counts.items()), file=self._out, flush=True)
        return 1 if self.counts["failed"] or not self.counts["passed"] else 0


class Failures:
    """For who has something better to print than results: keeps what is wrong."""

    def __init__(self):
        self.texts = []

    def add(self, name, result, detail="", seconds=None):
        if result == "failed":
            self.texts.append(f"{name}\n{detail}")
