# SPDX-License-Identifier: GPL-2.0-only
"""One kernel, both ends of a link with five vdevs: each way of describing one in devicetree, and of doing so wrongly."""
import re

from linux_remote_board import observe, rpmsg

SECONDS = 900
MODULES = ("rpmsg_ns rpmsg_ctrl rpmsg_char rpmsg_remote virtio_rpmsg_bus loopback_mailbox "
           "rproc_vdev shm_rproc")
# What each vdev has, and whose driver is to have it.
VDEVS = ("memory and mailboxes of its own", "one mailbox, one region, the buffers of another",
         "the remote processor's mailboxes", "no subnode", "a subnode of another id")
OURS = (0, 1, 2)
DEVICES = "/sys/devices/platform/remoteproc/remoteproc/remoteproc0"
STUCK = "/sys/module/loopback_mailbox/parameters/stuck"
REFUSED = (r"/remoteproc/vdev@8: reg 0 is that of /remoteproc/vdev@0 already",
           r"/remoteproc/vdev@4: virtio,id is 3, the firmware's vdev 4 has 7: left to the remoteproc core",
           r"/remoteproc/vdev@7: the firmware has 5 vdevs, expected more than 7")


class Vdev:
    """One of them: its bus on the main end and on the remote end."""

    def __init__(self, board, machine, index):
        self.board, self.machine, self.index = board, machine, index

    def exchange(self, bus):
        rpmsg.exchange(self.machine, bus, f"link:vdev{self.index}")


def buses(machine, count=len(VDEVS)):
    """The virtio devices of the main end by vdev, whose devices the core makes in the order of the table."""
    found = rpmsg.until(machine, f"[ $(ls -d {DEVICES}/rproc-virtio*/virtio* | wc -l) = {count} ] && "
                                 f"ls -dv {DEVICES}/rproc-virtio*/virtio*", 60, f"{count} virtio devices")
    return [line.rsplit("/", 1)[1] for line in found.split()[-count:]]


def bells(machine, vdev):
    """The mailboxes of a subnode, as {name: (rings that went through, times that none did)}."""
    shown = machine.check(f"cat /sys/kernel/debug/rproc_vdev/remoteproc:vdev@{vdev}")
    return {name: (int(through), int(stuck))
            for name, through, stuck in re.findall(r"^mailbox (\w+): through (\d+) stuck (\d+),", shown, re.MULTILINE)}


def stuck_mailboxes(board, machine, vdevs, names):
    since = machine.console.position
    machine.check(f"echo 1 >{STUCK}")
    for vdev in vdevs[:3]:
        vdev.exchange(names[vdev.index])
    # Both ends of both, and the remote processor's, by which vdev 2 sends. It rings for buffers too seldom to notice.
    told = (*[rf"/{end}/vdev@{vdev}: mailbox \"{name}\" has let no ring through"
              for end in ("remoteproc", "link") for vdev, name in ((0, "vq0"), (0, "vq1"), (1, "vq"))],
            "a mailbox, message 5, takes no ring")
    for message in told:
        machine.wait_for(message, 60, since)
    before = [bells(machine, vdev) for vdev in (0, 1)]
    board.expect(all(stuck for shown in before for _, stuck in shown.values()), f"not counted: {before}")
    machine.check(f"echo 0 >{STUCK}")
    for vdev in vdevs[:3]:
        vdev.exchange(names[vdev.index])
    after = [bells(machine, vdev) for vdev in (0, 1)]
    board.expect(all(shown[name][0] > through for was, shown in zip(before, after) for name, (through, _) in was.items()),
                 f"no rings: {before} before, {after} after")
    machine.sync_console()
    lines = machine.console.lines(since)
    for message in told:
        board.expect(sum(bool(re.search(message, line)) for line in lines) == 1, f"more than once: {message}")
    board.expect(not any("MBOX_TX_QUEUE_LEN" in line for line in lines), "a mailbox's queue overflows")


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
    with board.step("mailboxes that take no ring, or never say that it arrived: told once each, and both ends go on by looking"):
        stuck_mailboxes(board, machine, vdevs, names)
    if observe.can_trace(machine):
        with board.step("trace events of each, also of the one with the remote processor's mailboxes"):
            for index in OURS:
                complaints = list(observe.trace_of(machine, f"remoteproc:vdev@{index}", index,
                                                   lambda vdev=vdevs[index]: vdev.exchange(names[vdev.index])))
                board.expect(not complaints, "\n".join(complaints))
    else:
        board.skip("trace events of each", "this kernel has none")
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
