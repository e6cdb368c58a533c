# SPDX-License-Identifier: GPL-2.0-only
"""A malformed vdev subnode of a main processor is refused with one message that names what is wrong."""
from linux_remote_board.rpmsg import until

DRIVER = "/sys/bus/platform/drivers/rproc_vdev"
MESSAGES = {
    "no-reg": "/no-reg/vdev: reg is missing",
    "no-id": "/no-id/vdev@0: virtio,id is missing or 0",
    "id-zero": "/id-zero/vdev@0: virtio,id is missing or 0",
    "vring-elsewhere": '/vring-elsewhere/vdev@0: memory-region "vring0" is not in /reserved-memory',
    "vring-mapped": '/vring-mapped/vdev@0: memory-region "vring0" is part of the kernel\'s own memory',
    "vring-overlap": '/vring-overlap/vdev@0: memory-region "vring1" overlaps "vring0"',
    "ring-in-buffer": '/ring-in-buffer/vdev@0: memory-region "vring0" overlaps "buffer" of /ring-in-buffer/vdev@0',
    "ring-of-another": '/ring-of-another/vdev@1: memory-region "vring1" overlaps "vring0" of /ring-of-another/vdev@0',
    "ring-of-a-refused": '/ring-of-another/vdev@2: memory-region "vring0" overlaps "vring0" of /ring-of-another/vdev@1',
    "mailbox-unnamed": '/mailbox-unnamed/vdev@0: mbox-names lacks "vq" or "vq0"',
    "mailbox-misnamed": '/mailbox-misnamed/vdev@0: mbox-names lacks "vq" or "vq0"',
    "mailbox-beyond": '/mailbox-beyond/vdev@0: mailbox "vq" is ',
    "vring-gap": '/vring-gap/vdev@0: memory-region "vring1" is missing, but there is "vring2"',
    "vring-nowhere": '/vring-nowhere/vdev@0: memory-region "vring1" is not in /reserved-memory',
    "mailbox-taken": '/mailbox-taken/vdev@0: mailbox "vq" is in use by somebody else',
    "reg-twice": "/reg-twice/vdev@1: reg 0 is that of /reg-twice/vdev@0 already",
}
SOUND = ["reg-twice:vdev@0", "ring-of-another:vdev@0"]
PROCESSORS = len(MESSAGES)  # two have the same one, and one has no message


def run(board):
    board.need("shm_rproc", "rproc_vdev", "loopback_mailbox", "ivshmem_mailbox")
    main = board.machine("main", overlay="qemu-malformed-vdev.dtso", autoload=False)
    with board.step("every malformed subnode is refused with its reason, once"):
        main.check("modprobe -a loopback_mailbox rproc_vdev shm_rproc")
        for message in MESSAGES.values():
            main.wait_for(message, 30)
        main.sync_console()
        for message in MESSAGES.values():
            said = [line for line in main.console.lines() if message in line]
            board.expect(len(said) == 1, f"{message!r} was said {len(said)} times")
    with board.step("only the sound ones are bound, and the remote processors are there"):
        bound = main.check(f"ls {DRIVER}").split()
        board.expect([name for name in bound if "vdev" in name] == SOUND, f"{bound}")
        there = main.check("ls /sys/class/remoteproc").split()
        board.expect(len(there) == PROCESSORS, f"{there}")
    with board.step("one whose mailbox is not there yet is waited for, without a word"):
        deferred = main.check("cat /sys/kernel/debug/devices_deferred")
        board.expect(deferred.startswith("mailbox-late:vdev@0\t") and deferred.count("\n") == 1, deferred)
        main.check("modprobe ivshmem_mailbox")
        until(main, f"ls -d {DRIVER}/mailbox-late:vdev@0", 30, "the subnode, bound")
    with board.step("modules go"):
        main.check("rmmod rproc_vdev && modprobe rproc_vdev && rmmod rproc_vdev && rmmod shm_rproc")
