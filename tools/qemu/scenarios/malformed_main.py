# SPDX-License-Identifier: GPL-2.0-only
"""The main's drivers refuse a malformed device tree: one message each, that names what is wrong."""

MESSAGES = {
    "no-regions": "memory-region is missing",
    "interval-long": "virtio,poll-interval-ms is 10001, expected at most 10000",
    "names-short": "memory-region-names lacks a name for memory-region 1",
    "names-unknown": '"vdev0vring2" is none of',
    "names-twice": '"vdev0vring0" is named twice',
    "region-elsewhere": '"rsc-table": /mailbox is not in /reserved-memory',
    "region-mapped": '"rsc-table": /reserved-memory/mapped@4f000000 lacks no-map',
    "region-same": '"vdev0vring1" at 0x0*50001000 and "vdev0vring0" at 0x0*50001000 overlap',
    "region-overlap": '"vdev0vring1" at 0x0*50004000 and "vdev0vring0" at 0x0*50005000 overlap',
    "table-missing": 'memory-region-names lacks "rsc-table"',
    "buffer-missing": 'memory-region-names lacks "vdev0buffer"',
    "buffer-no-pool": '"vdev0buffer": .* is no shared-dma-pool',
    "mboxes-missing": "mboxes is missing",
    "mboxes-unnamed": "mboxes has 2 entries, mbox-names is missing",
    "mboxes-misnamed": 'mbox-names lacks "vq" or "vq0"',
    "mboxes-of-nobody": 'mbox-names lacks "vq", "vq0" or, enough for vdev nodes with mailboxes, "ctrl"',
    "mboxes-beyond": 'cannot get mailbox "ctrl"',
    "mboxes-taken": 'cannot get mailbox "ctrl"',
    "firmware-alone": 'firmware-name, but memory-region-names lacks "control"',
    "control-small": '"control" at 0x0*60000000 has 64 bytes, expected at least 128 aligned to 64',
    "control-alone": "memory-region-names lacks a region to load into",
    "load-misnamed": '"vdev0code" is none of',
    "timeout-none": "linux-remote,answer-timeout-ms is 0, expected 1 to 60000",
    "mailbox-without-channels": "linux-remote,channels has to be an even number",
    "mailbox-odd": "linux-remote,channels has to be an even number",
    "mailbox-many": "linux-remote,channels has to be an even number",
}


def run(board):
    board.need("shm_rproc", "ivshmem_mailbox", "loopback_mailbox")
    main = board.machine("main", overlay="qemu-malformed-main.dtso", autoload=False)
    with board.step("a remote whose mailbox is not there yet is deferred, and says for what"):
        main.check("modprobe shm_rproc")
        deferred = main.check("cat /sys/kernel/debug/devices_deferred")
        for node in ("mboxes-taken", "mboxes-beyond"):
            board.expect(f"{node}\t" in deferred, f"{node} is not deferred: {deferred}")
    with board.step("every malformed node is refused with its reason, once"):
        main.check("modprobe loopback_mailbox")
        for node, message in MESSAGES.items():
            main.wait_for(f" {node}: .*{message}", 30)
        main.sync_console()
        for node in MESSAGES:
            ours = [line for line in main.console.lines() if f" {node}: error " in line]
            board.expect(len(ours) == 1, f"{node} has {len(ours)} messages: {ours}")
    with board.step("none of them is bound, and all let go of what they had"):
        bound = main.check("ls /sys/bus/platform/drivers/shm_rproc /sys/bus/platform/drivers/loopback_mailbox")
        board.expect(not [node for node in MESSAGES if node in bound.split()], bound)
        main.check("rmmod shm_rproc && rmmod loopback_mailbox && modprobe loopback_mailbox && modprobe shm_rproc")
    with board.step("an ivshmem node with wrong cells is refused"):
        since = main.console.position
        main.check("modprobe ivshmem_mailbox")
        main.wait_for("ivshmem_mailbox .*#mbox-cells has to be <1>", 30, since)
    with board.step("an ivshmem node with an impossible peer is refused"):
        remote = board.machine("remote", overlay="qemu-malformed-remote.dtso", autoload=False)
        remote.check("modprobe ivshmem_mailbox")
        remote.wait_for("ivshmem_mailbox .*linux-remote,peer-id has to be one number", 30)
