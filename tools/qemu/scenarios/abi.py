# SPDX-License-Identifier: GPL-2.0-only
"""rpmsg_remote, built for a release that nobody checked and without its source, refuses to load and says what to do."""

from linux_remote_board import modules
from linux_remote_board.cpio import Archive

REFUSED = "rpmsg_remote: refused: nobody compared the rpmsg core of Linux"


def run(board):
    board.need("rpmsg_remote", "rproc_vdev")
    archive = Archive()
    archive.file("root/rpmsg_remote.ko", modules.unchecked(board.kernel, board.ours).read_bytes())
    initrd = board.directory / "initrd"
    initrd.write_bytes(board.initrd.read_bytes() + archive.bytes())
    board.initrd = initrd
    machine = board.machine("alone", autoload=False)
    with board.step("the module that was compared loads"):
        machine.check("modprobe rpmsg_remote && rmmod rpmsg_remote")
    with board.step("it is refused, and the message says what to do"):
        status, output = machine.run("insmod /root/rpmsg_remote.ko")
        board.expect(status != 0, "it was loaded")
        machine.wait_for(f"{REFUSED}.*unchecked_abi=1")
        board.expect("No such device" in output, output)
        machine.check("! grep -q rpmsg_remote /proc/modules")
    with board.step("unchecked_abi=1 loads it"):
        machine.check("insmod /root/rpmsg_remote.ko unchecked_abi=1")
        machine.check("rmmod rpmsg_remote")
