# SPDX-License-Identifier: GPL-2.0-only
"""Calls that a machine's drivers make fail in turn: see drivers/kunit/fail_call.c and guest/fault_each.cpp."""
from . import length, rpmsg
from .machine import Failed

NOTHING, ENOMEM, ENODEV, EBUSY, EEXIST, EINVAL = 0, -12, -19, -16, -17, -22
# One allocation, all from one on; two in a row where there is time. Behind the checks for those that must not fail.
ONE, ALL, TWO = (("should_fail_ex", 1, times) for times in (1, 0, 2))
ALLOCATION = [ONE, ALL] + ([TWO] if length.times(1) > 1 else [])


def prepare(machine, *modules):
    machine.check(f"modprobe -a fail_call {' '.join(modules)}")
    machine.check("cd /sys/kernel/debug/failslab && echo N >ignore-gfp-wait && echo 0 >verbose")


def each(machine, within, name, do, undo, folders, calls, refused=True):
    """Runs fault_each for each (function, error, times). @refused: @do fails where a call does that is no allocation."""
    wrong = []
    for function, error, *times in calls:
        times = times[0] if times else 1
        status, output = machine.run(f"fault_each {within} {function} {error} {times} {name} {do} {undo} {folders}", 300)
        found = rpmsg.values(output.splitlines()[-1]) if output else {}
        if refused and function != ALLOCATION[0][0] and not found.get("refused"):
            output += "expected somebody to notice\n"
            status = 1
        if status or not found.get("calls"):
            wrong.append(f"{function} x {times or 'all'} under {within}:\n{output}")
            continue
        print(f"     {within}: {function} failed {found['calls']:.0f} x {times or 'all'}: {found['refused']:.0f} refused, "
              f"{found['worked']:.0f} did without")
    if wrong:
        raise Failed("\n".join(wrong))
