# SPDX-License-Identifier: GPL-2.0-only
"""Firmware that the main loads, whose vdevs are subnodes: boots, crashes, other firmware, drivers that come and go."""
import contextlib
import re
import struct

from linux_remote_board import observe, rpmsg
from linux_remote_board.doorbells import VECTORS
from linux_remote_board.fault import ONE, each, prepare
from linux_remote_board.firmware import Firmware
from linux_remote_board.scene import RPROC, Scene, exchange
from linux_remote_board.stand_in import ACKNOWLEDGE, DRIVER_OK, STATUS, Bells
from linux_remote_board.stand_in_remote import CRASHED, StandInRemote
from linux_remote_board.storm import Storm

SECONDS = 900
MODULES = "ivshmem_mailbox virtio_rpmsg_bus rpmsg_ns rproc_vdev shm_rproc"
PORTS = "/sys/class/virtio-ports"
VIRTIO = "/sys/bus/virtio/drivers"
STORM = 2000  # interrupts of the vdevs' mailboxes, at least
NODES = "/sys/bus/platform/drivers/rproc_vdev"
TRACING = "/sys/kernel/debug/tracing"
DEBUGFS = "/sys/kernel/debug/remoteproc/remoteproc0"
RSC_VDEV = 3
DRIVERS = ("virtio_rpmsg_bus", "virtio_console")
OFFERED, TAKEN = 12, 16  # of a vdev entry
PORTS_MAX = 28 + 4 * 20 + 4  # of the console's, behind its vrings

RPMSG = "vdev 7 features 0x1\n" + 2 * "\tvring 256 align 4096 da any notifyid 0\n"
CONSOLE = "vdev 3 features 0x2\n" + 4 * "\tvring 16 align 64 da any notifyid 0\n" + "\tconfig 50 00 19 00 01 00 00 00\n"
TABLES = {
    "both": RPMSG + CONSOLE,
    "retyped": RPMSG + CONSOLE,
    "alone": RPMSG,
    "crossed": CONSOLE + RPMSG,
    "wide": RPMSG.replace("256", "1024") + CONSOLE,
    "narrow": RPMSG.replace("256", "64") + CONSOLE,
}


class Both(Scene):
    """The vdevs of the firmware "both", each with its driver and its traffic."""

    def port(self):
        """The console's port, by the name that the remote gave it."""
        found = rpmsg.until(self.main, f"grep -lx echo {PORTS}/*/name", 60, "a port named echo")
        return "/dev/" + found.split()[-1].split("/")[-2]

    def ask(self, text):
        said = self.main.check(f"exec 3<>{self.port()}; echo '{text}' >&3; head -n 1 <&3").strip()
        self.board.expect(said == text, f"the port says {said!r} to {text!r}")

    def traffic(self):
        rpmsg.channel(self.main, "rpmsg-client-sample", 60)
        exchange(self)
        self.ask("hello")

    def device(self, driver):
        """Its virtio device that is a vdev of ours; the harness talks through a console, too."""
        return rpmsg.until(self.main, f"for d in {VIRTIO}/{driver}/virtio*; do readlink -f $d; done | grep remoteproc",
                           30, f"a device of {driver}'s").split()[-1].rsplit("/", 1)[1]

    def unbind(self, driver, device):
        self.main.check(f"echo {device} >{VIRTIO}/{driver}/unbind")

    def bind(self, driver, device):
        self.main.check(f"echo {device} >{VIRTIO}/{driver}/bind")

    def rebind(self, driver, device, refused):
        """Until config space has come through: refused, or not."""
        for _ in range(100):
            self.main.run(f"echo {device} >{VIRTIO}/{driver}/unbind")
            self.now()
            status, _ = self.main.run(f"echo {device} >{VIRTIO}/{driver}/bind")
            if bool(status) == refused:
                break
        else:
            self.board.expect(False, f"{driver} does not see another config space")
        if refused:
            self.says("wants a vring 4 .*, the firmware's vdev has 4")

    def boot(self, firmware):
        self.use(firmware)
        self.start()
        self.traffic()


