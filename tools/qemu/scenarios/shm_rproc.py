# SPDX-License-Identifier: GPL-2.0-only
"""The main end of a link attaches whoever starts first, and again after every restart of either end."""
import struct

from linux_remote_board import rpmsg

RPROC = "/sys/class/remoteproc/remoteproc0"
COUNTERS = "/sys/kernel/debug/remoteproc/remoteproc0"
DRIVER = "/sys/bus/platform/drivers/shm_rproc"
STATUS = 20 + 24  # of the vdev, in a table of one entry
DRIVER_OK = 4


def load_main(main):
    main.check("modprobe ivshmem_mailbox && modprobe virtio_rpmsg_bus && modprobe shm_rproc")


def load_remote(remote):
    remote.check("modprobe ivshmem_mailbox && modprobe rpmsg_echo && modprobe rpmsg_remote && modprobe rproc_vdev")


def state(main):
    return main.check(f"cat {RPROC}/state").strip()


class Link:
    """What the main says of the link since this was made."""

    def __init__(self, main):
        self.main, self.since = main, main.console.position

    def says(self, text):
        self.main.wait_for(text, 40, self.since)

    def up(self):
        """The remote's announcement came through: both ends work."""
        self.says("rpmsg host is online")
        self.says("creating channel rpmsg-client-sample")


def status(board):
    with board.ddr() as memory:
        return memory[STATUS]


def run(board):
    board.need("shm_rproc", "ivshmem_mailbox", "rproc_vdev", "rpmsg_remote", "rpmsg_echo")
    main = board.machine("main", autoload=False)
    with board.step("main first: waits for a table"):
        load_main(main)
        main.wait_for("no resource table yet", 20)
        board.expect(state(main) == "detached", "not detached")
    remote = board.machine("remote", autoload=False)
    with board.step("attaches when the remote has built its table"):
        link = Link(main)
        load_remote(remote)
        link.up()
        # Mainline says so last of all, when its virtio devices and their channels are there.
        rpmsg.until(main, f"grep -qx attached {RPROC}/state")
        board.expect(status(board) & DRIVER_OK, f"status in the table is {status(board)}")
    with board.step("the remote leaves and comes back"):
        for _ in range(3):
            link = Link(main)
            remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev")
            link.says("detached remote processor")
            load_remote(remote)
            link.up()
    with board.step("the remote reboots without a warning"):
        link = Link(main)
        remote.reset()
        load_remote(remote)
        link.says("the remote (restarted|took its resource table away)")
        link.up()
    with board.step("the main reboots without a warning"):
        for _ in range(2):
            main.reset()
            link = Link(main)
            load_main(main)
            link.says("went without a word")
            link.up()
    with board.step("the main reboots in order: the remote sees status 0 before it is gone"):
        boots, since = main._channel.greetings, remote.console.position
        main.start_job("reboot -f")
        remote.wait_for("link is down", 40, since)
        main.wait_boot(boots=boots + 1)
        link = Link(main)
        load_main(main)
        link.up()
    with board.step("the virtio driver leaves and comes back"):
        for _ in range(5):
            link = Link(main)
            main.check("rmmod virtio_rpmsg_bus")
            board.expect(not status(board) & DRIVER_OK, f"status in the table is still {status(board)}")
            main.check("modprobe virtio_rpmsg_bus")
            link.up()
    with board.step("the driver leaves and comes back"):
        for _ in range(3):
            link = Link(main)
            main.check("rmmod shm_rproc")
            board.expect(status(board) == 0, f"status in the table is still {status(board)}")
            main.check("modprobe shm_rproc")
            link.up()
            link = Link(main)
            main.check(f"echo remoteproc >{DRIVER}/unbind && echo remoteproc >{DRIVER}/bind")
            link.up()
    with board.step("the doorbells leave, and take the link with them; both come back"):
        mailbox = "/sys/bus/pci/drivers/ivshmem_mailbox"
        function = main.check(f"ls {mailbox} | grep :").strip()
        link = Link(main)
        main.check(f"echo {function} >{mailbox}/unbind")
        board.expect(status(board) == 0, f"status in the table is still {status(board)}")
        board.expect(main.run(f"test -e {RPROC}")[0], "the remote processor is still there")
        main.check(f"echo {function} >{mailbox}/bind")
        link.up()
    with board.step("what the user wants counts: detach and stop stay until start"):
        for verb in ("detach", "stop"):
            link = Link(main)
            main.check(f"echo {verb} >{RPROC}/state")
            board.expect(state(main) == "detached", f"{state(main)} after {verb}")
            remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev")
            load_remote(remote)
            board.expect(state(main) == "detached", f"{state(main)} after {verb} and a doorbell")
            main.check(f"echo start >{RPROC}/state")
            link.up()
    with board.step("a crash that somebody reports is recovered"):
        link = Link(main)
        main.check(f"echo 1 >{COUNTERS}/crash")
        link.up()
        link.says("is now attached")
    with board.step("malformed tables are refused with their reason"):
        remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev")
        for words, reason in BAD_TABLES:
            main.check("rmmod shm_rproc")
            since = main.console.position
            put_table(board, words)
            main.check("modprobe shm_rproc")
            main.wait_for(f"resource table refused:.*{reason}", 30, since)
            board.expect(state(main) == "detached", f"{state(main)} after a table with a bad {reason}")
            board.expect(main.run(f"echo start >{RPROC}/state")[0], f"started on a table with a bad {reason}")
            refused = main.check(f"cat {COUNTERS}/tables_refused").strip()
            board.expect(refused == "2", f"{refused} refusals counted, expected 2")
    with board.step("and a good one after them is taken"):
        link = Link(main)
        load_remote(remote)
        link.up()


