# SPDX-License-Identifier: GPL-2.0-only
"""What scenarios ask of the rpmsg buses of a machine."""
import re

from .machine import Failed

DEVICES = "/sys/bus/rpmsg/devices"
COUNTERS = "/sys/kernel/debug/rpmsg_remote"


def until(machine, condition, seconds=20, what=None):
    """Waits in the machine until the shell command @condition succeeds."""
    clock = "read now rest </proc/uptime; now=${now%.*}"
    status, output = machine.run(f"{clock}; end=$((now + {seconds})); until {condition}; do {clock}; "
                                 "[ $now -le $end ] || exit 1; usleep 50000; done", seconds + 60)
    if status:
        raise Failed(f"{machine.name}: not within {seconds} s: {what or condition}\n{output.rstrip()}")
    return output


def counters(machine, vdev="*"):
    """debugfs of rpmsg_remote, as {name: number}, once the bus is there."""
    until(machine, f"ls {COUNTERS}/{vdev}/counters >/dev/null 2>&1", 60, "a bus of rpmsg_remote")
    text = machine.check(f"cat {COUNTERS}/{vdev}/counters")
    return {name: int(number) for name, number in (line.split() for line in text.splitlines())}


def difference(before, after):
    return {name: after[name] - number for name, number in before.items()}


def channel(machine, name, seconds=30, bus=""):
    """The sysfs name of the channel @name of a bus whose device's name begins with @bus, once it is there."""
    pattern = f"{DEVICES}/{bus}*.{name}.*"
    return until(machine, f"ls -d {pattern} 2>/dev/null", seconds, f"a channel {name}").split()[-1].rsplit("/", 1)[1]


def no_channel(machine, name, seconds=30, bus=""):
    until(machine, f"! ls -d {DEVICES}/{bus}*.{name}.* >/dev/null 2>&1", seconds, f"the end of channel {name}")


def control(machine, bus=""):
    """The /dev/rpmsg_ctrl* of a bus."""
    pattern = f"{DEVICES}/{bus}*rpmsg_ctrl*/rpmsg/rpmsg_ctrl*"
    found = until(machine, f"ls -d {pattern} 2>/dev/null", 20, f"rpmsg_ctrl of {bus or 'the bus'}").split()[-1]
    return "/dev/" + found.rsplit("/", 1)[1]


def bind(machine, device, driver):
    machine.check(f"echo {device} >/sys/bus/rpmsg/drivers/{driver}/bind")


def unbind(machine, device):
    machine.check(f"echo {device} >{DEVICES}/{device}/driver/unbind")


def character_device(machine, device, seconds=20):
    """The /dev/rpmsg* that rpmsg_char made for the channel @device."""
    found = until(machine, f"ls -d {DEVICES}/{device}/rpmsg/rpmsg[0-9]* 2>/dev/null", seconds,
                  f"a character device of {device}").split()[-1]
    return "/dev/" + found.rsplit("/", 1)[1]


def exchange(machine, ours, theirs, name="rpmsg-raw"):
    """
    Messages of every length both ways between character devices of one machine that holds both ends of a link: @ours
    is the bus of the main end, @theirs that of the remote end.
    """
    devices = [character_device(machine, channel(machine, f"{name}.{address}", 60, bus), 60)
               for address, bus in (("-1", ours), ("1024", theirs))]
    machine.check(f"rpmsg_pair {' '.join(devices)}", 240)


def values(text):
    """"a=1 b=2.5" as {"a": 1.0, "b": 2.5}."""
    return {name: float(number) for name, number in re.findall(r"(\w+)=([0-9.]+)", text)}
