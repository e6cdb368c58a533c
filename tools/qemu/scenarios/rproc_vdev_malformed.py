# SPDX-License-Identifier: GPL-2.0-only
"""Links that devicetree describes wrongly: each gets one message that says what and where, and nothing is left of it."""

COMPLAINTS = {
    "no-table": r'/no-table: memory-region "rsc-table" is missing',
    "no-vdev": r"/no-vdev: has no vdev@N node",
    "cached": r"/cached: virtio,cached: .* not served yet",
    "interval": r"/interval: virtio,poll-interval-ms is 0, expected 1 to 10000",
    "table-in-ram": r'/elsewhere/ram@41000000: is part of the kernel\'s own memory: its node needs "no-map"',
    "table-nowhere": r"/table-nowhere: memory-region 0, /elsewhere/nowhere, has no address and size",
    "strange-child": r'/strange-child/vdev@0: expected compatible "virtio,rproc"',
    "big-reg": r"/big-reg/vdev@10: reg is missing or not below 16",
    "same-reg": r"/same-reg/vdev@[01]: reg 0 is that of /same-reg/vdev@[01] already",
    "gap": r"/gap: 1 vdevs, but none has reg 0",
    "no-id": r"/no-id/vdev@0: virtio,id is missing or 0, expected a virtio device id",
    "zero-id": r"/zero-id/vdev@0: virtio,id is missing or 0, expected a virtio device id",
    "no-sizes": r"/no-sizes/vdev@0: virtio,vring-sizes is missing",
    "odd-size": r"vdev@0: vring1: vring num, expected a power of two of at most 32768, got 100",
    "zero-size": r"vdev@0: vring0: vring num, expected a power of two of at most 32768, got 0",
    "odd-align": r"vdev@0: vring0: vring align, expected a power of two .* got 0x3e8",
    "more-rings": r"/more-rings/vdev@0: 2 mailboxes vq0.. for 3 vrings",
    "fewer-rings": r'/fewer-rings/vdev@0: memory-region "vring1", but 1 vrings',
    "ring-without-region": r'/ring-without-region/vdev@0: memory-region "vring1" is missing, of 2 vrings',
    "no-regions": r"/no-regions/vdev@0: memory-region is missing",
    "small-region": r"vdev@0: vring1: bytes of the vring's region, expected at least 10246, got 8192",
    "overlap": r"/elsewhere/across@50012000: overlaps /reserved-memory/ring0@50010000",
    "ring-in-ram": r'/elsewhere/ram@41000000: is part of the kernel\'s own memory: its node needs "no-map"',
    "ring-too-high": r"vdev@0: vring0: address of the vring, expected below that of a 32-bit table, .* got 0x150000000",
    "table-too-small": r"resource table: bytes of the table's region, expected at least 88, got 64",
    "no-mailbox": r'/no-mailbox/vdev@0: mailbox "vq0" is missing',
    "one-mailbox": r'/one-mailbox/vdev@0: 1 mailboxes vq0.. for 2 vrings',
    "strange-mailbox": r'/strange-mailbox/vdev@0: mailbox "vq1" is not one of its controller\'s',
    "mailbox-not-listed": r'/mailbox-not-listed/vdev@0: mailbox "vq1" is not one of its controller\'s',
    "taken": r'/taken: mailbox "ctrl" is in use by somebody else',
}

DRIVER = "/sys/bus/platform/drivers/rproc_vdev_remote"

# The n-th allocation of a bind fails, for every n that there is.
STARVE = f"""
cd {DRIVER}
n=0
while [ $n -lt 2000 ]; do
	n=$((n + 1))
	left=$(sh -c "echo $n >/proc/self/fail-nth; echo sound >bind; read left </proc/self/fail-nth; echo 0 >/proc/self/fail-nth; echo \\$left" 2>/dev/null)
	[ -e sound ] && echo sound >unbind
	[ "$left" = 0 ] || break
done
echo $n
"""


def run(board):
    board.need("rproc_vdev", "loopback_mailbox")
    machine = board.machine("loopback", overlay="qemu-rproc-vdev-malformed.dtso", autoload=False)
    machine.check("modprobe loopback_mailbox")
    since = machine.console.position
    machine.check("modprobe rproc_vdev")
    with board.step("each mistake is named once, with its node and what was expected"):
        for name, complaint in COMPLAINTS.items():
            machine.wait_for(rf"rproc_vdev_remote {name}: .*{complaint}", 30, since)
    with board.step("what is described wrongly leaves no device behind, what is not works"):
        devices = machine.check("ls /sys/bus/rvdev/devices").split()
        board.expect(devices == ["sound:vdev0"], f"devices: {devices}")
    with board.step("a mailbox that is not there yet is waited for"):
        deferred = machine.check("cat /sys/kernel/debug/devices_deferred")
        board.expect("late-mailbox" in deferred, f"deferred: {deferred}")
        board.expect(len(deferred.splitlines()) == 1, f"deferred: {deferred}")
    with board.step("a probe that runs out of memory anywhere leaves nothing behind"):
        machine.check("echo 0 >/sys/kernel/debug/failslab/verbose && echo N >/sys/kernel/debug/failslab/ignore-gfp-wait")
        machine.check(f"echo sound >{DRIVER}/unbind")
        tried = machine.check(STARVE, timeout=300).split()
        board.expect(tried and int(tried[-1]) > 50, f"allocations that failed: {tried}")
        machine.check(f"echo sound >{DRIVER}/bind; test -e /sys/bus/rvdev/devices/sound:vdev0")
        machine.check("modprobe -r rproc_vdev && modprobe rproc_vdev && test -e /sys/bus/rvdev/devices/sound:vdev0")
