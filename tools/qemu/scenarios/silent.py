# SPDX-License-Identifier: GPL-2.0-only
"""A remote that never answers: drivers that wait for it without sleeping get their end, and the link can be taken down."""
import struct

from linux_remote_board.firmware_table import CONSOLE, DRIVER_OK, NET, RPMSG, STATUS, Firmware, Vdev
from linux_remote_board.rpmsg import until

SECONDS = 600
STATE = "/sys/class/remoteproc/remoteproc0/state"
NODES = "/sys/bus/platform/drivers/rproc_vdev"
MULTIPORT = 1 << 1
MAC, CTRL_VQ, CTRL_RX = 1 << 5, 1 << 17, 1 << 18
SMALL = {"num": 16, "align": 64}
# Whose virtio drivers are what, by vdev.
THE_CONSOLE, A_NET, AN_RPMSG, ANOTHER_NET = range(4)
WAITS = "the remote keeps its driver waiting as"


def net(address):
    return Vdev(NET, 3, MAC | CTRL_VQ | CTRL_RX, bytes((2, 0, 0, 0, 0, address, 0, 0)), **SMALL)


class Main:
    """The machine."""

    def __init__(self, machine):
        self.machine = machine
        self.since = 0

    def now(self):
        self.since = self.machine.console.position

    def says(self, text, seconds=30):
        self.machine.wait_for(text, seconds, self.since)

    def interface(self, vdev):
        device = self.machine.wait_for(rf"registered (virtio\d+) \(type 1\) of /remoteproc/vdev@{vdev}$", 60, self.since)[1]
        return self.machine.check(f"ls /sys/bus/virtio/devices/{device}/net").strip()

    def set_up(self, vdev):
        """From then on its driver waits, with the network's lock held."""
        self.machine.check(f"ip link set {self.interface(vdev)} up")

    def unbind(self, vdev):
        return f"echo remoteproc:vdev@{vdev} >{NODES}/unbind"

    def bind(self, vdev):
        return f"echo remoteproc:vdev@{vdev} >{NODES}/bind"


def come_and_go(board, main):
    machine = main.machine
    with board.step("virtio_net waits for it with the network's lock held: until its subnode is unbound"):
        main.set_up(A_NET)
        main.now()
        machine.check(main.unbind(A_NET), 120)
        main.says(rf"vdev@{A_NET}: {WAITS} it leaves, 1[01] s now: virtqueues broken", 1)
        machine.check(main.bind(A_NET), 120)
    with board.step("another one comes, and needs that lock: the first is kept waiting no longer"):
        machine.check(main.unbind(ANOTHER_NET), 120)
        main.set_up(A_NET)
        machine.check(main.bind(ANOTHER_NET), 120)
        main.says(rf"vdev@{A_NET}: {WAITS} another vdev comes or goes, 1[0-2] s now: virtqueues broken", 1)
    with board.step("the link is taken down, and the other way round that is so as well"):
        main.now()
        machine.check(f"{main.unbind(A_NET)} && {main.bind(A_NET)}", 120)
        main.set_up(A_NET)
        machine.check(f"echo detach >{STATE}", 120)
        main.says(rf"vdev@{A_NET}: {WAITS} another vdev comes or goes, 1[0-2] s now: virtqueues broken", 1)
        machine.check("ip link show")


def run(board):
    board.need("ivshmem_mailbox", "rproc_vdev", "shm_rproc", "virtio_net", "virtio_rpmsg_bus")
    firmware = Firmware(board, Vdev(CONSOLE, 6, MULTIPORT, struct.pack("<HHI", 0, 0, 2), **SMALL), net(1),
                        Vdev(RPMSG, 2, **SMALL), net(2))
    main = Main(board.machine("main", overlay="qemu-main-vdev-silent.dtso", autoload=False))
    machine = main.machine
    with board.step("virtio_console waits for it in its probe, with the remoteproc's lock held, and not for ever"):
        main.now()
        machine.check("modprobe -a virtio_net virtio_rpmsg_bus ivshmem_mailbox rproc_vdev shm_rproc")
        main.says(rf"vdev@{THE_CONSOLE}: {WAITS} it starts, 1[01] s now: virtqueues broken", 90)
        main.says("is now attached", 60)
    with board.step("the other vdevs of the link do not notice"):
        main.says("rpmsg host is online")
        for vdev in range(4):
            board.expect(firmware.word(vdev, STATUS) & DRIVER_OK, f"no DRIVER_OK in vdev {vdev}")
    with board.step("what a driver writes into config space is in the table"):
        machine.check(f"ifconfig {main.interface(A_NET)} hw ether 02:12:34:56:78:9a")
        board.expect(firmware.config(A_NET)[:6] == bytes.fromhex("02123456789a"), firmware.config(A_NET).hex())
    come_and_go(board, main)
    with board.step("once each, and again when it is attached to again"):
        main.now()
        machine.check(f"echo start >{STATE}", 120)
        machine.sync_console()
        for vdev, times in ((THE_CONSOLE, 2), (A_NET, 3), (AN_RPMSG, 0)):
            said = [line for line in machine.console.lines() if f"vdev@{vdev}: {WAITS}" in line]
            board.expect(len(said) == times, f"{said}, expected {times}")
    with board.step("its subnode is unbound and the module goes while a driver waits, with the remoteproc's lock held"):
        machine.check(main.unbind(THE_CONSOLE), 120)
        jobs = [machine.start_job(main.bind(THE_CONSOLE))]
        firmware.wait_status(THE_CONSOLE, DRIVER_OK)
        for command, function in ((main.unbind(A_NET), "rproc_vdev_node_removed"), ("rmmod rproc_vdev", "rproc_vdev_main_exit")):
            jobs.append(machine.start_job(command))
            until(machine, f"grep -qs {function} /proc/[0-9]*/stack", 30, f"somebody who waits in {function}")
        for job in jobs:
            status, output = job.wait(120)
            board.expect(status == 0, output)
        machine.check("rmmod shm_rproc", 120)
