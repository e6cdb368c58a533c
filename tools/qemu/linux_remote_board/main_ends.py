# SPDX-License-Identifier: GPL-2.0-only
"""Two machines, the main's end of the link on a vdev subnode."""
from . import link, rpmsg
from .machine import boot

SAMPLE = "rpmsg-client-sample"
REMOTEPROC = "/sys/class/remoteproc/remoteproc0"
SHOWN = "/sys/kernel/debug/rproc_vdev/*vdev@0"
NODE = "/sys/bus/platform/drivers/rproc_vdev"
VIRTIO = "/sys/bus/virtio/drivers/virtio_rpmsg_bus"


class Ends:
    """Both machines, and what goes between them. @more: overlays over that of the main."""

    def __init__(self, board, *more):
        self.board = board
        self.main, self.remote = (board.machine(name, overlay, start=False, autoload=False)
                                  for name, overlay in (("main", ("qemu-main-vdev.dtso", *more)), ("remote", None)))

    def start(self):
        boot(self.main, self.remote)
        link.start_remote(self.remote)
        link.start_main(self.main, "rproc_vdev")

    def node(self):
        """The platform device of the subnode."""
        return rpmsg.until(self.main, f"ls -d {NODE}/*vdev@0", 30, "the subnode's device").split()[-1].rsplit("/", 1)[1]

    def virtio(self):
        """The virtio device on it, while it has a driver."""
        found = rpmsg.until(self.main, f"ls -d {VIRTIO}/virtio*", 30, "the virtio device")
        return found.split()[-1].rsplit("/", 1)[1]

    def status(self):
        """As the remote sees it."""
        with self.board.ddr() as memory:
            return memory[int.from_bytes(memory[16:20], "little") + 24]

    def shown(self):
        return self.main.check(f"cat {SHOWN}")

    def sample(self):
        """Mainline's sample against our echo, loaded anew."""
        rpmsg.channel(self.main, SAMPLE, 60)
        since = self.main.console.position
        self.main.check("modprobe rpmsg_client_sample")
        link.wait_sample(self.main, since)
        self.main.check("rmmod rpmsg_client_sample")

    def down(self):
        rpmsg.no_channel(self.main, SAMPLE)

    def says(self, pattern, since):
        self.main.wait_for(pattern, 30, since)
