# SPDX-License-Identifier: GPL-2.0-only
"""Every call that a vdev subnode makes on its way to a virtio device fails in turn: the others of the link do not notice."""
from linux_remote_board import rpmsg
from linux_remote_board.fault import ALLOCATION, EBUSY, EEXIST, EINVAL, NOTHING, each, prepare

SECONDS = 900
NODE = "remoteproc:vdev@0"
NODES = "/sys/bus/platform/drivers/rproc_vdev"
VIRTIO = "/sys/bus/virtio/devices"
STATE = "/sys/class/remoteproc/remoteproc0/state"


def run(board):
    board.need("fail_call", "loopback_mailbox", "rproc_vdev", "shm_rproc")
    machine = board.machine("loopback", overlay="qemu-loopback-vdev.dtso", autoload=False)
    machine.console.allowed.append(r"mm/vmalloc.c:\d+ alloc_vmap_area")
    prepare(machine, "rpmsg_ns", "loopback_mailbox", "rproc_vdev", "shm_rproc")
    # The link may be up before its remoteproc device is bound, which is when the subnodes get theirs.
    rpmsg.until(machine, f"grep -qx attached {STATE} && ls -d {NODES}/{NODE}", 30, "the link, and the subnode's device")
    with board.step("a subnode's driver is bound"):
        machine.check(f"echo detach >{STATE} && echo {NODE} >{NODES}/unbind")
        each(machine, "rproc_vdev_node_probe", NODE, f"{NODES}/bind {NODE}", f"{NODES}/unbind {NODE}", NODES,
             (*ALLOCATION, ("memremap", NOTHING), ("mbox_request_channel", EBUSY), ("device_link_add", NOTHING)))
        machine.check(f"echo {NODE} >{NODES}/bind")
    with board.step("vdevs are claimed, or left to the remoteproc core"):
        each(machine, "rproc_vdev_claim_decide", "remoteproc0", f"{STATE} start", f"{STATE} detach", VIRTIO, ALLOCATION)
    with board.step("vdevs get their memory for buffers"):
        each(machine, "rproc_vdev_claim_init_dma", "remoteproc0", f"{STATE} start", f"{STATE} detach", VIRTIO,
             (*ALLOCATION, ("of_dma_configure_id", EINVAL), ("of_reserved_mem_device_init_by_idx", EBUSY)), refused=False)
    with board.step("virtio devices are made"):
        since = machine.console.position
        # The link comes up without the one that cannot.
        each(machine, "rproc_vdev_claim_up", "remoteproc0", f"{STATE} start", f"{STATE} detach", VIRTIO,
             (*ALLOCATION, ("device_add", EEXIST)), refused=False)
        for index in range(3):
            machine.wait_for(rf"/remoteproc/vdev@{index}: the virtio device cannot be registered: {EEXIST}", 30, since)
    with board.step("virtqueues are made"):
        machine.check(f"modprobe virtio_rpmsg_bus && echo start >{STATE}")
        driver = "/sys/bus/virtio/drivers/virtio_rpmsg_bus"
        device = rpmsg.until(machine, f"ls -dv {driver}/virtio* 2>/dev/null", 30, "a virtio device").split()[0]
        device = device.rsplit("/", 1)[1]
        machine.check(f"echo {device} >{driver}/unbind")
        each(machine, "rproc_vdev_find_vqs", device, f"{driver}/bind {device}", f"{driver}/unbind {device}",
             f"{VIRTIO} /sys/bus/rpmsg/devices", ALLOCATION)
        machine.check(f"echo {device} >{driver}/bind")
