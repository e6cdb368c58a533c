# SPDX-License-Identifier: GPL-2.0-only
"""Commands for the agent in a machine (see guest/agent.cpp), any number at a time."""
import struct
import threading
import time

HEAD = struct.Struct("<B3xII")


class MachineGone(Exception):
    """The machine ended or rebooted under a command."""


class TimeIsUp(Exception):
    """A command or an event took longer than it may."""


class Job:
    """One command that runs, or has run, in a machine."""

    def __init__(self, channel, number, command):
        self._channel, self.number, self.command = channel, number, command
        self._change = channel.change
        self._output = b""
        self.status = None
        self.gone = False

    @property
    def output(self):
        with self._change:
            return self._output.decode(errors="replace")

    def _wait(self, done, timeout, what):
        end = time.monotonic() + timeout
        with self._change:
            while not done():
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeIsUp(f"{self._channel.name}: no {what} within {timeout} s: {self.command}\n"
                                   f"{self._output.decode(errors='replace')}")
                self._change.wait(left)

    def wait(self, timeout=60):
        """(exit status, output) once the command has ended."""
        self._wait(lambda: self.status is not None or self.gone, timeout, "end")
        if self.status is None:
            raise MachineGone(f"{self._channel.name} went away under: {self.command}")
        return self.status, self.output

    def wait_output(self, text, timeout=60):
        """Waits until the output holds @text."""
        self._wait(lambda: text.encode() in self._output or self.status is not None or self.gone, timeout, repr(text))
        if text not in self.output:
            raise MachineGone(f"{self._channel.name}: ended without {text!r}: {self.command}\n{self.output}")

    def kill(self):
        """Ends the command: what it had open is closed."""
        if self.status is None and not self.gone:
            self._channel.send(b"k", self.number, b"")
            self._wait(lambda: self.status is not None or self.gone, 60, "end after it was killed")

    def write(self, data):
        """Bytes for its standard input; none for the end of it."""
        self._channel.send(b"i", self.number, data)


class Channel:
    def __init__(self, socket, name, note):
        self.name = name
        self._socket, self._note = socket, note
        self._jobs, self._last = {}, 0
        self.change = threading.Condition()
        self.greetings = 0
        self.closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, kind, number, data):
        with self.change:
            if self.closed:
                raise MachineGone(f"{self.name} does not run")
        self._socket.sendall(HEAD.pack(kind[0], number, len(data)) + data)

    def _receive(self, length):
        data = b""
        while len(data) < length:
            more = self._socket.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _read(self):
        try:
            while True:
                kind, number, length = HEAD.unpack(self._receive(HEAD.size))
                data = self._receive(length)
                with self.change:
                    self._take(chr(kind), self._jobs.get(number), data)
                    self.change.notify_all()
        except (EOFError, OSError):
            with self.change:
                self.closed = True
                self._abandon()

    def _take(self, kind, job, data):
        if kind == "h":
            self._abandon()  # a new start of the machine: nothing of before runs
            self.greetings += 1
        elif job and kind == "o":
            job._output += data
        elif job and kind == "x":
            job.status = int.from_bytes(data, "little")
            del self._jobs[job.number]
            self._note(f"[{job.number}] ended with {job.status}: {job._output.decode(errors='replace')[-2000:].strip()}")

    def _abandon(self):
        for job in self._jobs.values():
            job.gone = True
        self._jobs.clear()
        self.change.notify_all()

    def wait_greeting(self, count, timeout):
        """Waits for the agent's start number @count."""
        end = time.monotonic() + timeout
        with self.change:
            while self.greetings < count and not self.closed:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.change.wait(left)
            return self.greetings >= count

    def start(self, command):
        with self.change:
            self._last += 1
            job = self._jobs[self._last] = Job(self, self._last, command)
        self._note(f"[{job.number}] {command}")
        self.send(b"r", job.number, command.encode())
        return job
