# SPDX-License-Identifier: GPL-2.0-only
"""Channels and endpoints of the remote come and go by the hundred, under traffic; nothing is left of them."""
from linux_remote_board import length, link, rpmsg
from linux_remote_board.machine import boot
from linux_remote_board.memory import EXACT, Objects
from linux_remote_board.traffic import Conversation

SECONDS = length.seconds(900)
CHANNELS, ENDPOINTS = length.times(100), length.times(1000)
MESSAGES = 1000  # each way, again and again
SINK = 0x900


def run(board):
    board.need(*link.MODULES)
    main, remote = (board.machine(name, start=False, autoload=False, kernel_arguments=[EXACT])
                    for name in ("main", "remote"))
    conversation = Conversation(board, main, remote)
    with board.step("the link is up"):
        boot(main, remote)
        link.start_remote(remote)
        conversation.serve()
        link.start_main(main)
        conversation.hold(10, 60)
        control = rpmsg.control(remote)
        sink = main.check(f"rpmsg_control {rpmsg.control(main)} endpoint sink {SINK}").strip()
        main.start_job(f"exec cat {sink} >/dev/null")

    def churn(arguments):
        """Runs rpmsg_churn with a conversation beside it."""
        churning, talked = remote.start_job(f"exec rpmsg_churn {control} {arguments}"), 0
        while churning.status is None:
            conversation.hold(MESSAGES, SECONDS)
            talked += MESSAGES
        board.expect(churning.status == 0, churning.output)
        print(f"     {talked} messages each way meanwhile")

    def wait_channels(count):
        rpmsg.until(main, f"[ $(ls -d {rpmsg.DEVICES}/*.rpmsg-echo.* 2>/dev/null | wc -l) = {count} ]", length.seconds(60),
                    f"{count} channels")

    objects = None
    for channels, endpoints in ((CHANNELS // 10, ENDPOINTS // 10), (CHANNELS, ENDPOINTS)):
        with board.step(f"{channels} channels come and go"):
            churn(f"channels create {channels}")
            wait_channels(channels)
            churn(f"channels release {channels}")
            wait_channels(0)
        with board.step(f"{endpoints} endpoints come and go"):
            churn(f"endpoints {endpoints} {SINK}")
        objects = objects or Objects(remote)
    with board.step("the remote has as much memory in use as after the first ones"):
        print(f"     {objects.expect_no_more(CHANNELS)}")
    with board.step("and the link counts nothing bad"):
        seen = rpmsg.counters(remote)
        for name in ("transmit_bad_buffers", "receive_bad_buffers", "receive_refused"):
            board.expect(seen[name] == 0, f"{name} is {seen[name]}")
