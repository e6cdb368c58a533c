# SPDX-License-Identifier: GPL-2.0-only
"""
Two machines: a message there and back next to a bare doorbell, messages per second, doorbells per 1000 messages.

Each machine has one processor: two of them are all that a machine of two cores can run at once.
"""
from . import link, rpmsg

NAME, ADDRESS = "rpmsg-bench", 0x450
PINGS, MESSAGES, ROUNDS = 1000, 200000, 5
SENT_BY_MAIN = "/sys/kernel/debug/remoteproc/remoteproc0/doorbells_sent"
DOORBELL = "/sys/bus/platform/devices/mailbox-bench"


class End:
    def __init__(self, machine, device):
        self.machine, self.path = machine, f"{rpmsg.DEVICES}/{device}"

    def run(self, what, *numbers):
        """Writes @numbers to an attribute; what was measured."""
        words = " ".join(map(str, numbers))
        return rpmsg.values(self.machine.check(f"echo {words} >{self.path}/{what} && cat {self.path}/result", 120))

    def ping(self, count, size=64):
        return self.run("ping", count, size)

    def ring(self, count):
        return rpmsg.values(self.machine.check(f"echo {count} >{DOORBELL}/ping && cat {DOORBELL}/ping", 120))

    def rate(self, count, size):
        told = self.run("stream", count, size)
        return told["messages"] / told["ns"] * 1e9


def start(board, *over_remote, cpus=1):
    """The two ends of a channel: (main, remote)."""
    main, remote = (board.machine(name, (f"qemu-{name}.dtso", "qemu-bench.dtso", *over), autoload=False, cpus=cpus,
                                  start=False) for name, over in (("main", ()), ("remote", over_remote)))
    for machine in (main, remote):
        machine.start(wait=False)
    for machine in (main, remote):
        machine.wait_boot()
        machine.check("modprobe -a rpmsg_bench ivshmem_mailbox mailbox_bench")
    link.start_remote(remote)
    remote.check(f"rpmsg_control {rpmsg.control(remote)} create {NAME} {ADDRESS:#x}")
    link.start_main(main)
    ends = End(main, rpmsg.channel(main, f"{NAME}.-1")), End(remote, rpmsg.channel(remote, f"{NAME}.{ADDRESS}"))
    # The remote learns where the main listens.
    ends[0].ping(1)
    return ends


def doorbells(main, remote, figures, scheme):
    """How often the sender of a message rings for it."""
    to_main, to_remote = [], []
    for _ in range(ROUNDS):
        before = rpmsg.counters(remote.machine)["transmit_kicks"]
        remote.rate(MESSAGES, 64)
        to_main.append((rpmsg.counters(remote.machine)["transmit_kicks"] - before) * 1000 / MESSAGES)
        before = int(main.machine.check(f"cat {SENT_BY_MAIN}"))
        main.rate(MESSAGES, 64)
        to_remote.append((int(main.machine.check(f"cat {SENT_BY_MAIN}")) - before) * 1000 / MESSAGES)
    figures.add(f"doorbells_per_1000.{scheme}", to_main)
    figures.add(f"doorbells_per_1000.to_remote.{scheme}", to_remote)


def round_trips(main, remote, figures):
    seen = {"rtt.doorbell": [], "rtt.rpmsg": [], "rtt.rpmsg.from_main": []}
    for _ in range(ROUNDS):
        seen["rtt.doorbell"].append(remote.ring(PINGS))
        seen["rtt.rpmsg"].append(remote.ping(PINGS))
        seen["rtt.rpmsg.from_main"].append(main.ping(PINGS))
    for name, rounds in seen.items():
        figures.add(f"{name}.us", [told["median_ns"] / 1000 for told in rounds])
        figures.add(f"{name}.p99_us", [told["p99_ns"] / 1000 for told in rounds])


def rates(main, remote, figures):
    """Messages per second; remote to main unless the name says otherwise."""
    for size in (64, 496):
        figures.add(f"rate.{size}", [remote.rate(MESSAGES, size) for _ in range(ROUNDS)])
        figures.add(f"rate.to_remote.{size}", [main.rate(MESSAGES, size) for _ in range(ROUNDS)])


def measure_event_idx(board, figures):
    main, remote = start(board)
    round_trips(main, remote, figures)
    rates(main, remote, figures)
    doorbells(main, remote, figures, "event_idx")


def measure_flags(board, figures):
    main, remote = start(board, "qemu-flags.dtso")
    doorbells(main, remote, figures, "flags")
