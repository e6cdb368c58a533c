# SPDX-License-Identifier: GPL-2.0-only
"""What "make bench" measures with: rpmsg_bench and mailbox_bench do what they are told, and refuse what makes no sense."""
from linux_remote_board import bench_link, hot_path, rpmsg

REFUSED = {  # attribute: what it does not take; a channel carries 8 to 496 bytes
    "ping": ("", "x", "1", "0 64", "10 7", "10 497", "100001 64", "10 64 1"),
    "stream": ("1", "0 64", "10 497", "10000001 64", "10 64 1"),
    "burst": ("2 64", "10 7", "10 64 20001"),
    "endpoints": ("", "x", "-1", "20001"),
}


def received(end):
    return rpmsg.values(end.machine.check(f"cat {end.path}/received"))["messages"]


def all_came(board, end, other, number, what, *numbers):
    """Runs @what; the other end has to count @number messages."""
    before = received(other)
    told = end.run(what, *numbers)
    board.expect(received(other) - before == number, f"{what} {numbers}: {received(other) - before} came")
    return told


def endpoints(board, end, other):
    """A burst to endpoints that are there arrives; where one of them is missing, one message less does."""
    other.run("endpoints", 5)
    all_came(board, end, other, 50, "burst", 50, 64, 5)
    other.run("endpoints", 4)
    # The last of 26 messages, which is answered, is for the first of 5 endpoints.
    all_came(board, end, other, 21, "burst", 26, 64, 5)
    other.run("endpoints", 0)


def refused(board, machine, path, inputs):
    for text in inputs:
        status, output = machine.run(f"echo '{text}' >{path}")
        board.expect(status and "Invalid argument" in output, f"{path} and '{text}': {status} {output}")


def run(board):
    board.need("rpmsg_bench", "mailbox_bench", "rpmsg_remote", "rproc_vdev", "shm_rproc", "ivshmem_mailbox")
    with board.step("the core makes no indirect call, no division and no call but to copy, for a message"):
        found = list(hot_path.complaints(board.ours["rpmsg_remote"]))
        board.expect(not found, "\n".join(found))
    with board.step("a channel with a bench on both ends"):
        main, remote = bench_link.start(board, cpus=2)
    with board.step("messages are counted, and answered when asked for"):
        for end, other in ((main, remote), (remote, main)):
            told = all_came(board, end, other, 20, "ping", 20, 496)
            board.expect(0 < told["least_ns"] <= told["median_ns"] <= told["p99_ns"] <= told["most_ns"], str(told))
            all_came(board, end, other, 2000, "stream", 2000, 8)
            all_came(board, end, other, 50, "burst", 50, 64)
    with board.step("endpoints get what is sent to them"):
        for end, other in ((main, remote), (remote, main)):
            endpoints(board, end, other)
    with board.step("bad input is refused"):
        for end in (main, remote):
            for what, inputs in REFUSED.items():
                refused(board, end.machine, f"{end.path}/{what}", inputs)
        refused(board, remote.machine, f"{bench_link.DOORBELL}/ping", ("", "x", "0", "100001"))
    with board.step("a doorbell is answered, and waited for no longer than 5 s"):
        told = remote.ring(20)
        board.expect(0 < told["least_ns"] <= told["median_ns"] <= told["p99_ns"] <= told["most_ns"], str(told))
        main.machine.check("rmmod mailbox_bench")
        status, output = remote.machine.run(f"echo 1 >{bench_link.DOORBELL}/ping", 60)
        board.expect(status and "timed out" in output, f"nobody answers: {output}")
