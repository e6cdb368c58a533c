# SPDX-License-Identifier: GPL-2.0-only
"""make soak: traffic both ways with restarts of either end, until somebody stops it."""
import time

from . import link, rpmsg
from .channel import MachineGone, TimeIsUp
from .machine import Failed
from .results import Failures
from .scenario import Board

NAME, ADDRESS = "rpmsg-raw", "0x450"  # the name that rpmsg_char drives
MESSAGES = 5000  # each way, in a round
LENGTHENED = ("stream", "restarts")  # scenarios that count in BOARD_LENGTH


def _serve(remote):
    """A channel of user space; anew after each start of the remote's modules."""
    link.start_remote(remote)
    remote.check(f"rpmsg_control {rpmsg.control(remote)} create {NAME} {ADDRESS}")


def _restart_main(main, _remote):
    main.reset()
    link.start_main(main)


def _reload_main(main, _remote):
    main.check("rmmod shm_rproc")
    link.start_main(main)


def _restart_remote(_main, remote):
    remote.reset()
    _serve(remote)


def _reload_remote(_main, remote):
    remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev")
    _serve(remote)


EVENTS = (("the main is reset", _restart_main), ("the remote is reset", _restart_remote),
          ("the main's module is reloaded", _reload_main), ("the remote's modules are reloaded", _reload_remote))


def _traffic(main, remote):
    rpmsg.channel(main, NAME)
    theirs = remote.start_job(f"rpmsg_stream {NAME} {MESSAGES}")
    theirs.wait_output("ready", 30)
    ours = main.check(f"rpmsg_stream {NAME} {MESSAGES} first", 600)
    status, output = theirs.wait(60)
    if status:
        raise Failed(f"remote: {output}")
    return ours.splitlines()[-1].split("stream: ")[-1]


def _rounds(board, end):
    main, remote = (board.machine(name, autoload=False) for name in ("main", "remote"))
    _serve(remote)
    link.start_main(main)
    number = 0
    while time.monotonic() < end:
        said = _traffic(main, remote)
        what, event = EVENTS[number % len(EVENTS)]
        number += 1
        print(f"round {number}: {said}; {what}", flush=True)
        event(main, remote)
        complaints = [line for machine in (main, remote) for line, _ in machine.console.reports()]
        if complaints:
            raise Failed(f"a kernel complains: {complaints[0]}")
    return number


def soak(directory, kernel, initrd, modules, minutes):
    """The exit status; Ctrl-C is a good end."""
    failures = Failures()
    board = Board("soak", directory, kernel, initrd, modules, failures)
    end = time.monotonic() + (minutes * 60 if minutes else float("inf"))
    try:
        board.need(*link.MODULES)
        try:
            _rounds(board, end)
        except KeyboardInterrupt:
            print("stopped; looking for leaks", flush=True)
        board.finish()
    except (Failed, TimeIsUp, MachineGone) as error:
        failures.texts.append(str(error))
    finally:
        board.close()
    for failure in failures.texts:
        print(failure)
    print(f"{'failed' if failures.texts else 'nothing to complain about'}; consoles: {directory}")
    return 1 if failures.texts else 0
