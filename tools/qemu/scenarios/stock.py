# SPDX-License-Identifier: GPL-2.0-only
"""Our modules, built against Debian's headers and loaded on Debian's own kernel: a remote that talks to our main."""
from linux_remote_board import rpmsg, stock

# It fetches Debian's kernel and headers; "make matrix" runs it.
BY_NAME_ONLY = True
OURS = ("ivshmem_mailbox", "rproc_vdev", "rpmsg_remote", "rpmsg_echo")
MESSAGES = 100


def run(board):
    board.need("shm_rproc", "rpmsg_client_sample")
    kernel = stock.found()
    main = board.machine("main", start=False)
    with board.step(f"the modules build against the headers of {kernel.release}"):
        stock.put_on(board, kernel)
    with board.step("they are loaded with insmod on its own Image"):
        remote = board.machine("remote", autoload=False)
        stock.insmod(remote, *OURS)
    with board.step("a main that starts later attaches, and mainline's sample exchanges its messages"):
        main.start()
        rpmsg.channel(main, "rpmsg-client-sample", 60)
        main.wait_for("rpmsg_client_sample .*goodbye!", 120)
        main.sync_console()
        incoming = [line for line in main.console.lines(0) if "incoming msg" in line]
        board.expect(len(incoming) == MESSAGES, f"the sample got {len(incoming)} messages, expected {MESSAGES}")
        seen = rpmsg.counters(remote)
        board.expect(seen["receive_messages"] == MESSAGES, f"the remote counted {seen['receive_messages']}")
    with board.step("and unloads again"):
        remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev ivshmem_mailbox")
