# SPDX-License-Identifier: GPL-2.0-only
"""make bench: what a message costs, next to what others need for it."""
import signal
import subprocess
from contextlib import contextmanager

from . import bench_boot, bench_bus, bench_link, bench_main
from .bars import svg
from .figures import Figures, short
from .machine import Failed
from .places import BUILD, ROOT, BoardError, die_with_us, write_atomically
from .results import Failures
from .scenario import Board

SECONDS = 900  # of one part

PARTS = (
    ("bus", "One kernel, both buses: instructions per 64-byte message", bench_bus.measure),
    ("mainline", "The main end's transport, mainline's: instructions per message", bench_main.measure_mainline),
    ("rproc_vdev", "The main end's transport, ours", bench_main.measure_rproc_vdev),
    ("boot", "Start of a remote processor: instructions by number of vdevs", bench_boot.measure),
    ("link", "Two machines", bench_link.measure_event_idx),
    ("flags", "Two machines, without the event index", bench_link.measure_flags),
)

# What is aimed at: a figure, what it is held against, and at most how many times that it may be.
AIMS = (
    ("ring.device.ours.instructions", "ring.device.vringh.instructions", 0.5),
    ("ring.device.ours.send.instructions", "ring.device.vringh.send.instructions", 0.5),
    ("bus.receive.ours.instructions", "bus.receive.mainline.instructions", 1),
    ("bus.send.ours.instructions", "bus.send.mainline.instructions", 1),
    ("bus.receive.ours.endpoints_10000.instructions", "bus.receive.ours.endpoints_1.instructions", 1.05),
    ("main.rproc_vdev.interrupt_to_callback.instructions", "main.mainline.interrupt_to_callback.instructions", 1),
    ("main.rproc_vdev.kick_to_doorbell.instructions", "main.mainline.kick_to_doorbell.instructions", 1),
    ("main.boot.vdevs_16.each.instructions", "main.boot.vdevs_2.each.instructions", bench_boot.MOST),
    ("rtt.rpmsg.us", "rtt.doorbell.us", 1.3),
)

# Of the plot: a title, a unit, and what each bar is.
PLOT = (
    ("Device end of a ring, in user space: instructions per 64-byte message", (
        ("receive: ours", "ring.device.ours.instructions"), ("vringh", "ring.device.vringh.instructions"),
        ("bare copy", "ring.device.floor.instructions"), ("send: ours", "ring.device.ours.send.instructions"),
        ("vringh", "ring.device.vringh.send.instructions"), ("bare copy", "ring.device.floor.send.instructions"))),
    ("rpmsg bus, in the kernel: instructions per 64-byte message", (
        ("receive: ours", "bus.receive.ours.instructions"), ("mainline's", "bus.receive.mainline.instructions"),
        ("send: ours", "bus.send.ours.instructions"), ("mainline's", "bus.send.mainline.instructions"),
        ("receive, 10000 endpoints: ours", "bus.receive.ours.endpoints_10000.instructions"),
        ("mainline's", "bus.receive.mainline.endpoints_10000.instructions"))),
    ("Main end's transport: instructions per message", (
        ("interrupt to callback: ours", "main.rproc_vdev.interrupt_to_callback.instructions"),
        ("mainline's", "main.mainline.interrupt_to_callback.instructions"),
        ("kick to doorbell: ours", "main.rproc_vdev.kick_to_doorbell.instructions"),
        ("mainline's", "main.mainline.kick_to_doorbell.instructions"))),
    ("Start of a remote processor: instructions per vdev", tuple(
        (f"{vdevs} vdevs", f"main.boot.vdevs_{vdevs}.each.instructions") for vdevs in bench_boot.VDEVS)),
    ("Two machines: round trip of 64 bytes, microseconds, median", (
        ("message", "rtt.rpmsg.us"), ("bare doorbell", "rtt.doorbell.us"))),
    ("Two machines: messages per second, remote to main", (
        ("64 bytes", "rate.64"), ("496 bytes", "rate.496"))),
    ("Two machines: doorbells per 1000 messages, remote to main", (
        ("with EVENT_IDX", "doorbells_per_1000.event_idx"), ("without", "doorbells_per_1000.flags"))),
)
OTHERS = ("vringh", "mainline", "floor", "rtt.doorbell")


def _out_of_time(_signal, _frame):
    raise Failed(f"this part took longer than {SECONDS} s")


@contextmanager
def _part(name, directory, built):
    board = Board(name, directory / name, *built, Failures())
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(SECONDS)
    try:
        board.need("rpmsg_bench", "mailbox_bench", "virtio_bench", "rpmsg_remote", "rproc_vdev", "shm_rproc")
        yield board
    finally:
        signal.alarm(0)
        board.close()


def _rings(figures):
    """In user space, next to the kernel's own: tools/oracle."""
    print("In user space: instructions and nanoseconds per message", flush=True)
    command = ["make", "-s", "-C", str(ROOT / "tools/oracle"), "bench"]
    try:
        status = subprocess.run(command, timeout=SECONDS, preexec_fn=die_with_us).returncode
    except subprocess.TimeoutExpired as error:
        raise BoardError(f"{' '.join(command)} took longer than {SECONDS} s") from error
    if status:
        raise BoardError(f"{' '.join(command)} failed: see above")
    figures.read(BUILD / "bench/ring.json")


def _aims(figures):
    for name, other, most in AIMS:
        ratio = figures[name] / figures[other]
        said = "met" if ratio <= most else f"missed by {(ratio / most - 1) * 100:.0f} %"
        yield f"{name} / {other}".ljust(104) + f"{ratio:.2f}, aim {most}: {said}"


def _panels(figures):
    for title, bars in PLOT:
        yield title, [(label, figures[name], short(figures[name]), not any(other in name for other in OTHERS))
                      for label, name in bars]


def bench(directory, built):
    figures = Figures()
    _rings(figures)
    for name, text, measure in PARTS:
        print(f"\n{text}", flush=True)
        with _part(name, directory, built) as board:
            measure(board, figures)
    print(f"\n{figures.table()}\n")
    print("\n".join(_aims(figures)))
    figures.write(BUILD / "bench.json")
    write_atomically(BUILD / "bench.svg", svg(_panels(figures)).encode())
    print(f"\n{BUILD / 'bench.json'}\n{BUILD / 'bench.svg'}")
    return 0
