# SPDX-License-Identifier: GPL-2.0-only
"""make bench: what a message costs."""
import signal
from contextlib import contextmanager

from . import bench_bus, bench_link
from .figures import Figures
from .machine import Failed
from .results import Failures
from .scenario import Board

SECONDS = 900  # of one part


def _out_of_time(_signal, _frame):
    raise Failed(f"it took longer than {SECONDS} s")


@contextmanager
def _part(name, text, directory, built):
    print(f"{text}:", flush=True)
    board = Board(name, directory / name, *built, Failures())
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(SECONDS)
    try:
        board.need("rpmsg_bench", "rpmsg_remote", "rproc_vdev", "shm_rproc")
        yield board
    finally:
        signal.alarm(0)
        board.close()


PARTS = (
    ("bus", "one kernel, both buses: instructions", bench_bus.measure),
    ("link", "two machines", bench_link.measure_event_idx),
    ("flags", "two machines, without the event index", bench_link.measure_flags),
)


def bench(directory, built):
    figures = Figures()
    for name, text, measure in PARTS:
        with _part(name, text, directory, built) as board:
            measure(board, figures)
    return 0
