# SPDX-License-Identifier: GPL-2.0-only
"""Rings, rpmsg frames and resource tables: the host's cases in a kernel."""

SECONDS = 900


def run(board):
    board.need("amp_core_kunit")
    board.kunit(board.machine("alone", autoload=False), "amp_core_kunit", timeout=SECONDS - 60)
