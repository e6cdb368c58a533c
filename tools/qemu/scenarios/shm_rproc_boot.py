# SPDX-License-Identifier: GPL-2.0-only
"""The main loads, starts, stops and recovers a remote that the host plays, honest, silent or lying."""
import base64
import contextlib
import re
import struct

from linux_remote_board import rpmsg
from linux_remote_board.fault import ALLOCATION, EEXIST, ENOMEM, NOTHING, each, prepare
from linux_remote_board.firmware import MACHINE, Firmware
from linux_remote_board.machine import Failed
from linux_remote_board.scene import RPROC, Scene, exchange
from linux_remote_board.stand_in import BASE, Bells
from linux_remote_board.stand_in_remote import (ANSWERED, CRASHED, IDLE, RUNNING, START, STATE, STOP, VERSION,
                                                StandInRemote)

SECONDS = 900
DRIVER = "/sys/bus/platform/drivers/shm_rproc"
DUMPS = "/sys/class/devcoredump"
DATA = 0x310000  # of the firmware, in the shared memory
SCENE = b"scene of the crash"


def read_dump(scene):
    """The segments of the coredump that is there, as {address: bytes}; it is thrown away."""
    text = rpmsg.until(scene.main, f"ls -d {DUMPS}/devcd* 2>/dev/null", 60, "a coredump").split()[-1]
    data = base64.b64decode(scene.main.check(f"base64 {text}/data"))
    scene.main.check(f"echo 1 >{text}/data")
    if data[:4] != b"\x7fELF" or struct.unpack_from("<H", data, 16)[0] != 4:
        raise Failed(f"the coredump is no ELF core file: {data[:20]}")
    start, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    found = {}
    for header in range(start, start + 56 * count, 56):
        offset, _, address, size = struct.unpack_from("<QQQQ", data, header + 8)
        found[address] = data[offset:offset + size]
    return found


def starts_and_stops(scene, first, second, small):
    board, main, remote = scene.board, scene.main, scene.remote
    with board.step("nobody there: auto-boot waits, a start by hand gives up with one message"):
        main.check("modprobe -a ivshmem_mailbox virtio_rpmsg_bus rpmsg_ns shm_rproc")
        scene.refused("imed out", "boot code has not come up within 3000 ms")
    with board.step("the remote comes up: booted by itself, every byte in its place"):
        remote.firmware = first
        scene.now()
        remote.arrive()
        scene.up()
        board.expect([given[:2] for given in remote.commands] == [(START, first.entry)], remote.commands)
        board.expect(remote.commands[-1][2] != BASE, "the table does not lie where the file has it")
        exchange(scene)
    with board.step("stop, and start by hand: nobody boots it meanwhile"):
        for _ in range(3):
            scene.stop()
            remote.ring()
            scene.start()
            exchange(scene)
    with board.step("another firmware, whose table is not loaded with it"):
        scene.stop()
        scene.use(second)
        scene.start()
        board.expect(remote.commands[-1][1:3] == (second.entry, BASE), remote.commands[-1])
        exchange(scene)
    with board.step("a 32-bit one"):
        scene.stop()
        scene.use(small)
        scene.start()
        board.expect(remote.commands[-1][1] == small.entry, remote.commands[-1])
        scene.stop()
        scene.use(first)


def spoil_table(remote):
    """Another device than the one that was booted."""
    struct.pack_into("<I", remote.memory, remote.vdev + 4, 9)
    remote.ring()


def crashes(scene):
    board, main, remote = scene.board, scene.main, scene.remote
    with board.step("a crash is recovered, and leaves a dump of the memory that was loaded"):
        main.check(f"echo enabled >{RPROC}/coredump")
        scene.start()
        for reason in (0x11, 0x12):
            scene.now()
            with board.ddr() as memory:
                memory[DATA:DATA + len(SCENE)] = SCENE
            remote.say(CRASHED, reason)
            scene.says(f"the remote crashed: reason {reason:#x}")
            scene.up()
            dump = read_dump(scene)
            board.expect(sorted(dump) == [BASE + 0x307000, BASE + DATA], f"segments at {sorted(dump)}")
            board.expect(dump[BASE + DATA].startswith(SCENE), f"dumped {dump[BASE + DATA][:32]}")
            board.expect(b"entry of first" in dump[BASE + 0x307000], "the code is not in the dump")
        exchange(scene)
    lies = (("stops without a word", "the remote stopped without a word: reason 0x5", lambda: remote.say(IDLE, 5)),
            ("a state that is none", "control block: state of the remote, expected at most 4, got 77",
             lambda: remote.lie(STATE, 77)),
            ("another version", "control block: version of the remote's boot code, expected 1, got 9",
             lambda: remote.lie(VERSION, 9)),
            ("an answer to another command", "the remote stopped without a word",
             lambda: remote.lie(ANSWERED, remote.word(ANSWERED) + 5)),
            ("another table", "the remote wrote over its resource table", lambda: spoil_table(remote)))
    for what, message, lie in lies:
        with board.step(f"a remote that lies: {what}"):
            scene.now()
            lie()
            scene.says(re.escape(message))
            if what == "another version":
                # No start while it says so: the recovery fails, and whoever starts it later finds it as it was.
                scene.says("not recovered")
                scene.refused("rotocol error", "expected 1, got 9")
                remote.arrive()
                scene.start()
            else:
                scene.up()
            main.check(f"for dump in {DUMPS}/devcd*/data; do echo 1 >$dump; done")
            exchange(scene)
    with board.step("a crash of a remote that does not answer any more: off, and well again when it answers"):
        scene.now()
        remote.manner = "silent"
        remote.say(CRASHED, 1)
        scene.says("not recovered: the remote is off")
        board.expect(scene.state() == "offline", scene.state())
        remote.manner = "honest"
        scene.start()
        exchange(scene)
        scene.stop()
        # A dump keeps its remote processor, and so the number of it.
        main.check(f"for dump in {DUMPS}/devcd*/data; do echo 1 >$dump; done")


