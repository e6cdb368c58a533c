# SPDX-License-Identifier: GPL-2.0-only
"""A remote that writes nonsense below mainline's rpmsg, network and console drivers: another vdev loses nothing."""
import os
import random
import re

from linux_remote_board import link, rpmsg
from linux_remote_board.hostile_remote import HostileRemote, Ring, noise, undriven
from linux_remote_board.machine import boot

SECONDS = 1500
SEED = int(os.environ.get("BOARD_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
RAW = "rpmsg-raw"
NODES = "/sys/bus/platform/drivers/rproc_vdev"
PORTS = 2
BURSTS, WRITES = 8, 50
MESSAGES = 300
LINES = 60  # that the drivers may say in a round
CONSOLE = 0x310000


class Vdev:
    """One of the link: what runs on it, and what a hostile remote can write of it."""

    def __init__(self, board, main, remote, index, *rings):
        self.board, self.main, self.remote, self.index = board, main, remote, index
        self.rings = rings

    @property
    def device(self):
        """The name of the virtio device, the latest that it had."""
        wanted = rf"registered (virtio\d+) \(type \d+\) of /remoteproc/vdev@{self.index}$"
        self.main.wait_for(wanted, 60)
        return re.findall(wanted, "\n".join(self.main.console.lines()), re.MULTILINE)[-1]

    def rebind(self):
        """Reset, by way of the subnode."""
        node = f"remoteproc:vdev@{self.index}"
        self.main.check(f"echo {node} >{NODES}/unbind", 120)
        rpmsg.until(self.remote, f'[ "$(cat /sys/bus/rvdev/devices/link:vdev{self.index}/link)" = down ]', 60)
        self.main.check(f"echo {node} >{NODES}/bind", 120)

    def up(self):
        rpmsg.until(self.remote, f'[ "$(cat /sys/bus/rvdev/devices/link:vdev{self.index}/link)" = up ]', 60,
                    f"vdev {self.index} up")


class Bus(Vdev):
    """rpmsg."""

    def create(self):
        self.remote.check(f"rpmsg_control {rpmsg.control(self.remote, self._ours)} create {RAW} 0x401")

    @property
    def _ours(self):
        return f"link:vdev{self.index}"

    def _devices(self):
        return [(machine, rpmsg.character_device(machine, rpmsg.channel(machine, RAW, 60, bus)))
                for machine, bus in ((self.remote, self._ours), (self.main, self.device))]

    def traffic(self):
        return [machine.start_job(f"exec rpmsg_write {device} flood") for machine, device in self._devices()]

    def start(self):
        """A stream both ways, each message looked at."""
        (remote, far), (main, near) = self._devices()
        theirs = remote.start_job(f"exec rpmsg_stream {far} {MESSAGES}")
        theirs.wait_output("stream: ready")
        return theirs, main.start_job(f"exec rpmsg_stream {near} {MESSAGES} first")

    def end(self, jobs):
        for job in jobs:
            status, output = job.wait(300)
            self.board.expect(status == 0, f"vdev {self.index}: {output}")

    def works(self):
        self.end(self.start())


class Net(Vdev):
    """An interface on either end."""

    def _up(self, machine, path, address):
        name = rpmsg.until(machine, f"ls {path}/net 2>/dev/null | grep .", 60, f"an interface of {path}").split()[0]
        machine.check(f"ip addr add {address}/24 dev {name} 2>/dev/null; ip link set {name} up")
        rpmsg.until(machine, f'[ "$(cat /sys/class/net/{name}/operstate)" = up ]', 60, f"{name} up")

    def _interfaces(self):
        self._up(self.main, f"/sys/bus/virtio/devices/{self.device}", "10.0.0.1")
        self._up(self.remote, f"/sys/bus/rvdev/devices/link:vdev{self.index}", "10.0.0.2")

    def traffic(self):
        self._interfaces()
        return [self.main.start_job("exec ping -i 0.05 10.0.0.2"), self.remote.start_job("exec ping -i 0.05 10.0.0.1")]

    def works(self):
        self._interfaces()
        rpmsg.until(self.main, "ping -c 1 -W 5 10.0.0.2 >/dev/null", 60, "an echo from the remote")
        rpmsg.until(self.remote, "ping -c 1 -W 5 10.0.0.1 >/dev/null", 60, "an echo from the main")


class Console(Vdev):
    """Two ports, which say back what they hear."""

    def _ports(self):
        number = self.device.removeprefix("virtio")
        for port in range(PORTS):
            rpmsg.until(self.main, f'[ "$(cat /sys/class/virtio-ports/vport{number}p{port}/name 2>/dev/null)" = echo{port} ]',
                        60, f"a port named echo{port}")
        return [f"/dev/vport{number}p{port}" for port in range(PORTS)]

    def traffic(self):
        return [self.main.start_job(f"exec cat <>{port} | cat >/dev/null & exec yes >{port}") for port in self._ports()]

    def works(self):
        for port in self._ports():
            said = self.main.check(f"exec 3<>{port}; echo hello >&3; head -n 1 <&3").strip()
            self.board.expect(said == "hello", f"{port} says {said!r}")


def bring_up_remote(remote):
    remote.check("modprobe -a rvdev_net rvdev_console")
    link.start_remote(remote)


def bring_up(main, remote):
    bring_up_remote(remote)
    link.start_main(main, "virtio_net rproc_vdev")


def attacked(board, vdev, honest):
    """What is written is written while both ends work; then it is bound anew, and as good as new."""
    hostile = HostileRemote(SEED, vdev.index, vdev.rings)
    since = vdev.main.console.position
    stream = honest.start()
    traffic = vdev.traffic()
    for turn in range(BURSTS):
        with board.ddr() as memory:
            hostile.burst(memory, WRITES, wild=turn >= BURSTS // 2)
        vdev.main.check("cat /sys/kernel/debug/rproc_vdev/*vdev@* >/dev/null")
    with board.ddr() as memory:
        hostile.repent(memory)
    vdev.rebind()
    for job in traffic:
        job.kill()
    honest.end(stream)
    vdev.works()
    vdev.main.sync_console()
    said = [line for line in vdev.main.console.lines(since) if re.search(r"virtio|rpmsg|net eth|vdev@", line)]
    board.expect(len(said) <= LINES, f"{len(said)} lines of the main's, the first:\n" + "\n".join(said[:20]))


def run(board):
    board.need("rproc_vdev", "rpmsg_remote", "shm_rproc", "ivshmem_mailbox", "virtio_net", "rvdev_net", "rvdev_console")
    main = board.machine("main", "qemu-main-hostile.dtso", start=False, autoload=False)
    remote = board.machine("remote", "qemu-remote-hostile.dtso", start=False, autoload=False)
    ends = (board, main, remote)
    bus = Bus(*ends, 0, Ring(0x1000, 256), Ring(0x4000, 256))
    net = Net(*ends, 1, Ring(0x307000, 128), Ring(0x309000, 128))
    console = Console(*ends, 2, *(Ring(CONSOLE + 0x2000 * ring, 16) for ring in range(6)))
    honest = Bus(*ends, 3)
    vdevs = (bus, net, console, honest)
    with board.step("an rpmsg bus, a network device, a console and another bus come up on one link"):
        boot(main, remote)
        bring_up(main, remote)
        bus.create()
        honest.create()
        for vdev in vdevs:
            vdev.works()
    for vdev, what in ((bus, "rpmsg"), (net, "the network device"), (console, "the console")):
        with board.step(f"nonsense below {what} (BOARD_SEED={SEED}): the other bus loses nothing, and it comes back"):
            attacked(board, vdev, honest)
    with board.step(f"nonsense in the resource table (BOARD_SEED={SEED}): all are down until it is whole, and then up"):
        with board.ddr() as memory:
            whole = undriven(memory[:0x1000])
        for turn in range(5):
            with board.ddr() as memory:
                noise(memory, f"{SEED} {turn}", 10)
            main.check("cat /sys/kernel/debug/rproc_vdev/*vdev@* >/dev/null; cat /sys/class/remoteproc/remoteproc0/state")
        with board.ddr() as memory:
            memory[:0x1000] = whole
        for vdev in vdevs:
            vdev.up()
            vdev.works()
    with board.step("the remote restarts, and with it all of them"):
        since = main.console.position
        remote.reset()
        bring_up_remote(remote)
        main.wait_for("the remote (restarted|took its resource table away): detaching", 60, since)
        for vdev in vdevs:
            vdev.up()
        bus.create()
        honest.create()
        for vdev in vdevs:
            vdev.works()