def boots(scene, firmware):
    board, main, remote = scene.board, scene.main, scene.remote
    main.check(f"modprobe -a {MODULES}")
    remote.arrive()
    for name in ("both", "retyped"):
        with board.step(f"firmware with a vdev of two vrings and one of four: both are ours ({name})"):
            scene.boot(firmware[name])
            types = [struct.unpack_from("<I", remote.memory, entry)[0] for entry in remote.vdevs]
            board.expect(types == [RSC_VDEV, RSC_VDEV], f"the firmware sees types {types}")
            for driver in DRIVERS:
                scene.device(driver)
            shown = main.check("cat /sys/kernel/debug/rproc_vdev/*vdev@1")
            board.expect("vring3: num 16" in shown, shown)
            scene.stop()
            left = main.check(f"ls {VIRTIO}/virtio_rpmsg_bus; ls {NODES}/../rproc_vdev_claim")
            board.expect("virtio" not in left.replace("virtio_rpmsg_bus", ""), f"left: {left}")


def crashes(scene, firmware):
    board, main, remote = scene.board, scene.main, scene.remote
    with board.step("a crash is recovered, twice in a row, and traffic works after each"):
        scene.boot(firmware["both"])
        for reason in (0x21, 0x22):
            scene.now()
            remote.say(CRASHED, reason)
            scene.says(f"the remote crashed: reason {reason:#x}")
            scene.up()
            scene.traffic()
    with board.step("a crash that somebody writes into debugfs"):
        scene.now()
        main.check(f"echo 1 >{DEBUGFS}/crash")
        scene.up()
        scene.traffic()
    with board.step("a crash while a driver waits for the remote in its probe"):
        scene.stop()
        remote.deaf = True
        scene.now()
        job = main.start_job(f"echo start >{RPROC}/state")
        scene.says("registered virtio.*type 7.* of /remoteproc/vdev@0")
        remote.wait_offered(1, 3)
        remote.say(CRASHED, 0x23)
        remote.deaf = False
        scene.says("the remote crashed: reason 0x23")
        job.wait(60)
        scene.up()
        scene.traffic()
    with board.step("recovery disabled: the vdevs stay, and stop and start brings all back"):
        main.check(f"echo disabled >{DEBUGFS}/recovery")
        scene.now()
        remote.say(CRASHED, 0x24)
        scene.says("the remote crashed: reason 0x24")
        scene.state("crashed")
        scene.stop()
        scene.start()
        scene.traffic()
        scene.now()
        remote.say(CRASHED, 0x25)
        scene.state("crashed")
        main.check(f"echo enabled >{DEBUGFS}/recovery")
        scene.up()
        scene.traffic()
        scene.stop()


def resets(scene, firmware):
    board, remote = scene.board, scene.remote
    with board.step("a virtio driver is unbound: status 0; bound: it takes what was offered first"):
        scene.boot(firmware["both"])
        for entry, driver in zip(remote.vdevs, DRIVERS):
            device = scene.device(driver)
            scene.main.check(f"echo >{TRACING}/trace; echo 1 >{TRACING}/events/rproc_vdev/rproc_vdev_status/enable")
            scene.unbind(driver, device)
            written = re.findall(r"status 0x(\w+)", scene.main.check(f"cat {TRACING}/trace"))
            board.expect(written[:1] == ["00"] and written[-1:] == ["01"], f"wrote status {written}")
            board.expect(remote.memory[entry + STATUS] == ACKNOWLEDGE, f"status {remote.memory[entry + STATUS]}")
            offered, = struct.unpack_from("<I", remote.memory, entry + OFFERED)
            struct.pack_into("<I", remote.memory, entry + OFFERED, 0xffffffff)
            scene.bind(driver, device)
            taken, = struct.unpack_from("<I", remote.memory, entry + TAKEN)
            struct.pack_into("<I", remote.memory, entry + OFFERED, offered)
            board.expect(taken == offered, f"took {taken:#x} of {offered:#x}")
            board.expect(remote.memory[entry + STATUS] & DRIVER_OK, "no DRIVER_OK")
        scene.traffic()
    with board.step("config space that promises more vrings than there are is refused; mended, it works"):
        driver = DRIVERS[1]
        device = scene.device(driver)
        for ports, wanted in ((2, True), (1, False)):
            struct.pack_into("<I", remote.memory, remote.vdevs[1] + PORTS_MAX, ports)
            remote.ring()
            scene.rebind(driver, device, wanted)
        scene.traffic()
        scene.stop()