ENTRY = 20
RING0 = ENTRY + 28
RING1 = RING0 + 20
RING2 = RING1 + 20
ANY = 0xffffffff


def put_table(board, words):
    """A table that mainline would take, but for @words (offset to value). The version is written last."""
    table = bytearray(4096)
    struct.pack_into("<5I", table, 0, 1, 1, 0, 0, ENTRY)
    struct.pack_into("<6I4B", table, ENTRY, 3, 7, 0, 1, 0, 0, 0, 2, 0, 0)
    for at in (RING0, RING1):
        struct.pack_into("<5I", table, at, ANY, 4096, 256, 0, 0)
    for offset, value in words.items():
        struct.pack_into("<I", table, offset, value)
    with board.ddr() as memory:
        memory[0:4] = bytes(4)
        memory[4:4096] = table[4:]
        memory[0:4] = table[0:4]


BAD_TABLES = (
    ({0: 7}, "version of the table, expected 1, got 7"),
    ({4: 5000}, "entries in the table, expected at most .*got 5000"),
    ({8: 1}, "reserved word of the table"),
    ({16: 22}, "entry 0: offset of an entry, expected a multiple of 4"),
    ({16: 8}, "offset of an entry, expected at least 20"),
    ({16: 0x10000}, "offset of an entry, expected within"),
    ({16: 4092, 4092: 3}, "entry 0: bytes of an entry"),
    ({ENTRY: 77}, "type of an entry"),
    ({ENTRY: 1}, "devmem"),
    ({ENTRY: 0}, "carveout by a name"),
    ({ENTRY + 24: 3 << 8, RING2: ANY, RING2 + 4: 4096, RING2 + 8: 256}, "vdev 0: vrings of a vdev that no vdev@N node declares"),
    ({ENTRY + 24: 2 << 8 | 1 << 16}, "reserved byte"),
    ({ENTRY + 20: 0x10000}, "bytes of an entry"),
    ({RING0 + 8: 0}, "vring num, expected a power of two .*got 0"),
    ({RING1 + 8: 100}, "vring num, expected a power of two .*got 100"),
    ({RING1 + 4: 3}, "vring align"),
    ({RING0 + 4: 65536}, "vdev 0 vring 0: .*(align|bytes for the vring)"),
    ({RING0: 0x50004000}, "vdev 0 vring 0: vring da"),
    ({RING1 + 8: 1024}, "vdev 0 vring 1: bytes for the vring"),
)
