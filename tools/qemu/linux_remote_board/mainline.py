# SPDX-License-Identifier: GPL-2.0-only
"""
Reports that mainline's own code provokes on the main end, whatever the remote does. Each is recognised by its first line
and by functions that its backtrace has to name, so a report of ours with the same first line still counts.
"""
import re

BLOCK = 70  # lines of a report that are searched

KNOWN = (
    # rpmsg_recv_single() calls the name service's callback under the cb_lock of its endpoint; where a channel is
    # withdrawn that destroys the channel's endpoint, under a cb_lock of the same lockdep class.
    (r"WARNING: possible recursive locking detected", ("virtio_rpmsg_destroy_ept", "rpmsg_recv_done")),
    # rpmsg_send_offchannel_raw() waits for get_a_tx_buf() in a wait_event(), whose condition takes a mutex.
    (r"WARNING: CPU: \d+ PID: \d+ at kernel/sched/core\.c:\d+ __might_sleep",
     ("get_a_tx_buf", "rpmsg_send_offchannel_raw")),
)


# What kmemleak finds after rpmsg_char: messages that came after its file was closed stay in a queue that nothing empties
# when the channel goes.
LEAKED = "rpmsg_ept_cb"


def known(lines):
    """Whether the report that begins with @lines[0] is one of mainline's."""
    for first, names in KNOWN:
        if re.search(first, lines[0]):
            block = "\n".join(lines[:BLOCK])
            return all(name in block for name in names)
    return False


def unknown_leaks(text):
    """The objects of kmemleak's list @text that mainline does not account for."""
    objects = re.split(r"(?m)^(?=unreferenced object )", text)
    return "".join(each for each in objects if each.strip() and LEAKED not in each)
