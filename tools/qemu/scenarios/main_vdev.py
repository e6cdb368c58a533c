# SPDX-License-Identifier: GPL-2.0-only
"""The main end on vdev subnodes: mainline's rpmsg runs on them as it does on the resource table alone."""
import re

from linux_remote_board import link, observe
from linux_remote_board.main_ends import NODE, REMOTEPROC, Ends
from linux_remote_board.traffic import Conversation

SECONDS = 900
PROBING = "/sys/bus/platform/drivers_autoprobe"
MESSAGES = 1000


def mailboxes_named(ends):
    """debugfs, devicetree and /proc/interrupts speak of the same mailboxes."""
    found = observe.interrupts(ends.main, ends.node())
    ends.board.expect(set(found) == {"vq0", "vq1"}, f"mailboxes {found}")
    for name, (node, lines) in found.items():
        ends.board.expect(len(lines) == 1, f"{name} is in /proc/interrupts as {lines}")
        ends.main.check(f"[ -e /proc/device-tree{node}/#mbox-cells ]")


def kicks_saved(ends):
    """The 256 buffers that wait for messages were offered with one kick; what was neither is in no ring."""
    rings = re.findall(r"avail (\d+) used \d+ kicks in \d+ out (\d+) saved (\d+)", ends.shown())
    ends.board.expect(len(rings) == 2 and int(rings[0][2]) >= 255, ends.shown())
    for avail, out, saved in rings:
        ends.board.expect((int(out) + int(saved)) % 65536 == int(avail), ends.shown())


def traced(ends):
    complaints = list(observe.trace_of(ends.main, ends.node(), 0, ends.sample))
    ends.board.expect(not complaints, "\n".join(complaints))


def status_traced(ends):
    """Of the driver that comes, after that of the one that goes."""
    node, trace = ends.node(), observe.Trace(ends.main)
    trace.start()
    ends.main.check(f"echo {node} >{NODE}/unbind && echo {node} >{NODE}/bind")
    ends.sample()
    told = [(status, names.split()) for what, _, vdev, _, status, names in trace.stop()
            if what == "status" and vdev == "0"]
    steps = ("ACKNOWLEDGE", "DRIVER", "DRIVER_OK")
    wanted = [(status, list(steps[:number])) for number, status in enumerate(("0x00", "0x01", "0x03", "0x07"))]
    ends.board.expect(told[-len(wanted):] == wanted and len(told) > len(wanted), f"status {told}")


def run(board):
    board.need(*link.MODULES, "rpmsg_client_sample")
    ends = Ends(board)
    with board.step("the subnode is a platform device, the vdev comes up on it, and the sample runs"):
        ends.start()
        ends.node()
        ends.sample()
    with board.step("debugfs names status, features, and where each vring stands"):
        shown = ends.shown()
        for pattern in (r"subnode: /remoteproc/vdev@0\n", r"virtio id: 7\n",
                        r"status: 0x0f ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK\n|status: 0x07 ACKNOWLEDGE DRIVER DRIVER_OK\n",
                        r"mailboxes: 2\n", r"vring0: num 256 align 4096 notifyid 0 da 0x50001000 avail \d+ used \d+ kicks in [1-9]",
                        r"vring1: num 256 align 4096 notifyid 1 da 0x50004000 avail \d+ used \d+ kicks in \d+ out [1-9]"):
            board.expect(re.search(pattern, shown), f"no {pattern!r} in:\n{shown}")
    with board.step("debugfs names the mailboxes as devicetree and /proc/interrupts do"):
        mailboxes_named(ends)
    with board.step("and counts kicks that were saved"):
        kicks_saved(ends)
    if observe.can_trace(ends.main):
        with board.step("trace events for each kick and interrupt that debugfs counts, and each status"):
            traced(ends)
            status_traced(ends)
    else:
        board.skip("trace events", "this kernel has none")
    with board.step(f"{MESSAGES} messages each way, between programs"):
        conversation = Conversation(board, ends.main, ends.remote)
        conversation.serve()
        conversation.hold(MESSAGES, 300)
    with board.step("the subnode's driver is unbound and bound: the virtio device goes and comes"):
        node = ends.node()
        for _ in range(3):
            ends.main.check(f"echo {node} >{NODE}/unbind")
            ends.down()
            ends.main.check(f"echo {node} >{NODE}/bind")
            ends.sample()
    with board.step("detached and attached"):
        for _ in range(2):
            ends.main.check(f"echo detach >{REMOTEPROC}/state")
            ends.down()
            ends.main.check(f"echo start >{REMOTEPROC}/state")
            ends.sample()
    with board.step("attached while nobody is probed: no virtio device, and nothing of it is left; then as ever"):
        ends.main.check(f"echo detach >{REMOTEPROC}/state && echo 0 >{PROBING}")
        for _ in range(2):
            ends.main.check(f"echo start >{REMOTEPROC}/state && echo detach >{REMOTEPROC}/state")
        ends.main.check(f"! ls -d /sys/class/remoteproc/remoteproc0/rproc-virtio* && echo 1 >{PROBING}")
        ends.main.check(f"echo start >{REMOTEPROC}/state")
        ends.sample()
    with board.step("a remote that restarts is attached to again"):
        since = ends.main.console.position
        ends.remote.reset()
        link.start_remote(ends.remote)
        ends.says(r"shm_rproc remoteproc: the remote (restarted|took its resource table away): detaching", since)
        ends.says("is now attached", since)
        ends.sample()
    with board.step("modules go and come in any order"):
        ends.main.check("rmmod shm_rproc")
        ends.down()
        ends.main.check("modprobe shm_rproc")
        ends.sample()
        since = ends.main.console.position
        ends.main.check("rmmod rproc_vdev")
        ends.down()
        ends.main.check("modprobe rproc_vdev")
        ends.says(r"vdev@0: .* runs already, without it: stop and start remoteproc\d", since)
        ends.main.check(f"echo detach >{REMOTEPROC}/state && echo start >{REMOTEPROC}/state")
        ends.sample()
    with board.step("a main that restarts is served again"):
        ends.main.reset()
        link.start_main(ends.main, "rproc_vdev")
        ends.sample()
