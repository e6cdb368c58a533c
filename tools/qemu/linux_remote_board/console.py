# SPDX-License-Identifier: GPL-2.0-only
"""A machine's console: kept in a file, waited on, searched for what no kernel should say."""
import re
import threading
import time

from .mainline import known

# One report, one name. What the kernel prints on our command (a forced allocation failure) is none.
REPORTS = re.compile(
    r"Kernel panic|Internal error:|Oops|Unable to handle kernel|kernel BUG at|BUG: |WARNING: |KASAN:|UBSAN:|"
    r"INFO: task .* blocked for more than|INFO: rcu|rcu: INFO:|detected stalls|self-detected stall|"
    r"INFO: trying to register non-static key|possible circular locking|possible recursive locking|"
    r"inconsistent lock state|suspicious RCU usage|bad unlock balance|held lock freed|"
    r"lock held when returning to user space|scheduling while atomic|sleeping function called|"
    r"kmemleak: \d+ new suspected|unreferenced object 0x|list_(add|del) corruption|refcount_t: |"
    r"sysfs: cannot create duplicate|kobject.*(tried to|does not have a release)|DMA-API: |ODEBUG: ")


class Console:
    def __init__(self, path, name):
        self.name, self.path = name, path
        self._log = open(path, "wb")
        self._lines, self._partial = [], b""
        self._change = threading.Condition()
        self._echo = False
        self.allowed = []

    def feed(self, data):
        """From the thread that reads the machine."""
        self._log.write(data)
        self._log.flush()
        with self._change:
            *lines, self._partial = (self._partial + data).split(b"\n")
            self._lines += [line.decode(errors="replace").rstrip("\r") for line in lines]
            self._change.notify_all()

    def note(self, text):
        """Puts a line of the harness between the machine's."""
        self._log.write(f"--- board: {text}\n".encode())
        self._log.flush()

    def end(self):
        with self._change:
            self._change.notify_all()

    def close(self):
        self._log.close()

    @property
    def position(self):
        """To wait only for what comes from now on."""
        with self._change:
            return len(self._lines)

    def lines(self, since=0):
        with self._change:
            return self._lines[since:]

    def wait_for(self, pattern, timeout, since=0, alive=lambda: True):
        """The match of @pattern in a line at or after position @since; None when time is up or the machine died."""
        wanted = re.compile(pattern)
        end = time.monotonic() + timeout
        with self._change:
            while True:
                for line in self._lines[since:]:
                    found = wanted.search(line)
                    if found:
                        return found
                since = len(self._lines)
                left = end - time.monotonic()
                if left <= 0 or not alive():
                    return None
                self._change.wait(min(left, 1))

    def reports(self, since=0):
        """[(first line, its context)] of each thing a kernel complained about, but for what is allowed."""
        lines = self.lines(since)
        found, skip_to = [], 0
        for number, line in enumerate(lines):
            if number < skip_to or not REPORTS.search(line):
                continue
            # What a WARNING is about stands in the line before it.
            about = "\n".join(lines[max(number - 1, 0):number + 1])
            if any(re.search(pattern, about) for pattern in self.allowed) or known(lines[number:]):
                continue
            found.append((line, lines[max(number - 1, 0):number + 24]))
            skip_to = number + 24
        return found
