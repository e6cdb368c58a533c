# SPDX-License-Identifier: GPL-2.0-only
"""One kernel, both ends of a link with five vdevs: each way of describing one in devicetree, and of doing so wrongly."""
from linux_remote_board import rpmsg

SECONDS = 900
RAW = "rpmsg-raw"
MODULES = ("rpmsg_ns rpmsg_ctrl rpmsg_char rpmsg_remote virtio_rpmsg_bus loopback_mailbox "
           "rproc_vdev shm_rproc")
# What each vdev has, and whose driver is to have it.
VDEVS = ("memory and mailboxes of its own", "one mailbox, one region, the buffers of another",
         "the remote processor's mailboxes", "no subnode", "a subnode of another id")
OURS = (0, 1, 2)
DEVICES = "/sys/devices/platform/remoteproc/remoteproc/remoteproc0"
REFUSED = (r"/remoteproc/vdev@8: reg 0 is that of /remoteproc/vdev@0 already",
           r"/remoteproc/vdev@4: virtio,id is 3, the firmware's vdev 4 has 7: left to the remoteproc core",
           r"/remoteproc/vdev@7: the firmware has 5 vdevs, expected more than 7")


class Vdev:
    """One of them: its bus on the main end and on the remote end."""

    def __init__(self, board, machine, index):
        self.board, self.machine, self.index = board, machine, index

    def device(self, name, bus):
        return rpmsg.character_device(self.machine, rpmsg.channel(self.machine, name, 60, bus), 60)

    def exchange(self, bus):
        """Every length both ways between two character devices; @bus is the main end's."""
        ours = self.device(f"{RAW}.1024", f"link:vdev{self.index}")
        status, output = self.machine.run(f"rpmsg_pair {self.device(f'{RAW}.-1', bus)} {ours}", 240)
        self.board.expect(status == 0, output)


def buses(machine, count=len(VDEVS)):
    """The virtio devices of the main end by vdev, whose devices the core makes in the order of the table."""
    found = rpmsg.until(machine, f"[ $(ls -d {DEVICES}/rproc-virtio*/virtio* | wc -l) = {count} ] && "
                                 f"ls -dv {DEVICES}/rproc-virtio*/virtio*", 60, f"{count} virtio devices")
    return [line.rsplit("/", 1)[1] for line in found.split()[-count:]]


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "loopback_mailbox")
    machine = board.machine("loopback", overlay="qemu-loopback-vdev.dtso", autoload=False)
    vdevs = [Vdev(board, machine, index) for index in range(len(VDEVS))]
    with board.step("all vdevs come up: those that are described are ours, the others the core's"):
        machine.check(f"modprobe -a {MODULES}")
        names = buses(machine)
        drivers = [machine.check(f"basename $(readlink -f {DEVICES}/*/{name}/../driver)").strip() for name in names]
        wanted = ["rproc_vdev_claim" if index in OURS else "rproc-virtio" for index in range(len(VDEVS))]
        board.expect(drivers == wanted, f"{drivers}, expected {wanted}")
    with board.step("what is described wrongly is refused with one message"):
        for message in REFUSED:
            machine.wait_for(message, 30)
    for vdev, what in zip(vdevs, VDEVS):
        with board.step(f"messages both ways: {what}"):
            vdev.exchange(names[vdev.index])
    with board.step("one is unbound and bound, and the others do not notice"):
        for index in OURS:
            node = f"remoteproc:vdev@{index}"
            machine.check(f"echo {node} >/sys/bus/platform/drivers/rproc_vdev/unbind")
            other = (index + 1) % len(VDEVS)
            vdevs[other].exchange(buses(machine, len(VDEVS) - 1)[other - (other > index)])
            machine.check(f"echo {node} >/sys/bus/platform/drivers/rproc_vdev/bind")
            vdevs[index].exchange(buses(machine)[index])
    with board.step("stopped and started, all come back"):
        machine.check("echo detach >/sys/class/remoteproc/remoteproc0/state")
        machine.check("echo start >/sys/class/remoteproc/remoteproc0/state")
        names = buses(machine)
        for vdev in vdevs:
            vdev.exchange(names[vdev.index])
