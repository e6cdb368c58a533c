# SPDX-License-Identifier: GPL-2.0-only
"""The story of the demo: the link comes up, the kernel's sample and user space talk over it, the main reboots."""
from linux_remote_board import link


def run(board):
    board.need(*link.MODULES)
    main, remote = (board.machine(name, autoload=False) for name in ("main", "remote"))
    with board.step("the link comes up and the remote announces its service"):
        link.start_remote(remote)
        link.start_main(main)
        link.wait_channel(main, "rpmsg-client-sample")
    with board.step("the kernel's rpmsg_client_sample has its 100 messages"):
        main.check("modprobe rpmsg_client_sample")
        link.wait_sample(main)
    with board.step("a user program echoes 1 byte to the MTU"):
        echo = remote.start_job("exec rpmsg_echo rpmsg-raw 0x401")
        echo.wait_output("echo: rpmsg-raw is", 20)
        link.wait_channel(main, "rpmsg-raw")
        said = main.check("rpmsg_ping rpmsg-raw 2", 120)
        board.expect("messages=992" in said, said)
    with board.step("the main reboots and all of it works again"):
        main.reset()
        since = main.console.position
        link.start_main(main, "rpmsg_client_sample")
        link.wait_sample(main, since)
        link.wait_channel(main, "rpmsg-raw")
        board.expect("messages=496" in main.check("rpmsg_ping rpmsg-raw", 120), "no echo after the reboot")
    with board.step("nothing was refused or lost on the way"):
        seen = link.counters(remote)
        bad = {name: seen[name] for name in ("transmit_bad_buffers", "receive_bad_buffers", "receive_no_endpoint",
                                             "receive_bad_announcements", "announcements_lost") if seen[name]}
        board.expect(not bad, f"the remote counted {bad}")
        board.expect(seen["restarts"] == 1, f"the remote saw {seen['restarts']} restarts of the main, not 1")
