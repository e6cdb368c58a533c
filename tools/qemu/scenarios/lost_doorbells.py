# SPDX-License-Identifier: GPL-2.0-only
"""Two machines whose doorbells get lost or come late, by chance: nothing hangs, no message is lost."""
import os

from linux_remote_board import length, link
from linux_remote_board.machine import boot
from linux_remote_board.traffic import Conversation

SECONDS = length.seconds(900)
MESSAGES = length.times(5000)
SEED = int(os.environ.get("SEED", "1"))
LOSE_PERCENT, DELAY_MS = 30, 20


def run(board):
    board.need(*link.MODULES)
    board.disturb_doorbells(LOSE_PERCENT, DELAY_MS, SEED)
    main, remote = (board.machine(name, start=False, autoload=False) for name in ("main", "remote"))
    conversation = Conversation(board, main, remote)
    with board.step(f"the link comes up with {LOSE_PERCENT} % of the doorbells lost, the others up to {DELAY_MS} ms late"):
        boot(main, remote)
        link.start_main(main)
        link.start_remote(remote)
        conversation.serve()
    with board.step(f"{MESSAGES} messages each way"):
        print("     " + conversation.hold(MESSAGES, SECONDS))

    def restart(what, leave, come):
        with board.step(f"{what}: the link is back"):
            leave()
            come()
            print("     " + conversation.hold(MESSAGES // 10, SECONDS))

    def remote_returns():
        link.start_remote(remote)
        conversation.serve()

    restart("main: virtio_rpmsg_bus unloaded and loaded", lambda: main.check("rmmod virtio_rpmsg_bus"),
            lambda: main.check("modprobe virtio_rpmsg_bus"))
    restart("main: shm_rproc unloaded and loaded", lambda: main.check("rmmod shm_rproc"), lambda: link.start_main(main))
    restart("main: reboots without a warning", main.reset, lambda: link.start_main(main))
    restart("remote: its modules unloaded and loaded", lambda: remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev"),
            remote_returns)
    restart("remote: reboots without a warning", remote.reset, remote_returns)
    with board.step("doorbells did get lost"):
        account = board.end_doorbells()
        print(f"     {account} (SEED={SEED})")
        board.expect(int(account.split()[-2]) > 0, account)
