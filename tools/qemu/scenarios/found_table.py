# SPDX-License-Identifier: GPL-2.0-only
"""Two machines: a table that somebody else wrote, one mailbox for all vrings, no event index, coherent memory."""
import struct

from linux_remote_board import rpmsg

TABLE, VRINGS, ALIGN, NUM = 0x50000000, (0x50001000, 0x50004000), 4096, 256
RSC_VDEV, RPMSG, F_NS = 3, 7, 1
SAMPLE = "rpmsg-client-sample"
VDEV = "/sys/kernel/debug/rproc_vdev/link/vdev0"
CONFIG, CONFIG_LEN = 20 + 28 + 2 * 20, 6  # behind the vrings of the only entry


def write_table(board, features):
    """What a boot loader would leave: one vdev whose vrings have their addresses already."""
    entry = struct.pack("<IIIIIIBBxx", RSC_VDEV, RPMSG, 0, features, 0, CONFIG_LEN, 0, len(VRINGS))
    for index, address in enumerate(VRINGS):
        entry += struct.pack("<IIIII", address, ALIGN, NUM, index, 0)
    table = struct.pack("<IIIII", 1, 1, 0, 0, 20) + entry + bytes(range(1, CONFIG_LEN + 1))
    with board.ddr() as memory:
        memory[:len(table)] = table
    return table


def sample(board, main, remote, since, before):
    """The sample loads itself for its channel: 100 messages, none of them over a bad buffer."""
    main.wait_for("rpmsg_client_sample .*goodbye!", 120, since)
    seen = rpmsg.difference(before, rpmsg.counters(remote))
    for name, wanted in (("receive_messages", 100), ("transmit_messages", 101), ("receive_bad_buffers", 0),
                         ("transmit_bad_buffers", 0)):
        board.expect(seen[name] == wanted, f"remote: {name} grew by {seen[name]}, expected {wanted}")


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox", "rpmsg_echo", "rpmsg_client_sample")
    table = write_table(board, F_NS)
    with board.step("the table is used as it is found, over one mailbox"):
        remote = board.machine("remote", overlay="qemu-remote-one-bell.dtso")
        remote.check("modprobe rpmsg_echo")
        remote.wait_for("resource table found, 1 vdevs", 30, 0)
        with board.ddr() as memory:
            board.expect(bytes(memory[:len(table)]) == table, "the remote wrote into a table that is not its own")
        before = rpmsg.counters(remote)
        main = board.machine("main", overlay="qemu-main-one-bell.dtso")
        rpmsg.channel(main, SAMPLE)
        remote.wait_for("rpmsg link is up: .* name service on, event index off", 30, 0)
        sample(board, main, remote, 0, before)
    with board.step("the config space is read where it is, and as it is now"):
        for config in (bytes(range(1, CONFIG_LEN + 1)), b"\xfe\xdc\xba\x98\x76\x54"):
            with board.ddr() as memory:
                memory[CONFIG:CONFIG + CONFIG_LEN] = config
            remote.check(f"grep -qx 'config: {config.hex(' ')}' {VDEV}")
    with board.step("a main that reboots without a warning is served again"):
        before = rpmsg.counters(remote)
        since = main.console.position
        main.reset()
        rpmsg.channel(main, SAMPLE, 90)
        sample(board, main, remote, since, before)
    with board.step("without the name service nothing is announced, and the link is up all the same"):
        for machine in (main, remote):
            machine.kill()
        write_table(board, 0)
        remote.start()
        since = remote.console.position
        main.start()
        remote.wait_for("rpmsg link is up: .* name service off", 60, since)
        remote.check("modprobe rpmsg_echo")
        seen = rpmsg.counters(remote)
        board.expect(seen["transmit_messages"] == 0, "something was announced to a main that knows no announcements")
