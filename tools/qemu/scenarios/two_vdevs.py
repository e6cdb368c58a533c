# SPDX-License-Identifier: GPL-2.0-only
"""Two vdevs on one link: each is a bus of its own, and what ends one does not disturb the other."""
from linux_remote_board import link, rpmsg
from linux_remote_board.machine import boot

SECONDS = 900
NAME, SAMPLE = "rpmsg-raw", "rpmsg-client-sample"
VIRTIO = "/sys/devices/platform/remoteproc/remoteproc/*/rproc-virtio*/virtio*"
LOST = ("transmit_bad_buffers", "receive_bad_buffers", "receive_no_endpoint", "receive_refused", "restarts")
MESSAGES, DURING_RESETS = 2000, 6000
RESETS = 3


class Vdev:
    """One of the two, on both machines."""

    def __init__(self, board, main, remote, index):
        self.board, self.main, self.remote = board, main, remote
        self.ours = f"link:vdev{index}"
        self.theirs = rpmsg.until(main, f"[ $(ls -d {VIRTIO} | wc -l) = 2 ] && ls -dv {VIRTIO}", 60,
                                  "two virtio devices").split()[-2 + index].rsplit("/", 1)[1]

    def announced(self):
        return [rpmsg.channel(self.main, name, 60, self.theirs) for name in (SAMPLE, NAME)][-1]

    def create(self):
        """A channel of user space on the remote."""
        self.remote.check(f"rpmsg_control {rpmsg.control(self.remote, self.ours)} create {NAME} 0x401")

    def device(self, machine, bus):
        return rpmsg.character_device(machine, rpmsg.channel(machine, NAME, 60, bus))

    def counters(self):
        return rpmsg.counters(self.remote, self.ours)

    def stream(self, messages):
        """Both ways, between programs that run: (main's, remote's)."""
        theirs = self.remote.start_job(f"exec rpmsg_stream {self.device(self.remote, self.ours)} {messages}")
        theirs.wait_output("stream: ready")
        ours = self.main.start_job(f"exec rpmsg_stream {self.device(self.main, self.theirs)} {messages} first")
        return ours, theirs

    def ended_well(self, jobs):
        for job in jobs:
            status, output = job.wait(300)
            self.board.expect(status == 0, f"{self.ours}: {output}")

    def grew(self, before, messages):
        seen = rpmsg.difference(before, self.counters())
        for name in ("transmit_messages", "receive_messages"):
            self.board.expect(seen[name] == messages, f"{self.ours}: {name} grew by {seen[name]}, expected {messages}")
        for name in LOST:
            self.board.expect(seen[name] == 0, f"{self.ours}: {name} grew by {seen[name]}")


def run(board):
    board.need(*link.MODULES, "rpmsg_client_sample")
    main, remote = (board.machine(name, f"qemu-{name}-two.dtso", start=False, autoload=False)
                    for name in ("main", "remote"))
    with board.step("both vdevs come up, and each announces its services"):
        boot(main, remote)
        link.start_remote(remote)
        link.start_main(main)
        vdevs = [Vdev(board, main, remote, index) for index in range(2)]
        for vdev in vdevs:
            vdev.create()
        for vdev in vdevs:
            vdev.announced()
    with board.step(f"{MESSAGES} messages each way on both at once, and each bus counts its own"):
        before = [vdev.counters() for vdev in vdevs]
        jobs = [vdev.stream(MESSAGES) for vdev in vdevs]
        for vdev, pair, counted in zip(vdevs, jobs, before):
            vdev.ended_well(pair)
            vdev.grew(counted, MESSAGES)
    for one, other in (vdevs, vdevs[::-1]):
        with board.step(f"{one.theirs} is unbound and bound {RESETS} times: nothing is lost on {other.theirs}"):
            before = other.counters()
            jobs = other.stream(DURING_RESETS)
            for _ in range(RESETS):
                main.check(f"echo {one.theirs} >/sys/bus/virtio/drivers/virtio_rpmsg_bus/unbind")
                rpmsg.until(remote, f"grep -q '^state: down' /sys/kernel/debug/rproc_vdev/{one.ours.replace(':', '/')}")
                main.check(f"echo {one.theirs} >/sys/bus/virtio/drivers/virtio_rpmsg_bus/bind")
                one.announced()
            board.expect(not any(job.status for job in jobs), "the stream ended")
            other.ended_well(jobs)
            other.grew(before, DURING_RESETS)
    with board.step("the one that was reset echoes, as the other does"):
        main.check("modprobe rpmsg_client_sample")
        for vdev in vdevs:
            vdev.ended_well(vdev.stream(100))
            main.wait_for(rf"rpmsg_client_sample {vdev.theirs}\.{SAMPLE}.*goodbye!", 120)
    with board.step("a remote that restarts: both come back without help"):
        remote.reset()
        link.start_remote(remote)
        rpmsg.no_channel(main, NAME)
        for vdev in vdevs:
            vdev.create()
            vdev.announced()
            vdev.ended_well(vdev.stream(100))
