# SPDX-License-Identifier: GPL-2.0-only
"""Both machines boot and see one memory."""
from linux_remote_board.machine import boot

SCRATCH = 0x50008000


def run(board):
    with board.step("both machines boot"):
        main = board.machine("main", start=False)
        remote = board.machine("remote", start=False)
        boot(main, remote)
    with board.step("what one writes the other reads"):
        for writer, reader, value in ((main, remote, "0x12345678"), (remote, main, "0x9ABCDEF0")):
            writer.check(f"devmem {SCRATCH:#x} 32 {value}")
            seen = reader.check(f"devmem {SCRATCH:#x} 32").strip()
            board.expect(seen == value, f"{reader.name} reads {seen} where {writer.name} wrote {value}")
    with board.step("neither kernel takes the shared memory for its own"):
        for machine in (main, remote):
            iomem = machine.check("cat /proc/iomem")
            ranges = [line.split(" : ") for line in iomem.splitlines() if "System RAM" in line]
            board.expect(all(int(span.split("-")[1], 16) < 0x50000000 for span, _ in ranges),
                         f"{machine.name}: {iomem}")
    with board.step("a machine reboots without a warning, and after a power cut"):
        main.reset()
        main.check("true")
        main.kill()
        main.start()
        main.check("true")
