# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios: what is tried on the machines, a file of scenarios/ each."""
import importlib.util
import mmap
import signal
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from .channel import MachineGone, TimeIsUp
from .doorbells import Doorbells
from .ktap import kunit
from .machine import SHARED_MIB, Failed, Machine
from .mainline import unknown_leaks
from .places import TOOLS, BoardError

OVERLAYS = {"main": "qemu-main.dtso", "remote": "qemu-remote.dtso", "loopback": "qemu-loopback.dtso"}
# Sound ones that a scenario asks for by name.
OTHER_OVERLAYS = ("qemu-main-two.dtso", "qemu-main-boot.dtso", "qemu-remote-two.dtso", "qemu-remote-attacked.dtso",
                  "qemu-main-vdev.dtso", "qemu-loopback-vdev.dtso", "qemu-main-vdev-net.dtso", "qemu-remote-net.dtso",
                  "qemu-main-vdev-console.dtso", "qemu-remote-console.dtso", "qemu-main-vdev-silent.dtso",
                  "qemu-main-hostile.dtso", "qemu-remote-hostile.dtso", "qemu-loopback-memory.dtso",
                  "qemu-main-boot-vdev.dtso", "qemu-main-vendor.dtso", "qemu-remote-vendor.dtso")
PEERS = {"main": 0, "remote": 1}
HOST = 2  # beside them
SECONDS = 600


class Skipped(Exception):
    """A scenario that cannot run here, with the reason."""