def refusals(scene, first):
    board, remote = scene.board, scene.remote
    with board.step("a remote that is silent, refuses, or crashes as it starts"):
        remote.manner = "silent"
        scene.refused("imed out", "does not answer START within 3000 ms")
        scene.refused("imed out", "does not stop within 3000 ms: it may still run")
        remote.manner = "refuse"
        scene.refused("nput/output error", "the remote refuses to start: reason 0x7")
        remote.manner = "crash"
        scene.refused("nput/output error", "the remote crashed as it started: reason 0x8")
        remote.manner = "honest"
        scene.start()
        scene.stop()
    with board.step("firmware that cannot be started is refused with its reason"):
        remote.machine = MACHINE[64]
        remote.arrive()
        for name, data, reason in malformed(first):
            first.install(scene.main, "malformed.elf", data)
            scene.main.check(f"echo malformed.elf >{RPROC}/firmware")
            try:
                scene.refused("nvalid argument", f"refused:.*{reason}")
            except Failed as error:
                raise Failed(f"{name}: {error}") from error
        board.expect(remote.commands[-1][0] == STOP, "the remote was told to start on malformed firmware")
        scene.use(first)
        scene.start()


def malformed(firmware):
    """(what, the file's bytes, what is said of it) for a 64-bit file."""
    data, changed = firmware.data, firmware.changed
    segments, sections = (int.from_bytes(data[at:at + 8], "little") for at in (32, 40))
    table = data.index(struct.pack("<IIII", 1, 2, 0, 0))
    vdev = table + 24
    return (
        ("no ELF file", b"hello", "no ELF file"),
        ("another class", changed(4, 3, 1), "ELF class"),
        ("the other byte order", changed(5, 2, 1), "ELF byte order"),
        ("code for another machine", changed(18, 62), "ELF machine, the remote runs 183, got 62"),
        ("cut off in the header", data[:60], "bytes of an ELF file"),
        ("cut off behind the segments", data[:segments + 112], "end of"),
        ("headers outside of the file", changed(32, 1 << 40, 8), "end of the headers"),
        ("headers of another size", changed(54, 57), "bytes of a header"),
        ("no segment", changed(56, 0), "none to load"),
        ("the entry elsewhere", changed(24, 0x50000000, 8), "entry, expected in a segment"),
        ("a segment outside of the memory", changed(segments + 24, 0x40000000, 8), "segment 0: address of a segment"),
        ("a segment 4 GiB further", changed(segments + 24, 0x150307000, 8), "segment 0: address of a segment"),
        ("a segment over the vrings", changed(segments + 24, 0x50001000, 8), "segment 0: address of a segment"),
        ("a segment over the control block", changed(segments + 24, 0x50306000, 8), "segment 0: address of a segment"),
        ("a segment longer than its memory", changed(segments + 56 + 40, 0x10001, 8), "segment 1: address of a segment"),
        ("a segment longer in the file", changed(segments + 32, 1 << 20, 8), "segment 0: bytes of a segment"),
        ("a segment outside of the file", changed(segments + 8, 1 << 62, 8), "segment 0: end of a segment"),
        ("no table", data.replace(b".resource_table", b".resource_tablf"), "none is .resource_table"),
        ("names of sections elsewhere", changed(62, 200), "section of names"),
        ("a name outside of the names", changed(sections + 64, 5000, 4), "name of a section"),
        ("a vring of no size", changed(vdev + 28 + 8, 0, 4), "vring num"),
        ("three vrings", changed(vdev + 25, 3, 1), "vring"),
        ("a vring elsewhere", changed(vdev + 28, 0x50310000, 4), "vring da"),
        ("memory that is not there", data.replace(b"data\0\0\0\0", b"dada\0\0\0\0"), "carveout by a name"),
    )


