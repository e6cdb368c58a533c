# SPDX-License-Identifier: GPL-2.0-only
"""Every KUnit suite of the tree."""
SECONDS = 1800


def run(board):
    suites = sorted(name for name in board.modules if name.endswith("_kunit"))
    board.need(*(suites or ["amp_core_kunit"]))
    machine = board.machine("loopback", autoload=False)
    for suite in suites:
        board.kunit(machine, suite, timeout=900)
