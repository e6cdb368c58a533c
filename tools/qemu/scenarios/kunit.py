# SPDX-License-Identifier: GPL-2.0-only
"""Every KUnit suite of the tree."""
SECONDS = 1800
# Linux 6.1 runs the cases of a module before its init, in which ours register the drivers that the cases need.
TOO_EARLY = ("rpmsg_remote_kunit", "rproc_vdev_kunit")


def run(board):
    suites = sorted(name for name in board.modules if name.endswith("_kunit"))
    board.need(*(suites or ["amp_core_kunit"]))
    machine = board.machine("loopback", autoload=False)
    for suite in suites:
        if suite in TOO_EARLY and board.kernel.release.startswith("6.1."):
            board.skip(suite, "KUnit of Linux 6.1 runs cases before the module's init")
            continue
        board.kunit(machine, suite, timeout=900)
