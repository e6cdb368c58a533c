# SPDX-License-Identifier: GPL-2.0-only
"""Without vdev subnodes nothing changes on a main: the same devices, names and messages with rproc_vdev and without."""
import re

from linux_remote_board import link, rpmsg
from linux_remote_board.machine import boot

SECONDS = 600
SAMPLE = "rpmsg-client-sample"
DEVICES = "cd /sys/devices/platform/remoteproc && find . -type d | grep -E 'virtio|rpmsg' | grep -v /power | sort"
OURS = r"remoteproc|virtio|rpmsg"


def seen(main, remote, modules):
    """What a main that boots beside its remote has under its remote processor, and what it says."""
    boot(main, remote)
    link.start_remote(remote)
    since = main.console.position
    link.start_main(main, modules)
    rpmsg.channel(main, SAMPLE, 60)
    main.check("modprobe rpmsg_client_sample")
    link.wait_sample(main, since)
    main.sync_console()
    said = [re.sub(r"^\[ *\d+\.\d+\] ", "", line) for line in main.console.lines(since) if re.search(OURS, line)]
    return main.check(DEVICES).splitlines(), sorted(set(said))


def run(board):
    board.need(*link.MODULES, "rpmsg_client_sample")
    main, remote = (board.machine(name, start=False, autoload=False, overlay=overlay)
                    for name, overlay in (("main", "qemu-main.dtso"), ("remote", None)))
    with board.step("a main without rproc_vdev exchanges the sample's messages"):
        devices, said = seen(main, remote, "")
        board.expect("rproc_vdev" not in main.check("lsmod"), "rproc_vdev is loaded")
        board.expect(any("rproc-virtio" in name for name in devices), f"{devices}")
        main.kill()
        remote.kill()
    with board.step("and with rproc_vdev has the same devices, by the same names"):
        devices_with, said_with = seen(main, remote, "rproc_vdev")
        board.expect("rproc_vdev" in main.check("lsmod"), "rproc_vdev is not loaded")
        board.expect(devices_with == devices, f"{set(devices) ^ set(devices_with)}")
    with board.step("and says the same"):
        board.expect(said_with == said, f"{set(said) ^ set(said_with)}")
