# SPDX-License-Identifier: GPL-2.0-only
"""
What a message costs a bus, in instructions: mainline's and ours on the same rings, in one kernel on one processor whose
clock QEMU advances by 1 ns an instruction.

A burst is sent by a task that nobody preempts, and only then received: each end is measured by itself. Sending is timed
from the second message on. Receiving is measured between bursts of two lengths: what they differ by is the cost of the
messages by which they differ, and nothing that happens once for a burst is in it.
"""
from . import rpmsg

CLOCK = ("-icount", "shift=0,sleep=off")
MODULES = ("rpmsg_ns rpmsg_ctrl rpmsg_bench rpmsg_remote virtio_rpmsg_bus loopback_mailbox rproc_vdev shm_rproc")
NAME, ADDRESS = "rpmsg-bench", 0x450
LINK = 2  # rings of 256 entries, with EVENT_IDX: see the overlay
MAIN = "/sys/devices/platform/remoteproc{}/remoteproc/*/rproc-virtio*/virtio*"
SHORT, LONG = 80, 240  # messages of a burst; mainline's main has 256 buffers each way
ROUNDS = 9
ENDPOINTS = (1, 100, 10000)
SIZE = 64


class End:
    """A channel's end: @sends and @receives are the buses that a burst from here measures."""

    def __init__(self, machine, device):
        self.machine, self.path = machine, f"{rpmsg.DEVICES}/{device}"

    def burst(self, other, count, endpoints=0):
        """(instructions to send one, to receive all)."""
        said = self.machine.check(f"echo {count} {SIZE} {endpoints} >{self.path}/burst && "
                                  f"cat {self.path}/result {other.path}/received", 120)
        told = rpmsg.values(said)
        return told["ns"] / told["timed"], told["asked_at"] - told["sent_at"]

    def measure(self, other, endpoints=0):
        """Instructions per message: ([to send], [to receive]), one for each round."""
        sent, received = [], []
        for number in range(ROUNDS + 2):
            _, short = self.burst(other, SHORT, endpoints)
            each, long = self.burst(other, LONG, endpoints)
            # The first rounds use buffers that mainline has never used before.
            if number >= 2:
                sent.append(each)
                received.append((long - short) / (LONG - SHORT))
        return sent, received


def measure(board, figures):
    machine = board.machine("loopback", autoload=False, cpus=1, qemu=CLOCK)
    machine.check(f"modprobe -a {MODULES}", 120)
    bus = f"link{LINK}:vdev0"
    machine.check(f"rpmsg_control {rpmsg.control(machine, bus)} create {NAME} {ADDRESS:#x}")
    main_bus = rpmsg.until(machine, f"ls -d {MAIN.format(LINK)} 2>/dev/null").split()[-1].rsplit("/", 1)[1]
    ours = End(machine, f"{bus}.{NAME}.{ADDRESS}.-1")
    main = End(machine, rpmsg.channel(machine, NAME, bus=main_bus))
    # The remote learns where the main listens.
    machine.check(f"echo 1 {SIZE} >{main.path}/ping")

    mainline_sends, ours_receives = main.measure(ours)
    ours_sends, mainline_receives = ours.measure(main)
    figures.add("bus.receive.ours.instructions", ours_receives)
    figures.add("bus.receive.mainline.instructions", mainline_receives)
    figures.add("bus.send.ours.instructions", ours_sends)
    figures.add("bus.send.mainline.instructions", mainline_sends)
    for number in ENDPOINTS:
        for name, sender, receiver in (("ours", main, ours), ("mainline", ours, main)):
            machine.check(f"echo {number} >{receiver.path}/endpoints", 120)
            _, received = sender.measure(receiver, number)
            figures.add(f"bus.receive.{name}.endpoints_{number}.instructions", received)
            machine.check(f"echo 0 >{receiver.path}/endpoints", 120)
