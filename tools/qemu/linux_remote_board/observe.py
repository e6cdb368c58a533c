# SPDX-License-Identifier: GPL-2.0-only
"""What a main end shows of its vdevs: trace events, debugfs, /proc/interrupts."""
import re

TRACING = "/sys/kernel/tracing"
EVENTS = f"{TRACING}/events/rproc_vdev"
EVENT = re.compile(r"rproc_vdev_(\w+): remoteproc(\d+) vdev(\d+)(?: vring(\d+))?(?: status (0x\w+)((?: [A-Z_]+)*))?")
SHOWN = "/sys/kernel/debug/rproc_vdev"
RING = re.compile(r"^vring(\d+): .* kicks in (\d+) out (\d+)", re.M)
MAILBOX = re.compile(r"^mailbox (\w+): through \d+ stuck \d+, (\S+) channel (\d+), interrupts of (\S+)$", re.M)


def can_trace(machine):
    return not machine.run(f"mount -t tracefs tracefs {TRACING} 2>/dev/null; [ -d {TRACING}/events ]")[0]


def kicks(machine, file):
    """{("interrupt" or "kick", vring): how often}, by debugfs."""
    shown = machine.check(f"cat {SHOWN}/{file}")
    return {(what, int(vring)): int(number) for vring, *numbers in RING.findall(shown)
            for what, number in zip(("interrupt", "kick"), numbers)}


class Trace:
    """Our events between start() and stop()."""

    def __init__(self, machine):
        self._machine = machine

    def start(self):
        self._machine.check(f"echo >{TRACING}/trace && echo 1 >{EVENTS}/enable")

    def stop(self):
        """(event, remote processor, vdev, vring, status, its names) of each, in order."""
        return EVENT.findall(self._machine.check(f"echo 0 >{EVENTS}/enable && cat {TRACING}/trace", 120))


def trace_of(machine, file, vdev, traffic):
    """
    What is wrong with the trace of vdev number @vdev while @traffic runs, a line for each. debugfs @file counts the same:
    at least what is counted while events are on is in the trace, at most what is counted from before that to after it.
    """
    trace = Trace(machine)
    before = kicks(machine, file)
    trace.start()
    first = kicks(machine, file)
    traffic()
    last = kicks(machine, file)
    events = [event for event in trace.stop() if event[2] == str(vdev)]
    after = kicks(machine, file)
    for what, vring in before:
        seen = sum(event[0] == what and event[3] == str(vring) for event in events)
        least, most = (end[what, vring] - start[what, vring] for start, end in ((first, last), (before, after)))
        if not least <= seen <= most:
            yield f"vdev {vdev} vring {vring}: {seen} {what}s in the trace, {least} to {most} in debugfs"
    for what in ("interrupt", "kick"):
        if not any(event[0] == what for event in events):
            yield f"vdev {vdev}: no {what} in the trace"


def interrupts(machine, file):
    """{mailbox of the subnode: (node of its controller, lines of /proc/interrupts)}."""
    shown = MAILBOX.findall(machine.check(f"cat {SHOWN}/{file}"))
    lines = machine.check("cat /proc/interrupts").splitlines()
    return {name: (node, [line for line in lines if line.endswith(f"{device}:{channel}")])
            for name, node, channel, device in shown}
