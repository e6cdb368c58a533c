# SPDX-License-Identifier: GPL-2.0-only
"""
What the main end's transport costs a virtio driver, in instructions: rproc_vdev on a vdev subnode, and mainline's
remoteproc_virtio, which the same shm_rproc has without one. The other machine echoes.

The driver is virtio_bench on both, which has a mailbox controller between the link and its doorbells as well. QEMU
advances the main's clock by 1 ns an instruction; what a message waits for the other machine lies outside of both times.
"""
from . import link, rpmsg

CLOCK = ("-icount", "shift=0,sleep=on")
PING = "/sys/bus/virtio/drivers/virtio_bench/virtio*/ping"
OURS = ("qemu-main-vdev.dtso", "qemu-stamps-main-vdev.dtso")
MAINLINES = ("qemu-main.dtso", "qemu-stamps-main.dtso")
WARM_UP, PINGS, ROUNDS = 100, 500, 9


def start(board, *overlays):
    """The main, where virtio_bench has the vdev; @overlays are those of the main end."""
    main = board.machine("main", overlays, autoload=False, cpus=1, qemu=CLOCK, start=False)
    remote = board.machine("remote", ("qemu-remote.dtso", "qemu-flags.dtso"), autoload=False, cpus=1, start=False)
    for machine in (main, remote):
        machine.start(wait=False)
    for machine in (main, remote):
        machine.wait_boot()
    link.start_remote(remote)
    main.check("modprobe -a virtio_bench ivshmem_mailbox rproc_vdev shm_rproc", 120)
    rpmsg.until(main, f"ls {PING} >/dev/null 2>&1", 60, "a virtio device for virtio_bench")
    return main


def ping(main, count):
    """(instructions from kick to doorbell, from interrupt to callback) of a message."""
    told = rpmsg.values(main.check(f"echo {count} >$(echo {PING}) && cat {PING}", 300))
    return told["kick_ns"] / told["timed"], told["callback_ns"] / told["timed"]


def _measure(board, figures, name, *overlays):
    main = start(board, *overlays)
    ping(main, WARM_UP)
    kicks, callbacks = zip(*(ping(main, PINGS) for _ in range(ROUNDS)))
    figures.add(f"main.{name}.interrupt_to_callback.instructions", callbacks)
    figures.add(f"main.{name}.kick_to_doorbell.instructions", kicks)


def measure_rproc_vdev(board, figures):
    _measure(board, figures, "rproc_vdev", *OURS)


def measure_mainline(board, figures):
    _measure(board, figures, "mainline", *MAINLINES)
