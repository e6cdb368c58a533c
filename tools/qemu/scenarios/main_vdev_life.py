# SPDX-License-Identifier: GPL-2.0-only
"""What happens to a vdev on a subnode while it is talked to: either end sleeps, drivers and modules go and come."""
import itertools

from linux_remote_board import link, rpmsg
from linux_remote_board.length import times
from linux_remote_board.main_ends import NODE, REMOTEPROC, SAMPLE, VIRTIO, Ends
from linux_remote_board.stand_in import ACKNOWLEDGE
from linux_remote_board.traffic import NAME, Conversation, Traffic

SECONDS = 900
MESSAGES = 1000
SHM_RPROC = "/sys/bus/platform/drivers/shm_rproc"
MAILBOX = "/sys/bus/pci/drivers/ivshmem_mailbox"
MAILBOX_DEVICE = "0000:00:01.0"
SLEPT = "/sys/power/suspend_stats/success"
MODULES = ("rproc_vdev", "shm_rproc", "ivshmem_mailbox", "virtio_rpmsg_bus")


def sleeps(machine):
    """Suspends it: a job that ends when it was woken."""
    since = machine.console.position
    job = machine.start_job("exec 2>&1; echo freeze >/sys/power/state")
    machine.wait_for("Suspending console|suspend exit", 60, since)
    return job


def woken(ends, sleeper, other):
    """
    By the first message of a stream, of which none is lost. Nobody says that he sleeps: a ring that is too early keeps
    him from it, and the next waits longer.
    """
    for seconds in (1, 2, 4, 8, 16, 30):
        before = int(sleeper.check(f"cat {SLEPT}"))
        answering = sleeper.start_job(f"exec rpmsg_stream {NAME} {MESSAGES}")
        answering.wait_output("stream: ready")
        sleeping = sleeps(sleeper)
        asking = other.start_job(f"sleep {seconds}; exec rpmsg_stream {NAME} {MESSAGES} first")
        for job in (asking, answering):
            status, output = job.wait(300)
            ends.board.expect(status == 0, output)
        sleeping.wait(60)
        if int(sleeper.check(f"cat {SLEPT}")) > before:
            return
    ends.board.expect(False, f"{sleeper.name} was never asleep before the first message came")


def unbound(ends):
    traffic = Traffic(ends.board, ends.main, ends.remote)
    traffic.serve()
    for driver in (VIRTIO, NODE, SHM_RPROC, MAILBOX):
        traffic.announced()
        traffic.ask()
        device = {VIRTIO: ends.virtio, NODE: ends.node}.get(driver)
        device = device() if device else {SHM_RPROC: "remoteproc", MAILBOX: MAILBOX_DEVICE}[driver]
        ends.main.check(f"echo {device} >{driver}/unbind")
        ends.down()
        if driver == VIRTIO:
            ends.board.expect(ends.status() == ACKNOWLEDGE, f"status {ends.status():#x} after a reset")
        ends.main.check(f"echo {device} >{driver}/bind")
        if driver == MAILBOX:
            # Where the kernel has inferred the device link before we ask for it, it does not probe the consumer again.
            ends.main.check(f"[ -d {SHM_RPROC}/remoteproc ] || echo remoteproc >/sys/bus/platform/drivers_probe")
        traffic.alive()
    traffic.announced()
    traffic.ask()
    traffic.check_end()


def reordered(ends):
    """Orders in which the kernel lets modules go, and come again: each ends with a channel. All with BOARD_LENGTH=2."""
    orders = list(itertools.permutations(MODULES))
    for order in orders if times(1) > 1 else orders[::4]:
        names = " ".join(order)
        ends.main.check(f"left='{names}'; for round in 1 2 3 4; do late=; for m in $left; do "
                        "rmmod $m 2>/dev/null || late=\"$late $m\"; done; left=$late; done; "
                        f"[ -z \"$left\" ] || {{ echo these stay: $left; exit 1; }}; "
                        f"for m in {names}; do modprobe $m; done", 120)
        if order.index("shm_rproc") < order.index("rproc_vdev"):
            ends.main.run(f"echo detach >{REMOTEPROC}/state; echo start >{REMOTEPROC}/state")
        rpmsg.channel(ends.main, SAMPLE, 60)


def run(board):
    board.need(*link.MODULES, "rpmsg_client_sample")
    ends = Ends(board, "qemu-main-vdev-wakeup.dtso")
    ends.start()
    conversation = Conversation(board, ends.main, ends.remote)
    conversation.serve()
    conversation.hold(MESSAGES, 300)  # from here on the remote knows where the main's end is
    for sleeper, other in ((ends.main, ends.remote), (ends.remote, ends.main)):
        with board.step(f"the {sleeper.name} is suspended, and woken by a message: none is lost"):
            woken(ends, sleeper, other)
    with board.step("every driver is unbound and bound under traffic: virtio's, ours of both devices, the mailbox's"):
        unbound(ends)
    with board.step("modules go and come in any order"):
        reordered(ends)
        ends.sample()
