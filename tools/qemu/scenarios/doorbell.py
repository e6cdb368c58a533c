# SPDX-License-Identifier: GPL-2.0-only
"""Every doorbell rings the other machine, also one that restarted: mainline's mailbox-test on ivshmem_mailbox."""

CHANNELS = 4
AREAS = {"main": 0x50010000, "remote": 0x50011000}  # where each machine writes; see the overlay


def file_of(machine, channel):
    return f"/sys/kernel/debug/{AREAS[machine.name] + channel * 0x2000:x}.mailbox-test/message"


def ring(sender, receiver, channel, text):
    """Waits at @receiver, sends at @sender, compares."""
    job = receiver.start_job(f"timeout 20 dd if={file_of(receiver, channel)} bs=2000 count=1 2>/dev/null")
    sender.check(f"printf %s '{text}' >{file_of(sender, channel)}")
    status, seen = job.wait(30)
    letters = "".join(line.split("  ")[-1] for line in seen.splitlines())
    return status == 0 and text in letters.replace(" ", "") or seen


def load(machine):
    machine.check("modprobe ivshmem_mailbox && modprobe mailbox-test")


def run(board):
    board.need("ivshmem_mailbox", "mailbox-test")
    main, remote = (board.machine(name, overlay=f"qemu-doorbell-{name}.dtso", autoload=False)
                    for name in ("main", "remote"))
    for machine in (main, remote):
        # mailbox-test copies to user space before it sets its task running again: a defect of mainline's test.
        machine.console.allowed.append("do not call blocking ops.*mbox_test_message_read")
    with board.step("the mailbox finds its node and its channels"):
        for machine in (main, remote):
            load(machine)
            machine.check(f"ls {' '.join(file_of(machine, channel) for channel in range(CHANNELS))}")
    with board.step("each channel rings the same channel of the other machine"):
        for sender, receiver in ((main, remote), (remote, main)):
            for channel in range(CHANNELS):
                seen = ring(sender, receiver, channel, f"{sender.name}{channel}")
                board.expect(seen is True, f"{sender.name} to {receiver.name}, channel {channel}: {seen}")
    with board.step("a machine that was switched off and on is rung again"):
        for machine, other in ((main, remote), (remote, main)):
            machine.kill()
            machine.start()
            load(machine)
            for sender, receiver in ((main, remote), (remote, main)):
                seen = ring(sender, receiver, 3, "again")
                board.expect(seen is True, f"{machine.name} restarted; {sender.name} to {receiver.name}: {seen}")
    with board.step("a machine that rebooted without a warning is rung again"):
        main.reset()
        load(main)
        for sender, receiver in ((main, remote), (remote, main)):
            seen = ring(sender, receiver, 0, "reset")
            board.expect(seen is True, f"{sender.name} to {receiver.name}: {seen}")
    with board.step("the module can go and come back"):
        for machine in (main, remote):
            machine.check("modprobe -r mailbox-test && modprobe -r ivshmem_mailbox")
            load(machine)
        seen = ring(main, remote, 1, "reloaded")
        board.expect(seen is True, seen)
