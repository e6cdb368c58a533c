# SPDX-License-Identifier: GPL-2.0-only
"""make demo: two machines, one link, told in plain words."""
import re
import sys
import time

from . import link, rpmsg
from .machine import Failed, boot
from .results import Failures
from .scenario import Board

REBOOTS = 2
ECHO_ADDRESS = "0x401"


class Teller:
    """Says what happens, and how long after power on."""

    def __init__(self):
        self.start = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.start:6.1f} s  {text}", flush=True)

    def quote(self, machine, line):
        line = re.sub(r"^\[ *\d+\.\d+\] ", "", line)
        print(f"          {machine.name:>6} | {line}", flush=True)


def _quote_lines(teller, machine, pattern, since=0):
    for line in machine.console.lines(since):
        if re.search(pattern, line):
            teller.quote(machine, line)


def _sample(teller, main, since):
    link.wait_sample(main, since)
    _quote_lines(teller, main, r"rpmsg_client_sample .*(new channel|incoming msg 100 |goodbye)", since)


def _ping(main, rounds):
    return rpmsg.values(main.check(f"rpmsg_ping rpmsg-raw {rounds}", 120))


def _bring_up(teller, main, remote):
    teller.say("Two arm64 machines power on. They share 16 MiB of memory and doorbells, nothing else.")
    boot(main, remote)
    teller.say(f"Both run Linux {main.check('uname -r').strip()}. The remote loads our modules and an echo service.")
    link.start_remote(remote)
    teller.say("The main loads mainline's virtio_rpmsg_bus and rpmsg_char, our shm_rproc below mainline's remoteproc, and "
               "rproc_vdev for the vdev's own node in devicetree.")
    link.start_main(main, "rproc_vdev")
    rpmsg.channel(main, "rpmsg-client-sample")
    teller.say("The link is up; the remote has announced its service:")
    _quote_lines(teller, main, r"of /remoteproc/vdev|rpmsg host is online|creating channel rpmsg-client-sample|is now attached")


def _reboot(teller, main):
    main.reset()
    since = main.console.position
    teller.say("It is back. It loads its modules again; nobody touches the remote.")
    link.start_main(main, "rproc_vdev rpmsg_client_sample")
    _sample(teller, main, since)
    rpmsg.channel(main, "rpmsg-raw")


def _table(rows):
    width = max(len(name) for name, _ in rows)
    print()
    for name, value in rows:
        print(f"  {name:<{width}}  {value:>12}")
    print(flush=True)


def _story(board, teller):
    main, remote = (board.machine(name, overlay, start=False, autoload=False)
                    for name, overlay in (("main", "qemu-main-vdev.dtso"), ("remote", None)))
    _bring_up(teller, main, remote)
    since = main.console.position
    teller.say("The main loads the kernel's own rpmsg_client_sample, which exchanges 100 messages with the echo service:")
    main.check("modprobe rpmsg_client_sample")
    _sample(teller, main, since)
    teller.say("A user program on the remote opens /dev/rpmsg_ctrl0, makes a channel and echoes what arrives.")
    echo = remote.start_job(f"exec rpmsg_echo rpmsg-raw {ECHO_ADDRESS}")
    echo.wait_output("echo: rpmsg-raw is", 20)
    rpmsg.channel(main, "rpmsg-raw")
    teller.say("The main sends it messages of 1 byte to the MTU through /dev/rpmsg* and compares each answer ...")
    times = _ping(main, 1)
    teller.say(f"... all {times['messages']:.0f} came back as they were sent.")
    for number in range(REBOOTS):
        teller.say("Now the main is reset without a warning to anybody." if not number else "And once more.")
        _reboot(teller, main)
        again = _ping(main, 1)
        teller.say(f"The link came back: the sample's 100 messages and {again['messages']:.0f} echoes since.")
    seen = rpmsg.counters(remote)
    if seen["restarts"] != REBOOTS:
        raise Failed(f"the remote noticed {seen['restarts']} restarts of the main, not {REBOOTS}")
    kicks, saved = (seen[f"transmit_{what}"] + seen[f"receive_{what}"] for what in ("kicks", "kicks_saved"))
    return [
        ("messages main to remote", f"{seen['receive_messages']}"),
        ("messages remote to main", f"{seen['transmit_messages']}"),
        ("round trip in user space, median", f"{times['rtt_us_median']:.0f} us"),
        ("round trip in user space, best", f"{times['rtt_us_min']:.0f} us"),
        ("kicks rung by the remote", f"{kicks}"),
        ("kicks saved by the remote", f"{saved}"),
        ("restarts of the main survived", f"{seen['restarts']}"),
    ]


def tell(directory, kernel, initrd, modules):
    """Runs the demo; the exit status."""
    teller, failures = Teller(), Failures()
    board = Board("demo", directory, kernel, initrd, modules, failures)
    try:
        board.need(*link.MODULES)
        rows = _story(board, teller)
        _table(rows)
        board.finish()
    finally:
        board.close()
    for failure in failures.texts:
        print(failure, file=sys.stderr)
    if failures.texts:
        return 1
    print(f"It all happened. What the machines said is in {directory}.")
    return 0
