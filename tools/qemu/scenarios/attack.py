# SPDX-License-Identifier: GPL-2.0-only
"""A main that writes at random into one vdev, for minutes: another vdev of the link loses nothing, and it comes back."""
import os
import re
import subprocess
import time

from linux_remote_board import length, link, rpmsg
from linux_remote_board.host import HostileMain
from linux_remote_board.machine import boot
from linux_remote_board.places import ROOT

MINUTES = length.minutes(2)
SECONDS = int(900 + 120 * MINUTES)
SEED = os.environ.get("BOARD_SEED")
NAME = "rpmsg-raw"
ROUND = 2000  # messages each way, before the content of the next round is checked from 0 again
ATTACKED, HONEST = "link:vdev0", "link:vdev1"
VIRTIO = "/sys/devices/platform/remoteproc/remoteproc/*/rproc-virtio*/virtio*"
VDEV = "/sys/kernel/debug/rproc_vdev/link/vdev{}"
# A life of these is felt in the driver of the vdev, and in the bus; both count.
FELT = ("refused", "faults", "resets", "ups")
FELT_BY_BUS = ("receive_bad_buffers", "receive_bad_announcements", "transmit_bad_buffers", "receive_messages",
               "transmit_messages", "restarts")
UNHARMED = ("transmit_bad_buffers", "receive_bad_buffers", "receive_no_endpoint", "receive_refused",
            "receive_bad_announcements", "restarts", "channels_refused", "transmit_refused_down")
# What is said as often as a main likes, and how much of each the limits let through in 5 s.
LIMITED = ((10, r"rpmsg_remote link:vdev0: vring"), (10, r"no endpoint has that address"), (10, r"no echo of"),
           (10, r"rproc_vdev_remote link: vdev@0: .*expected"), (30, r"rproc_vdev_remote link: vdev@0: (the main|up|down)"))


def vdev_counters(remote, index):
    text = remote.check(f"cat {VDEV.format(index)}")
    return {name: int(number) for name, number in re.findall(r"^(\w[\w ]*): (\d+)$", text, re.MULTILINE)}


def bring_up(main, remote):
    """
    vdev 1 gets mainline's driver; vdev 0 none: its driver is on the host. That one writes what this main alone should:
    it does not look at the table unless it is rung.
    """
    link.start_remote(remote)
    remote.check(f"rpmsg_control {rpmsg.control(remote, HONEST)} create {NAME} 0x401")
    main.check("modprobe -a rpmsg_ns rpmsg_ctrl rpmsg_char virtio_rpmsg_bus ivshmem_mailbox; "
               "echo 0 >/sys/bus/virtio/drivers_autoprobe; modprobe shm_rproc poll_ms=0")
    honest = rpmsg.until(main, f"[ $(ls -d {VIRTIO} | wc -l) = 2 ] && ls -dv {VIRTIO}", 60,
                         "two virtio devices").split()[-1].rsplit("/", 1)[1]
    main.check(f"echo {honest} >/sys/bus/virtio/drivers/virtio_rpmsg_bus/bind")
    ours, theirs = ((machine, rpmsg.character_device(machine, rpmsg.channel(machine, NAME, 60, bus)))
                    for machine, bus in ((main, honest), (remote, HONEST)))
    return ours, theirs


def converse(board, ours, theirs):
    """One round of messages both ways, each looked at."""
    (main, near), (remote, far) = ours, theirs
    answering = remote.start_job(f"exec rpmsg_stream {far} {ROUND}")
    answering.wait_output("stream: ready")
    asking = main.start_job(f"exec rpmsg_stream {near} {ROUND} first")
    for job in (asking, answering):
        status, output = job.wait(300)
        board.expect(status == 0, f"the honest conversation: {output}")


def run(board):
    board.need(*link.MODULES)
    with board.step("the hostile main refuses arguments that cannot work"):
        done = subprocess.run(["make", "-s", "-C", ROOT / "tools/attack", f"O={ROOT / 'build/attack'}", "check"],
                              capture_output=True, text=True, timeout=300)
        board.expect(done.returncode == 0, done.stdout + done.stderr)
    board.doorbell_socket_of_host()
    main = board.machine("main", "qemu-main-two.dtso", start=False, autoload=False)
    remote = board.machine("remote", "qemu-remote-attacked.dtso", start=False, autoload=False)
    with board.step("an honest conversation on vdev 1, nobody on vdev 0"):
        boot(main, remote)
        ends = bring_up(main, remote)
        converse(board, *ends)
        before, bus_before, honest_before = (vdev_counters(remote, 0), rpmsg.counters(remote, ATTACKED),
                                             rpmsg.counters(remote, HONEST))
    remote.sync_console()
    since, start, rounds = remote.console.position, time.monotonic(), 0
    with board.step(f"{MINUTES:g} minutes: the attacked vdev comes back after each reset, the other loses nothing"):
        with HostileMain(board, int(60 * MINUTES), SEED) as attack:
            while attack.running:
                converse(board, *ends)
                rounds += 1
            status, said = attack.wait(60)
            board.expect(status == 0, said)
        print(f"     {said.splitlines()[-1]}")
        print(f"     {rounds * ROUND} messages each way beside it")
    seconds = time.monotonic() - start
    with board.step("every message of the honest vdev arrived, and it saw no fault"):
        seen = rpmsg.difference(honest_before, rpmsg.counters(remote, HONEST))
        for name in ("transmit_messages", "receive_messages"):
            board.expect(seen[name] == rounds * ROUND, f"{name} grew by {seen[name]}, expected {rounds * ROUND}")
        for name in UNHARMED:
            board.expect(seen[name] == 0, f"{name} grew by {seen[name]}")
    with board.step("the attack was felt: each kind of fault was counted"):
        seen = rpmsg.difference(before, vdev_counters(remote, 0))
        bus = rpmsg.difference(bus_before, rpmsg.counters(remote, ATTACKED))
        print("     " + " ".join(f"{name}={seen[name]}" for name in FELT))
        print("     " + " ".join(f"{name}={bus[name]}" for name in FELT_BY_BUS))
        for name, number in [(name, seen[name]) for name in FELT] + [(name, bus[name]) for name in FELT_BY_BUS]:
            board.expect(number > 0, f"{name} did not grow")
    with board.step("and each was told at a limited rate"):
        remote.sync_console()
        lines = remote.console.lines(since)
        for in_5_s, what in LIMITED:
            said = sum(bool(re.search(what, line)) for line in lines)
            most = in_5_s * (2 + int(seconds / 5))
            print(f"     {said} lines of \"{what}\", at most {most}")
            board.expect(said <= most, f"{said} lines of \"{what}\" in {seconds:.0f} s, expected at most {most}")
