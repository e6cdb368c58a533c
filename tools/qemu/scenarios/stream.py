# SPDX-License-Identifier: GPL-2.0-only
"""Two machines: 100,000 messages each way at once, none lost, doubled, reordered or damaged."""
from linux_remote_board import length, rpmsg
from linux_remote_board.machine import boot

SECONDS = length.seconds(1800)
MESSAGES = length.times(100000)
NAME = "rpmsg-raw"


def run(board):
    board.need("rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox")
    main, remote = (board.machine(name, start=False) for name in ("main", "remote"))
    with board.step("the link is up, with a channel of user programs"):
        boot(main, remote)
        remote.check(f"rpmsg_control {rpmsg.control(remote)} create {NAME} 0x401")
        rpmsg.channel(main, NAME)
        before = rpmsg.counters(remote)
    with board.step(f"{MESSAGES} messages each way, of 4 to 496 bytes"):
        answering = remote.start_job(f"exec rpmsg_stream {NAME} {MESSAGES}")
        answering.wait_output("stream: ready")
        asking = main.start_job(f"exec rpmsg_stream {NAME} {MESSAGES} first")
        for job in (asking, answering):
            status, output = job.wait(SECONDS)
            board.expect(status == 0, output)
        print("     " + asking.output.splitlines()[-1])
    with board.step("both ends count the same"):
        seen = rpmsg.difference(before, rpmsg.counters(remote))
        for name in ("transmit_messages", "receive_messages"):
            board.expect(seen[name] == MESSAGES, f"{name} grew by {seen[name]}")
        for name in ("transmit_bad_buffers", "receive_bad_buffers", "receive_no_endpoint", "receive_refused"):
            board.expect(seen[name] == 0, f"{name} grew by {seen[name]}")
        board.expect(seen["transmit_kicks"] + seen["transmit_kicks_saved"] == MESSAGES, "kicks and messages differ")
        print(f"     kicks: {seen['transmit_kicks']} for {MESSAGES} messages, {seen['transmit_kicks_saved']} saved")
