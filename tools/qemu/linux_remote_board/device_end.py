# SPDX-License-Identifier: GPL-2.0-only
"""A link whose remote is the device behind a stock virtio driver of the main's."""
from .machine import boot
from .rpmsg import until

VIRTIO = "/sys/bus/virtio/drivers"
RVDEV = "/sys/bus/rvdev/devices/link:vdev0"
POOL = "/sys/kernel/debug/swiotlb/vdev0buffer*/io_tlb_used"


class DeviceEnd:
    """@driver is mainline's, @sample the device end; @kind names the overlays."""

    def __init__(self, board, kind, driver, sample):
        board.need("ivshmem_mailbox", "rproc_vdev", "shm_rproc", sample)
        self.driver, self.sample = driver, sample
        self.module = driver if driver in board.modules else ""  # else it is built in
        self.main = board.machine("main", f"qemu-main-vdev-{kind}.dtso", start=False, autoload=False)
        self.remote = board.machine("remote", f"qemu-remote-{kind}.dtso", start=False, autoload=False)

    def start(self):
        boot(self.main, self.remote)
        self.start_remote()
        self.main.check(f"modprobe -a {self.module} ivshmem_mailbox rproc_vdev shm_rproc")
        return self.up()

    def start_remote(self):
        self.remote.check(f"modprobe -a {self.sample} ivshmem_mailbox rproc_vdev")

    def up(self):
        """Both ends have found each other; the name of the virtio device."""
        until(self.remote, f'[ "$(cat {RVDEV}/link)" = up ]', 60, f"a link of {self.sample}")
        return until(self.main, f"cd {VIRTIO}/{self.driver} && for d in virtio*; do "
                                f"readlink $d | grep remoteproc; done 2>/dev/null | grep .", 60,
                     f"a device of {self.driver}'s").split()[-1].rsplit("/", 1)[1]

    def down(self):
        until(self.remote, f'[ "$(cat {RVDEV}/link)" = down ]', 60, f"the end of {self.sample}'s link")

    def unbind(self, device):
        self.main.check(f"echo {device} >{VIRTIO}/{self.driver}/unbind")

    def bind(self, device):
        self.main.check(f"echo {device} >{VIRTIO}/{self.driver}/bind")

    def bounced(self):
        """How much of the main's buffers is in the pool just now."""
        return int(self.main.check(f"cat {POOL}"))
