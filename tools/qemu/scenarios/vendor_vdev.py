# SPDX-License-Identifier: GPL-2.0-only
"""vdev subnodes under a remote processor whose driver is a vendor's, mainline's and unmodified."""
from linux_remote_board import link, rpmsg
from linux_remote_board.firmware_table import HEADER, STATUS
from linux_remote_board.machine import boot
from linux_remote_board.overwriter import Overwriter

SECONDS = 600
NAME = "rpmsg-raw"
NODES = "/sys/bus/platform/drivers/rproc_vdev"
VDEVS = (0, 1)
MESSAGES = 500


class Vdev:
    """One of the link."""

    def __init__(self, board, main, remote, index):
        self.board, self.main, self.remote, self.index = board, main, remote, index
        self.ours = f"link:vdev{index}"
        self.since = 0

    def create(self):
        """A channel of user space on the remote."""
        self.remote.check(f"rpmsg_control {rpmsg.control(self.remote, self.ours)} create {NAME} 0x401")

    def theirs(self):
        """The virtio device on the subnode, since it was bound."""
        return self.main.wait_for(rf"registered (virtio\d+) \(type 7\) of /remoteproc/vdev@{self.index}$", 60, self.since)[1]

    def unbind(self):
        self.main.check(f"echo remoteproc:vdev@{self.index} >{NODES}/unbind")

    def bind(self):
        self.since = self.main.console.position
        self.main.check(f"echo remoteproc:vdev@{self.index} >{NODES}/bind")

    def stream(self):
        devices = [rpmsg.character_device(machine, rpmsg.channel(machine, NAME, 60, bus))
                   for machine, bus in ((self.main, self.theirs()), (self.remote, self.ours))]
        far = self.remote.start_job(f"exec rpmsg_stream {devices[1]} {MESSAGES}")
        far.wait_output("stream: ready")
        return self.main.start_job(f"exec rpmsg_stream {devices[0]} {MESSAGES} first"), far

    def ended_well(self, jobs):
        for job in jobs:
            status, output = job.wait(300)
            self.board.expect(status == 0, f"{self.ours}: {output}")


def run(board):
    board.need("imx_rproc", "rproc_vdev", "rpmsg_remote", "ivshmem_mailbox")
    main, remote = (board.machine(name, overlay, start=False, autoload=False)
                    for name, overlay in (("main", "qemu-main-vendor.dtso"), ("remote", "qemu-remote-vendor.dtso")))
    vdevs = [Vdev(board, main, remote, index) for index in VDEVS]
    with board.step("its subnodes are ours: messages both ways by mailboxes of their own, and by its kick"):
        boot(main, remote)
        link.start_remote(remote)
        remote.wait_for("resource table built, 2 vdevs", 30)
        main.check("modprobe -a rpmsg_ns rpmsg_ctrl rpmsg_char virtio_rpmsg_bus ivshmem_mailbox rproc_vdev imx_rproc")
        main.wait_for("remote processor imx-rproc is now attached", 60)
        for vdev in vdevs:
            vdev.create()
        for vdev, jobs in [(vdev, vdev.stream()) for vdev in vdevs]:
            vdev.ended_well(jobs)
    with board.step("a subnode that the firmware has no vdev for is refused with one message"):
        main.wait_for("/remoteproc/vdev@2: the firmware has 2 vdevs, expected more than 2", 30)
    with board.step("one is unbound and bound, and the other does not notice"):
        for one, other in (vdevs, vdevs[::-1]):
            jobs = other.stream()
            one.unbind()
            rpmsg.until(remote, f"grep -q '^state: down' /sys/kernel/debug/rproc_vdev/{one.ours.replace(':', '/')}")
            one.bind()
            other.ended_well(jobs)
            one.ended_well(one.stream())
    with board.step("its table is the remote's own, which overwrites status: the driver knows better, and no kernel warns"):
        with board.ddr() as memory:
            entry = int.from_bytes(memory[HEADER:HEADER + 4], "little")
            with Overwriter(memory, entry + STATUS, 0xff):
                for _ in range(5):
                    vdevs[0].unbind()
                    vdevs[0].bind()
        vdevs[0].unbind()
        vdevs[0].bind()
        vdevs[0].ended_well(vdevs[0].stream())
    with board.step("rproc_vdev goes while the vendor's driver stays"):
        main.check("rmmod rproc_vdev", 120)
        rpmsg.no_channel(main, NAME)
