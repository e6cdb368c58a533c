# SPDX-License-Identifier: GPL-2.0-only
"""Two machines: whichever is first, the link comes up, services are announced and messages go both ways."""
from linux_remote_board import rpmsg

SAMPLE, RAW = "rpmsg-client-sample", "rpmsg-raw"
MESSAGES, HELLO = 100, len("hello world!")
ANNOUNCEMENT = 40


def grew(board, before, after, **wanted):
    seen = rpmsg.difference(before, after)
    for name, number in wanted.items():
        board.expect(seen[name] == number, f"remote: {name} grew by {seen[name]}, expected {number}")


def sample(board, main, remote, since, before):
    """Mainline's sample, loaded by the name of the channel, against our echo; since main's console position @since."""
    main.wait_for("rpmsg_client_sample .*goodbye!", 120, since)
    main.sync_console()
    incoming = [line for line in main.console.lines(since) if "incoming msg" in line]
    board.expect(len(incoming) == MESSAGES, f"the sample got {len(incoming)} messages, expected {MESSAGES}")
    grew(board, before, rpmsg.counters(remote), receive_messages=MESSAGES, receive_bytes=MESSAGES * HELLO,
         transmit_messages=MESSAGES + 1, transmit_bytes=MESSAGES * HELLO + ANNOUNCEMENT)


def echo(board, main, remote):
    """A user program on the remote answers one on the main, from 1 byte to the MTU."""
    service = remote.start_job("exec rpmsg_echo")
    rpmsg.channel(main, RAW)
    before = rpmsg.counters(remote)
    status, output = main.run("rpmsg_ping", 180)
    board.expect(status == 0, f"rpmsg_ping: {output}")
    messages, size = 496, 496 * 497 // 2
    grew(board, before, rpmsg.counters(remote), receive_messages=messages, receive_bytes=size,
         transmit_messages=messages, transmit_bytes=size)
    service.kill()
    remote.check(f"rpmsg_control {rpmsg.control(remote)} release {RAW} 0x401")
    rpmsg.no_channel(main, RAW)


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox", "rpmsg_echo", "rpmsg_client_sample")
    with board.step("remote first: its service is announced to a main that starts later"):
        remote = board.machine("remote")
        remote.check("modprobe rpmsg_echo")
        before = rpmsg.counters(remote)
        main = board.machine("main")
        rpmsg.channel(main, SAMPLE)
    with board.step("the sample exchanges its 100 messages, and both ends count the same"):
        sample(board, main, remote, 0, before)
    with board.step("a user program echoes 1 to 496 bytes; its channel is announced and withdrawn"):
        echo(board, main, remote)
    with board.step("main first: a remote that starts later is attached to and announces"):
        remote.kill()
        main.reset()
        since = main.console.position
        remote.start()
        nothing = dict.fromkeys(before, 0)
        remote.check("modprobe rpmsg_echo")
        rpmsg.channel(main, SAMPLE)
        sample(board, main, remote, since, nothing)
