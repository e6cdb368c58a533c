# SPDX-License-Identifier: GPL-2.0-only
"""One machine under QEMU."""
import os
import shlex
import socket
import subprocess
import threading
from pathlib import Path

from .channel import Channel, MachineGone, TimeIsUp
from .console import Console
from .devicetree import compose
from .places import die_with_us
from .qmp import Qmp
from .target import TARGET

PRIVATE_MIB, SHARED_MIB = 256, 16
BOOT_SECONDS = 180


class Failed(Exception):
    """What a scenario expects and does not get."""


def qemu_command(shared, cpus):
    """Private memory at 0x40000000, then @shared at 0x50000000 as a second NUMA node."""
    return [*TARGET.qemu, "-smp", str(cpus), "-m", f"{PRIVATE_MIB + SHARED_MIB}M", "-display", "none",
            "-object", f"memory-backend-ram,id=private,size={PRIVATE_MIB}M",
            "-object", f"memory-backend-file,id=ddr,size={SHARED_MIB}M,mem-path={shared},share=on",
            "-numa", f"node,memdev=private,cpus=0-{cpus - 1}", "-numa", "node,memdev=ddr"]


class Machine:
    """
    @shared is the file of the DDR, @doorbell the arguments that connect to the doorbell server (none for a
    machine of its own), @overlay the file of dts/ that makes it what it is, @qemu more arguments of QEMU,
    @kernel_arguments of its kernel.
    """

    def __init__(self, name, directory, kernel, initrd, shared, overlay, doorbell=(), cpus=2, autoload=True,
                 qemu=(), kernel_arguments=()):
        self.name = name
        self._kernel, self._initrd = kernel, initrd
        self._more, self._autoload = [*doorbell, *qemu], autoload
        self._kernel_arguments = kernel_arguments
        self.console = Console(Path(directory) / f"{name}.log", name)
        self._base = qemu_command(shared, cpus)
        self._dtb = compose(self._base, overlay, directory, name)
        self._process = self._channel = self._qmp = None
        self._marks = 0

    def _command_line(self, extra):
        words = ["console=ttyAMA0", "loglevel=8", "printk.devkmsg=on", f"board.role={self.name}",
                 *self._kernel_arguments, *extra]
        if self._autoload:
            words.append("board.autoload")
        return " ".join(words)

    def command(self, extra=()):
        """The whole QEMU command but for the console."""
        return [*self._base, "-kernel", str(self._kernel.image), "-initrd", str(self._initrd),
                "-dtb", str(self._dtb), *self._more, "-append", self._command_line(extra)]

    def start(self, wait=True):
        """Powers on."""
        ours, theirs = zip(socket.socketpair(), socket.socketpair())
        command = [*self.command(), "-serial", "stdio",
                   "-device", "virtio-serial-device", "-chardev", f"socket,id=agent,fd={theirs[0].fileno()}",
                   "-device", "virtserialport,chardev=agent,nr=1,name=agent",
                   "-chardev", f"socket,id=qmp,fd={theirs[1].fileno()}", "-mon", "chardev=qmp,mode=control"]
        self.console.note(f"power on: {shlex.join(command)}")
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, pass_fds=[end.fileno() for end in theirs],
                                         preexec_fn=die_with_us)
        for end in theirs:
            end.close()
        self._reader = threading.Thread(target=self._pump, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        self._sockets = ours
        self._channel = Channel(ours[0], self.name, self.console.note)
        try:
            self._qmp = Qmp(ours[1])
        except (EOFError, OSError) as error:
            self.kill()
            raise Failed(f"{self.name}: QEMU does not start: see {self.console.path}") from error
        if wait:
            self.wait_boot()

    def _pump(self, stream):
        while True:
            data = os.read(stream.fileno(), 65536)
            if not data:
                break
            self.console.feed(data)
        self.console.end()

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def wait_boot(self, timeout=BOOT_SECONDS, boots=1):
        """Waits until the agent of boot number @boots since power on answers."""
        if not self._channel.wait_greeting(boots, timeout):
            raise Failed(f"{self.name} does not boot within {timeout} s: see {self.console.path}")

    def start_job(self, command):
        """Runs a shell command there and returns at once: a Job."""
        return self._channel.start(command)

    def run(self, command, timeout=60):
        """(exit status, output) of a shell command there."""
        job = self.start_job(command)
        try:
            return job.wait(timeout)
        except TimeIsUp:
            job.kill()
            raise

    def check(self, command, timeout=60):
        """Its output; fails when the command does."""
        status, output = self.run(command, timeout)
        if status:
            raise Failed(f"{self.name}: \"{command}\" ended with {status}:\n{output.rstrip()}")
        return output

    def wait_for(self, pattern, timeout=30, since=0):
        """Waits for a console line that @pattern matches, at or after position @since of the console."""
        found = self.console.wait_for(pattern, timeout, since, lambda: self.running)
        if not found:
            raise Failed(f"{self.name}: nothing like \"{pattern}\" on the console within {timeout} s")
        return found

    def sync_console(self):
        """Returns when everything that was printed until now is in the console."""
        self._marks += 1
        since = self.console.position
        self.check(f"echo board-mark-{self._marks} >/dev/kmsg")
        self.wait_for(f"board-mark-{self._marks}$", since=since)

    def reset(self, wait=True):
        """Reboots without a warning to anybody."""
        boots = self._channel.greetings
        self.console.note("reset")
        self._qmp.do("system_reset")
        if wait:
            self.wait_boot(boots=boots + 1)

    def pause(self):
        self._qmp.do("stop")

    def resume(self):
        self._qmp.do("cont")

    def crash(self):
        """QEMU dies."""
        self._process.kill()
        self._process.wait()

    def kill(self):
        """Power off, from one instant to the next."""
        if self._process is None:
            return
        self.console.note("power off")
        if self.running:
            self._process.kill()
        self._process.wait()
        self._reader.join(10)
        self._process.stdout.close()
        for end in self._sockets:
            end.close()
        self._process = None

    def leaks(self):
        """What kmemleak finds; two scans, since the first may meet pointers on the move."""
        status, _ = self.run("test -w /sys/kernel/debug/kmemleak")
        if status:
            return ""
        # kmemleak says nothing of objects younger than 5 s.
        return self.check("sleep 5; cd /sys/kernel/debug; echo scan >kmemleak; echo scan >kmemleak; cat kmemleak", 120)

    def close(self):
        self.kill()
        self.console.close()


def boot(*machines):
    """Powers all of them on and returns when they have booted."""
    for machine in machines:
        machine.start(wait=False)
    for machine in machines:
        machine.wait_boot()


__all__ = ["Failed", "Machine", "MachineGone", "TimeIsUp", "boot", "qemu_command"]