def leaves(scene):
    board, main, remote = scene.board, scene.main, scene.remote
    with board.step("unbound while it runs: told to stop, and booted when bound again"):
        for _ in range(2):
            stops = remote.count(STOP)
            main.check(f"echo remoteproc >{DRIVER}/unbind")
            board.expect(remote.count(STOP) == stops + 1 and remote.state != RUNNING, remote.commands[-1])
            scene.now()
            main.check(f"echo remoteproc >{DRIVER}/bind")
            scene.up()
    with board.step("unbound while a crash is recovered, and while nobody answers"):
        remote.say(CRASHED, 2)
        main.check(f"echo remoteproc >{DRIVER}/unbind")
        scene.now()
        main.check(f"echo remoteproc >{DRIVER}/bind")
        scene.up()
        remote.manner = "silent"
        main.check(f"echo remoteproc >{DRIVER}/unbind")
        scene.says("does not stop within 3000 ms")
        remote.manner = "honest"
        scene.now()
        main.check(f"echo remoteproc >{DRIVER}/bind")
        scene.up()
        exchange(scene)
    with board.step("the module leaves and comes back"):
        main.check("rmmod shm_rproc")
        scene.now()
        main.check("modprobe shm_rproc")
        scene.up()
    with board.step("the main reboots in order: the remote was told to stop"):
        stops, boots = remote.count(STOP), main._channel.greetings
        main.start_job("reboot -f")
        remote.wait_commands(STOP, stops + 1)
        main.wait_boot(boots=boots + 1)
        load_again(scene)
    with board.step("the main reboots without a warning: its remote is stopped before it is loaded"):
        stops = remote.count(STOP)
        main.reset()
        board.expect(remote.state == RUNNING, f"the remote is in state {remote.state}")
        load_again(scene)
        board.expect(remote.count(STOP) == stops + 1, remote.commands)
        exchange(scene)
        main.check("rmmod shm_rproc")


def faults(scene):
    """With nobody there, so that nothing starts by itself; then with a remote that is started and stopped each time."""
    board, main, remote = scene.board, scene.main, scene.remote
    with board.step("every call of the probe fails in turn"):
        prepare(main)
        scene.stop()
        remote.depart()
        main.check(f"echo remoteproc >{DRIVER}/unbind")
        each(main, "shm_rproc_probe", "remoteproc", f"{DRIVER}/bind remoteproc", f"{DRIVER}/unbind remoteproc",
             f"{DRIVER} /sys/class/remoteproc /sys/kernel/debug/remoteproc",
             (*ALLOCATION, ("memremap", NOTHING), ("alloc_workqueue", NOTHING), ("device_add", EEXIST)))
    with board.step("every call that prepares a start, or takes firmware, fails in turn"):
        main.check(f"echo remoteproc >{DRIVER}/bind")
        scene.now()
        remote.arrive()
        scene.up()
        scene.stop()
        for within, calls in (("boot_prepare", (*ALLOCATION, ("rproc_mem_entry_init", NOTHING),
                                                ("rproc_of_resm_mem_entry_init", NOTHING))),
                              ("firmware_parse_fw", (*ALLOCATION, ("rproc_coredump_add_segment", ENOMEM)))):
            each(main, within, "remoteproc0", f"{RPROC}/state start", f"{RPROC}/state stop",
                 "/sys/bus/virtio/devices /sys/bus/platform/devices", calls)
        scene.start()
        exchange(scene)


def load_again(scene):
    scene.remote.firmware.install(scene.main)
    scene.now()
    scene.main.check("modprobe -a ivshmem_mailbox virtio_rpmsg_bus rpmsg_ns shm_rproc")
    scene.up()


def run(board):
    board.need("shm_rproc", "ivshmem_mailbox", "rpmsg_client_sample", "fail_call")
    main = board.machine("main", overlay="qemu-main-boot.dtso", autoload=False)
    # Mainline warns of a vmalloc that finds no memory for its own records.
    main.console.allowed.append(r"mm/vmalloc.c:\d+ alloc_vmap_area")
    first = Firmware(board.directory, "first")
    second = Firmware(board.directory, "second", table_loaded=False)
    small = Firmware(board.directory, "small", bits=32)
    with board.ddr() as memory, contextlib.closing(Bells(board.doorbell_socket("remote"))) as bells:
        bells.wait_peer()
        with contextlib.closing(StandInRemote(memory, bells)) as remote:
            first.install(main)
            scene = Scene(board, main, remote)
            starts_and_stops(scene, first, second, small)
            crashes(scene)
            refusals(scene, first)
            faults(scene)
            leaves(scene)
