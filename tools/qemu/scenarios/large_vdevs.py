# SPDX-License-Identifier: GPL-2.0-only
"""A vdev with more vrings than mainline takes is passed over where devicetree declares it; the rest of the link works."""
from linux_remote_board.firmware_table import CONSOLE, DRIVER_OK, RPMSG, RSC_VDEV, RSC_VDEV_LARGE, STATUS, Firmware, Vdev

RPROC = "/sys/class/remoteproc/remoteproc0"
# What mainline's rpmsg asks for
BUS = Vdev(RPMSG, 2, features=1)


def attach(main):
    since = main.console.position
    main.check("modprobe shm_rproc")
    main.wait_for("rpmsg host is online", 60, since)
    return since


def refuses(board, main, reason, *vdevs):
    Firmware(board, *vdevs)
    since = main.console.position
    main.check("modprobe shm_rproc")
    main.wait_for(f"resource table refused: {reason}", 30, since)
    board.expect(main.check(f"cat {RPROC}/state").strip() == "detached", "attached")
    main.check("rmmod shm_rproc")


def run(board):
    board.need("shm_rproc", "ivshmem_mailbox")
    main = board.machine("main", overlay="qemu-main-large.dtso", autoload=False)
    main.check("modprobe ivshmem_mailbox && modprobe virtio_rpmsg_bus")
    for kind in (RSC_VDEV, RSC_VDEV_LARGE):
        with board.step(f"a vdev of four vrings and type {kind}: the core passes over it, and drives the other"):
            firmware = Firmware(board, BUS, Vdev(CONSOLE, 4, type=kind))
            since = attach(main)
            main.wait_for("unsupported vendor resource 384", 10, since)
            board.expect(firmware.word(0, STATUS) & DRIVER_OK, "no DRIVER_OK in the first vdev")
            board.expect(firmware.word(1, 0) == RSC_VDEV, f"type {firmware.word(1, 0)}, firmware looks for 3")
            board.expect(firmware.word(1, STATUS) & 0xff == 0, "somebody drives the second vdev")
        with board.step("when the driver leaves the table is as the remote built it"):
            main.check("rmmod shm_rproc")
            board.expect(firmware.untouched(), "words have changed")
    with board.step("one of two vrings that is declared, and that nobody claims, is mainline's with its own memory"):
        firmware = Firmware(board, BUS, Vdev(CONSOLE, 2))
        since = attach(main)
        main.wait_for(r"registered virtio\d+ \(type 3\)", 30, since)
        main.wait_for("notify id 2: no mailbox for it", 30, since)
        main.check("rmmod shm_rproc")
        board.expect(firmware.untouched(), "words have changed")
        told = [line for line in main.console.lines() if "notify id 2: no mailbox" in line]
        board.expect(len(told) == 1, f"{len(told)} messages that a vring has no mailbox")
    with board.step("what devicetree does not declare is refused"):
        refuses(board, main, "vdev 0: vrings of a vdev that no vdev@N node declares, .* at most 2, got 3",
                Vdev(RPMSG, 3, features=1), Vdev(CONSOLE, 4))
        refuses(board, main, "vdev 2: vdev that no vdev@N node declares, behind some that mainline passes over",
                BUS, Vdev(CONSOLE, 4), BUS)
    with board.step("and nothing of all that is left"):
        Firmware(board, BUS, Vdev(CONSOLE, 4))
        attach(main)