class Board:
    """What a scenario gets: machines on one DDR, and a place to say what it found."""

    def __init__(self, name, directory, kernel, initrd, modules, results):
        self.name, self.kernel, self.initrd = name, kernel, initrd
        self.modules = {path.stem for path in modules} | {path.stem for path in kernel.modules()}
        self.ours = {path.stem: path for path in modules}
        self.directory, self._results = Path(directory), results
        self.directory.mkdir(parents=True)
        self.machines = {}
        self._shared = self.directory / "ddr"
        with open(self._shared, "wb") as ddr:
            ddr.truncate(SHARED_MIB << 20)
        self._doorbells = None
        self._hosts_doorbells = None
        self._disturbance = ()

    def machine(self, name, overlay=None, start=True, **settings):
        """
        A machine: "main" and "remote" on one DDR, "loopback" (both ends in one kernel), or any other name for
        one by itself. @overlay replaces the device-tree overlay that belongs to the name.
        """
        doorbell = []
        if name in PEERS:
            doorbell = self._doorbell_server().arguments(PEERS[name])
            if self._hosts_doorbells and name == "remote":
                doorbell += self._hosts_doorbells.arguments(PEERS[name], slot=2)
        machine = Machine(name, self.directory, self.kernel, self.initrd, self._shared,
                          overlay or OVERLAYS.get(name), doorbell, **settings)
        self.machines[name] = machine
        if start:
            machine.start()
        return machine

    def _doorbell_server(self):
        self._doorbells = self._doorbells or Doorbells(self.directory / "doorbells.log", disturbance=self._disturbance)
        return self._doorbells

    def disturb_doorbells(self, lose_percent, delay_ms, seed):
        """Before the first machine: so many doorbells get lost, and all others arrive up to so much later."""
        self._disturbance = ("--lose", str(lose_percent), "--delay", str(delay_ms), "--seed", str(seed))

    def end_doorbells(self):
        """After disturb_doorbells(): nobody rings any more. What became of all rings."""
        self._doorbells.close()
        return (self.directory / "doorbells.log").read_text().splitlines()[-1].removeprefix("doorbell-server: ")

    def doorbell_socket(self, name):
        """Where the host itself connects to the doorbell server, in the place of machine @name or as "host"."""
        return self._doorbell_server().sockets[PEERS.get(name, HOST)]

    def doorbell_socket_of_host(self):
        """The same of a server that only the host and the remote know; asked for before the remote is made."""
        self._hosts_doorbells = self._hosts_doorbells or Doorbells(self.directory / "doorbells-of-host.log")
        return self._hosts_doorbells.sockets[PEERS["main"]]

    @property
    def shared(self):
        """The file of the shared memory."""
        return self._shared

    @contextmanager
    def ddr(self):
        """The shared memory itself, as a hostile peer would write it."""
        with open(self._shared, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            yield memory

    def need(self, *modules):
        """Skips the scenario where a module was left out of the build."""
        missing = [module for module in modules if module not in self.modules]
        if missing:
            raise Skipped(f"{', '.join(missing)} not built")

    @contextmanager
    def step(self, text):
        """One thing that is tried: one line of the result."""
        start = time.monotonic()
        for machine in self.machines.values():
            machine.console.note(text)
        yield
        self._results.add(f"{self.name}: {text}", "passed", seconds=time.monotonic() - start)

    def skip(self, text, why):
        """One thing that is not tried here."""
        self._results.add(f"{self.name}: {text}", "skipped", why)

    def expect(self, truth, text):
        if not truth:
            raise Failed(text)

    def kunit(self, machine, module, timeout=300):
        """Loads a KUnit module and counts its cases."""
        since = machine.console.position
        status, output = machine.run(f"modprobe {module}", timeout)
        machine.sync_console()
        cases = kunit(machine.console.lines(since))
        self._results.add_cases(module, cases)
        if status or not cases:
            raise Failed(f"modprobe {module} ended with {status} after {len(cases)} cases: {output}")
        machine.check(f"rmmod {module}")

    def finish(self):
        """Leaks and reports of every machine; they are results like any other."""
        with ThreadPoolExecutor() as side_by_side:
            leaks = list(side_by_side.map(_leaks, self.machines.values()))
        for machine, leaked in zip(self.machines.values(), leaks):
            text = _first(machine.console.reports()) or leaked
            self._results.add(f"{self.name}: nothing to complain about on {machine.name}",
                              "failed" if text else "passed", text and f"{text}\nin {machine.console.path}")

    def close(self):
        for machine in self.machines.values():
            machine.close()
        for server in (self._doorbells, self._hosts_doorbells):
            if server:
                server.close()
        self._shared.unlink()


class Scenario:
    def __init__(self, path):
        specification = importlib.util.spec_from_file_location(path.stem, path)
        self.module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(self.module)
        self.name = path.stem
        self.description = (self.module.__doc__ or "").strip().splitlines()[0]
        self.flavour = getattr(self.module, "FLAVOUR", "debug")
        self.seconds = getattr(self.module, "SECONDS", SECONDS)

    def run(self, board):
        self.module.run(board)


def scenarios():
    return {path.stem: Scenario(path) for path in sorted((TOOLS / "scenarios").glob("*.py"))}


def _out_of_time(_signal, _frame):
    raise TimeIsUp("the scenario took longer than it may")


def run(scenario, directory, kernel, initrd, modules, results):
    """Runs one scenario and adds what it found to @results."""
    board = Board(scenario.name, directory, kernel, initrd, modules, results)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(scenario.seconds)
    try:
        scenario.run(board)
        signal.alarm(0)
        board.finish()
    except Skipped as reason:
        results.add(scenario.name, "skipped", str(reason))
    except (Failed, TimeIsUp, MachineGone) as error:
        line = traceback.extract_tb(error.__traceback__)
        where = next((f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(line)
                      if "scenarios" in frame.filename), "")
        results.add(f"{scenario.name}: {where}", "failed", f"{error}\nconsoles: {board.directory}/*.log")
        signal.alarm(0)
        _reports_only(board, results)
    except BoardError:
        raise
    except Exception:  # a defect of the scenario itself is a failed test, not the end of the others
        results.add(scenario.name, "failed", traceback.format_exc())
    finally:
        signal.alarm(0)
        board.close()


def _leaks(machine):
    """What a machine has leaked, but for what mainline does."""
    try:
        found = machine.leaks() if machine.running else ""
    except (Failed, MachineGone, TimeIsUp, OSError) as error:
        return f"the scan for leaks did not end: {error}"
    leaked = unknown_leaks(found)
    if found and not leaked:
        machine.console.allowed.append("kmemleak: [0-9]+ new suspected")
    return leaked


def _first(reports):
    """The first report, which the others often follow from."""
    if not reports:
        return ""
    more = f"\nand {len(reports) - 1} more" if len(reports) > 1 else ""
    return "\n".join(reports[0][1]) + more


def _reports_only(board, results):
    for machine in board.machines.values():
        reports = machine.console.reports()
        if reports:
            results.add(f"{board.name}: {machine.name} complains", "failed", _first(reports))