def interrupts(main):
    """{(vdev, vring): how often its mailbox rang}."""
    return {(vdev, vring): number for vdev in (0, 1)
            for (what, vring), number in observe.kicks(main, f"remoteproc:vdev@{vdev}").items() if what == "interrupt"}


def storms(scene, firmware):
    board, main, remote = scene.board, scene.main, scene.remote
    with board.step("the mailbox of a vring is rung without end: its virtqueue looks, no other does"):
        scene.boot(firmware["both"])
        before = interrupts(main)
        with Storm(remote.bells, [1]):
            for _ in range(100):
                rung = {where: number - before[where] for where, number in interrupts(main).items()}
                if rung[0, 1] >= STORM:
                    break
        board.expect(rung.pop((0, 1)) >= STORM and not any(rung.values()), f"interrupts: {rung}")
    with board.step("all mailboxes are: each vdev goes on, a crash is recovered, nothing is said about it"):
        main.sync_console()
        before, since = sum(interrupts(main).values()), main.console.position
        with Storm(remote.bells, range(VECTORS)) as storm:
            for _ in range(20):
                scene.traffic()
                rung = sum(interrupts(main).values()) - before
                if rung >= STORM:
                    break
            board.expect(rung >= STORM, f"{rung} interrupts in {storm.rounds} rounds")
            scene.now()
            remote.say(CRASHED, 0x26)
            scene.up()
            scene.traffic()
        main.sync_console()
        said = [line for line in main.console.lines(since) if re.search(r"vdev@|ivshmem_mailbox", line)]
        board.expect(len(said) <= 2, "\n".join(said[:10]))
        print(f"     {rung} interrupts of {storm.rounds} rounds before the crash")
        scene.stop()


def without_memory(scene, firmware):
    with scene.board.step("there is no memory for one of both vdevs: the remote boots, and the other works"):
        scene.use(firmware["both"])
        prepare(scene.main)
        each(scene.main, "rproc_vdev_claim_new", "remoteproc0", f"{RPROC}/state start", f"{RPROC}/state stop",
             "/sys/bus/virtio/devices", [ONE], refused=False)
        scene.boot(firmware["both"])
        scene.stop()


def firmware_changes(scene, firmware):
    board, main = scene.board, scene.main
    cases = (
        ("alone", "a vdev less", True, "/remoteproc/vdev@1: the firmware has 1 vdevs, expected more than 1"),
        ("crossed", "another order", False,
         "/remoteproc/vdev@0: virtio,id is 7, the firmware's vdev 0 has 3: nobody serves it",
         "/remoteproc/vdev@1: virtio,id is 3, the firmware's vdev 1 has 7: left to the remoteproc core"),
        ("wide", "larger vrings than there is memory for", False,
         "/remoteproc/vdev@0: vring 0 takes 2[0-9]* bytes, its memory has 12288"),
        ("narrow", "smaller vrings", True),
    )
    for name, what, works, *messages in cases:
        with board.step(f"other firmware: {what}"):
            scene.use(firmware[name])
            scene.now()
            main.check(f"echo start >{RPROC}/state")
            scene.says("remote processor remoteproc is now up")
            for message in messages:
                scene.says(message)
                main.sync_console()
                said = [line for line in main.console.lines(scene.since) if message.split(": ")[0] + ": " in line
                        and "registered" not in line]
                board.expect(len(said) == 1, f"said {said}")
            if works:
                rpmsg.channel(main, "rpmsg-client-sample", 60)
                exchange(scene)
            scene.stop()
            scene.boot(firmware["both"])
            scene.stop()


def run(board):
    board.need("fail_call", "rproc_vdev", "shm_rproc", "ivshmem_mailbox", "rpmsg_client_sample")
    main = board.machine("main", overlay="qemu-main-boot-vdev.dtso", autoload=False)
    firmware = {name: Firmware(board.directory, name, table=table, retype=1 if name == "retyped" else None)
                for name, table in TABLES.items()}
    with board.ddr() as memory, contextlib.closing(Bells(board.doorbell_socket("remote"))) as bells:
        bells.wait_peer()
        with contextlib.closing(StandInRemote(memory, bells)) as remote:
            scene = Both(board, main, remote)
            boots(scene, firmware)
            crashes(scene, firmware)
            resets(scene, firmware)
            storms(scene, firmware)
            without_memory(scene, firmware)
            firmware_changes(scene, firmware)
