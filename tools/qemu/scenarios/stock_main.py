# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own kernel on both machines: on the main the vdev is a subnode, and mainline's rpmsg runs on it."""
from linux_remote_board import link, rpmsg, stock
from linux_remote_board.machine import boot

# See stock.
BY_NAME_ONLY = True
REMOTE = ("ivshmem_mailbox", "rproc_vdev", "rpmsg_remote", "rpmsg_echo")
MAIN = ("rpmsg_ns", "virtio_rpmsg_bus", "ivshmem_mailbox", "rproc_vdev", "shm_rproc")
SAMPLE = "rpmsg-client-sample"
REMOTEPROC = "/sys/class/remoteproc/remoteproc0"
NODE = "/sys/bus/platform/drivers/rproc_vdev"
MESSAGES = 100


def sample(board, main, remote):
    """Mainline's sample has its messages, and the remote counts as many."""
    rpmsg.channel(main, SAMPLE, 60)
    before = rpmsg.counters(remote)
    since = main.console.position
    main.check("insmod /lib/modules/$(uname -r)/rpmsg_client_sample.ko")
    link.wait_sample(main, since, 120)
    main.check("rmmod rpmsg_client_sample")
    seen = rpmsg.difference(before, rpmsg.counters(remote))["receive_messages"]
    board.expect(seen == MESSAGES, f"the remote counted {seen} messages, expected {MESSAGES}")


def run(board):
    kernel = stock.found()
    with board.step(f"built against the headers of {kernel.release}: our modules, and mainline's rpmsg bus"):
        stock.put_on(board, kernel, stock.left_out(kernel))
    main, remote = (board.machine(name, overlay, start=False, autoload=False)
                    for name, overlay in (("main", "qemu-main-vdev.dtso"), ("remote", None)))
    with board.step("both machines boot its own Image, with insmod alone"):
        boot(main, remote)
        stock.insmod(remote, *REMOTE)
        stock.insmod(main, *MAIN)
    with board.step("the main's vdev comes up on its subnode, and mainline's sample exchanges its messages"):
        node = rpmsg.until(main, f"ls -d {NODE}/*vdev@0", 30, "the subnode's device").split()[-1].rsplit("/", 1)[1]
        shown = main.check("cat /sys/kernel/debug/rproc_vdev/*vdev@0")
        board.expect("subnode: /remoteproc/vdev@0\n" in shown, shown)
        sample(board, main, remote)
    with board.step("unbound and bound"):
        main.check(f"echo {node} >{NODE}/unbind")
        rpmsg.no_channel(main, SAMPLE)
        main.check(f"echo {node} >{NODE}/bind")
        sample(board, main, remote)
    with board.step("detached and attached"):
        main.check(f"echo detach >{REMOTEPROC}/state")
        rpmsg.no_channel(main, SAMPLE)
        main.check(f"echo start >{REMOTEPROC}/state")
        sample(board, main, remote)
    with board.step("and unloads again, on either end"):
        main.check("rmmod shm_rproc rproc_vdev ivshmem_mailbox virtio_rpmsg_bus rpmsg_ns")
        remote.check("rmmod rpmsg_echo rpmsg_remote rproc_vdev ivshmem_mailbox")
