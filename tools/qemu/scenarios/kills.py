# SPDX-License-Identifier: GPL-2.0-only
"""Two machines under traffic: each is killed again and again, and the link comes back every time."""
import time

from linux_remote_board import length, link, rpmsg
from linux_remote_board.machine import boot
from linux_remote_board.memory import EXACT, Objects
from linux_remote_board.traffic import NAME, Traffic, table

FLAVOUR = "plain"
SECONDS = length.seconds(1200)
KILLS = length.times(20)


def power_cycle(machine):
    machine.kill()
    machine.start()


def hits(machine):
    """The ways in which a machine goes without a word, in turns."""
    return (lambda: power_cycle(machine)), machine.reset


def run(board):
    board.need(*link.MODULES)
    main, remote = (board.machine(name, start=False, autoload=False, kernel_arguments=[EXACT])
                    for name in ("main", "remote"))
    traffic = Traffic(board, main, remote)
    with board.step("the link is up, with traffic both ways"):
        boot(main, remote)
        link.start_remote(remote)
        traffic.serve()
        link.start_main(main)
        traffic.announced()
        traffic.ask()

    def kill(victim, come):
        dead, booted = [], []
        for number in range(KILLS):
            start = time.monotonic()
            hits(victim)[number % 2]()
            up = time.monotonic()
            come()
            traffic.ask()
            dead.append(time.monotonic() - start)
            booted.append(time.monotonic() - up)
            if number in (1, KILLS // 2):
                yield
        table("from the kill to 496 messages there and back", dead)
        table("of that, after it had booted", booted)

    def main_comes():
        before = rpmsg.counters(remote)["restarts"]
        link.start_main(main)
        traffic.announced()
        rpmsg.until(remote, f"[ $(sed -n 's/^restarts //p' {rpmsg.COUNTERS}/*/counters) -gt {before} ]", 30, "a restart is noticed")
        traffic.alive()

    def remote_comes():
        link.start_remote(remote)
        rpmsg.no_channel(main, NAME)
        traffic.serve()
        traffic.announced()

    for victim, survivor, come in ((main, remote, main_comes), (remote, main, remote_comes)):
        with board.step(f"the {victim.name} is killed {KILLS} times: by power off and by reset"):
            killing = kill(victim, come)
            next(killing)
            objects = Objects(survivor)
            next(killing)
            objects.look()
            for _ in killing:
                pass
        with board.step(f"the {survivor.name} does not use more memory with each"):
            print(f"     {objects.expect_no_more(KILLS // 2 - 1)}")
        if victim is main:
            with board.step("its programs kept their files open all the time; no message was wrong"):
                traffic.check_end()
                traffic.serve()
                traffic.announced()
    traffic.end()
