# SPDX-License-Identifier: GPL-2.0-only
"""A remote that never answers: drivers that wait for it without sleeping get their end, and the link can be taken down."""
import struct

from linux_remote_board.firmware_table import CONSOLE, DRIVER_OK, NET, RPMSG, STATUS, Firmware, Vdev

SECONDS = 600
STATE = "/sys/class/remoteproc/remoteproc0/state"
MULTIPORT = 1 << 1
MAC, CTRL_VQ, CTRL_RX = 1 << 5, 1 << 17, 1 << 18
SMALL = {"num": 16, "align": 64}


def run(board):
    board.need("ivshmem_mailbox", "rproc_vdev", "shm_rproc", "virtio_net", "virtio_rpmsg_bus")
    firmware = Firmware(board, Vdev(CONSOLE, 6, MULTIPORT, struct.pack("<HHI", 0, 0, 2), **SMALL),
                        Vdev(NET, 3, MAC | CTRL_VQ | CTRL_RX, bytes((2, 0, 0, 0, 0, 1, 0, 0)), **SMALL),
                        Vdev(RPMSG, 2, **SMALL))
    main = board.machine("main", overlay="qemu-main-vdev-silent.dtso", autoload=False)
    with board.step("virtio_console waits for it in its probe, with the remoteproc's lock held, and not for ever"):
        since = main.console.position
        main.check("modprobe -a virtio_net virtio_rpmsg_bus ivshmem_mailbox rproc_vdev shm_rproc")
        main.wait_for("vdev@0: the remote keeps its driver waiting as it starts, 1[01] s now: virtqueues broken", 90, since)
        main.wait_for("is now attached", 60, since)
    with board.step("the other vdevs of the link do not notice"):
        main.wait_for("rpmsg host is online", 30, since)
        for vdev in range(3):
            board.expect(firmware.word(vdev, STATUS) & DRIVER_OK, f"no DRIVER_OK in vdev {vdev}")
    with board.step("virtio_net waits for it with the network's lock held: until the link is taken down"):
        since = main.console.position
        main.check("ip link set $(ls /sys/bus/virtio/drivers/virtio_net/virtio*/net) up")
        main.check(f"echo detach >{STATE}", 120)
        main.wait_for("vdev@1: the remote keeps its driver waiting as it leaves, 1[01] s now: virtqueues broken", 1, since)
        main.check("ip link show")
    with board.step("once each, and again when it is attached to again"):
        since = main.console.position
        main.check(f"echo start >{STATE}", 120)
        main.sync_console()
        said = [line for line in main.console.lines() if "keeps its driver waiting" in line]
        board.expect(len(said) == 3, f"{said}")
        main.check("rmmod shm_rproc && rmmod rproc_vdev", 120)
