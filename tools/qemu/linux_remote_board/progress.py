# SPDX-License-Identifier: GPL-2.0-only
"""Shows that something long goes on."""
import sys
import time

QUIET_SECONDS = 20
BAR = 30


class Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, what, total=None, out=sys.stdout):
        self.what, self.total, self.out = what, total, out
        self.start = self.said = time.monotonic()
        self.terminal = out.isatty()
        self.done = 0

    def _text(self):
        elapsed = int(time.monotonic() - self.start)
        clock = f"{elapsed // 60}:{elapsed % 60:02}"
        if not self.total:
            return f"{self.what}: {self.done}, {clock}"
        share = min(self.done / self.total, 0.99)
        return f"{self.what}: {share:4.0%}  {self.done} of about {self.total}, {clock}"

    def step(self, done):
        self.done = done
        now = time.monotonic()
        if self.terminal:
            if now - self.said >= 0.2:
                self.said = now
                bar = ""
                if self.total:
                    full = int(BAR * min(done / self.total, 1))
                    bar = f" [{'#' * full}{'.' * (BAR - full)}]"
                self.out.write(f"\r\033[K{self._text()}{bar}")
                self.out.flush()
        elif now - self.said >= QUIET_SECONDS:
            self.said = now
            print(self._text(), file=self.out, flush=True)

    def finish(self, word="done"):
        elapsed = time.monotonic() - self.start
        if self.terminal:
            self.out.write("\r\033[K")
        print(f"{self.what}: {word} ({elapsed:.0f} s)", file=self.out, flush=True)
