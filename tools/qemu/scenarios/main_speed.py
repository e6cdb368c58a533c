# SPDX-License-Identifier: GPL-2.0-only
"""The main end starts 16 vdevs at the price of two for each, and what "make bench" measures its transport with works."""
from linux_remote_board import bench_boot, bench_main

SECONDS = 900
ROUNDS = 2
REFUSED = ("", "x", "0", "100001")


def run(board):
    board.need("virtio_bench", "rpmsg_remote", "rproc_vdev", "shm_rproc", "loopback_mailbox", "ivshmem_mailbox")
    with board.step("remote processors with 1, 2, 4, 8 and 16 vdevs start, all of which have a driver then"):
        each = {vdevs: min(taken) / vdevs for vdevs, taken in bench_boot.samples(board, ROUNDS).items()}
    said = ", ".join(f"{vdevs}: {number:,.0f}" for vdevs, number in each.items())
    with board.step(f"each of 16 takes at most {bench_boot.MOST} times the instructions of each of two"):
        print(f"     instructions for each vdev, by number of vdevs: {said}")
        board.expect(each[16] <= bench_boot.MOST * each[2], said)
    with board.step("a virtio driver is told when its mailbox was rung and when it rang itself"):
        main = bench_main.start(board, *bench_main.OURS)
        kick, callback = bench_main.ping(main, 20)
        board.expect(0 < kick < callback, f"{kick} instructions from kick to doorbell, {callback} from interrupt to callback")
        for text in REFUSED:
            status, output = main.run(f"echo '{text}' >$(echo {bench_main.PING})")
            board.expect(status and "Invalid argument" in output, f"ping and '{text}': {status} {output}")
    with board.step("and lets go of its mailboxes"):
        main.check("rmmod shm_rproc rproc_vdev virtio_bench ivshmem_mailbox")
