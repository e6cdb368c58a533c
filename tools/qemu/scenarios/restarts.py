# SPDX-License-Identifier: GPL-2.0-only
"""Two machines under traffic: either end goes, in every way, and comes back; the other needs no help."""
import time

from linux_remote_board import length, rpmsg
from linux_remote_board.machine import boot
from linux_remote_board.traffic import NAME, Traffic, table

SECONDS = length.seconds(1500)
REBOOTS = length.times(5)
REMOTE_REBOOTS = length.times(2)
TIMES = length.times(2)
MAIN_MODULES = "ivshmem_mailbox shm_rproc virtio_rpmsg_bus rpmsg_ns rpmsg_ctrl rpmsg_char"
REMOTE_MODULES = "ivshmem_mailbox rproc_vdev rpmsg_remote rpmsg_ns rpmsg_ctrl rpmsg_char"


def leaves_and_comes(board, traffic, what, times, leave, come):
    """The main's end, @times times, under traffic: announced again, and answered."""
    needed = []
    with board.step(f"{what}, {times} times"):
        for _ in range(times):
            before = rpmsg.counters(traffic.remote)["restarts"]
            leave()
            start = time.monotonic()
            come()
            traffic.announced()
            needed.append(time.monotonic() - start)
            seen = rpmsg.counters(traffic.remote)["restarts"]
            board.expect(seen > before, f"the remote counts {seen} restarts, as before")
            traffic.alive()
            traffic.ask()
    table("from its return to the channel announced", needed)


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox")
    main, remote = (board.machine(name, start=False, autoload=False) for name in ("main", "remote"))
    traffic = Traffic(board, main, remote)

    def load(machine=main, modules=MAIN_MODULES):
        machine.check(f"modprobe -a {modules}")

    with board.step("the link is up, with traffic both ways"):
        boot(main, remote)
        load(remote, REMOTE_MODULES)
        traffic.serve()
        load()
        traffic.announced()
        traffic.ask()
    leaves_and_comes(board, traffic, "main: virtio_rpmsg_bus unloaded and loaded", TIMES,
                     lambda: main.check("rmmod virtio_rpmsg_bus"), lambda: main.check("modprobe virtio_rpmsg_bus"))
    driver = "/sys/bus/platform/drivers/shm_rproc"
    leaves_and_comes(board, traffic, "main: shm_rproc unbound and bound", TIMES,
                     lambda: main.check(f"echo remoteproc >{driver}/unbind"),
                     lambda: main.check(f"echo remoteproc >{driver}/bind"))
    leaves_and_comes(board, traffic, "main: reboots without a warning", REBOOTS, main.reset, load)
    with board.step("the programs on the remote kept their files open all the time; no message was wrong"):
        traffic.check_end()
        lives = traffic.lives
        seen = rpmsg.counters(remote)
        board.expect(seen["restarts"] >= lives - 1, f"{seen['restarts']} restarts for {lives} lives")
        for name in ("transmit_bad_buffers", "receive_bad_buffers"):
            board.expect(seen[name] == 0, f"{name} is {seen[name]}")

    for what, leave, come in (
            ("remote: rpmsg_remote unloaded and loaded", "rmmod rpmsg_remote", "modprobe rpmsg_remote"),
            ("remote: rproc_vdev unloaded and loaded", "rmmod rpmsg_remote && rmmod rproc_vdev",
             f"modprobe -a {REMOTE_MODULES}")):
        needed = []
        with board.step(f"{what}, {TIMES} times: the main sees the channel go and come"):
            for _ in range(TIMES):
                if traffic.keep is None or traffic.keep.status is not None:
                    traffic.serve()
                    traffic.announced()
                    traffic.ask()
                remote.check(leave, 90)
                for job in (traffic.keep, traffic.flood):
                    job.wait(60)
                board.expect("EPIPE" in traffic.flood.output, traffic.flood.output)
                rpmsg.no_channel(main, NAME)
                start = time.monotonic()
                remote.check(come)
                traffic.serve()
                traffic.announced()
                needed.append(time.monotonic() - start)
                traffic.ask()
        table("from its return to the channel announced", needed)
    needed = []
    with board.step(f"remote: reboots without a warning, {REMOTE_REBOOTS} times"):
        for _ in range(REMOTE_REBOOTS):
            start = time.monotonic()
            remote.reset()
            load(remote, REMOTE_MODULES)
            rpmsg.no_channel(main, NAME)
            traffic.serve()
            traffic.announced()
            needed.append(time.monotonic() - start)
            traffic.ask()
    table("from the reset to the channel announced", needed)
    traffic.end()
