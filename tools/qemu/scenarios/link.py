# SPDX-License-Identifier: GPL-2.0-only
"""Two machines: whichever is first, the link comes up, services are announced and messages go both ways."""
from linux_remote_board import rpmsg

SAMPLE, RAW = "rpmsg-client-sample", "rpmsg-raw"


def sample(board, main, messages=100):
    """Mainline's sample on the main against our echo on the remote."""
    since = main.console.position
    before = rpmsg.counters(remote := board.machines["remote"])
    main.check(f"modprobe rpmsg_client_sample count={messages}")
    main.wait_for("rpmsg_client_sample .*goodbye!", 120, since)
    main.sync_console()
    incoming = [line for line in main.console.lines(since) if "incoming msg" in line]
    board.expect(len(incoming) == messages, f"the sample got {len(incoming)} messages, expected {messages}")
    seen = rpmsg.difference(before, rpmsg.counters(remote))
    hello = len("hello world!")
    for name, wanted in (("receive_messages", messages), ("receive_bytes", messages * hello),
                         ("transmit_messages", messages), ("transmit_bytes", messages * hello)):
        board.expect(seen[name] == wanted, f"remote: {name} grew by {seen[name]}, expected {wanted}")
    main.check("rmmod rpmsg_client_sample")


def echo(board, main, remote):
    """A user program on the remote answers one on the main, from 1 byte to the MTU."""
    service = remote.start_job("exec rpmsg_echo")
    rpmsg.channel(main, RAW)
    before = rpmsg.counters(remote)
    status, output = main.run("rpmsg_ping", 180)
    board.expect(status == 0, f"rpmsg_ping: {output}")
    seen = rpmsg.difference(before, rpmsg.counters(remote))
    for name, wanted in (("receive_messages", 496), ("receive_bytes", 496 * 497 // 2), ("transmit_messages", 496),
                         ("transmit_bytes", 496 * 497 // 2)):
        board.expect(seen[name] == wanted, f"remote: {name} grew by {seen[name]}, expected {wanted}")
    service.kill()
    service.wait()
    address = rpmsg.control(remote)
    remote.check(f"rpmsg_control {address} release {RAW} 0x401")


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox", "rpmsg_echo", "rpmsg_client_sample")
    with board.step("remote first: its service is announced to a main that starts later"):
        remote = board.machine("remote")
        remote.check("modprobe rpmsg_echo")
        main = board.machine("main")
        rpmsg.channel(main, SAMPLE)
    with board.step("the sample exchanges its 100 messages, and both ends count the same"):
        sample(board, main)
    with board.step("a user program echoes 1 to 496 bytes; its channel is announced and withdrawn"):
        echo(board, main, remote)
        rpmsg.no_channel(main, RAW)
    with board.step("main first: a remote that starts later is attached to and announces"):
        remote.kill()
        main.reset()
        remote.start()
        remote.check("modprobe rpmsg_echo")
        rpmsg.channel(main, SAMPLE)
        sample(board, main)
