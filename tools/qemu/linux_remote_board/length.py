# SPDX-License-Identifier: GPL-2.0-only
"""How long scenarios are that "make soak" lengthens: in make check BOARD_LENGTH is 1."""
import os


def _length():
    return float(os.environ.get("BOARD_LENGTH") or 1)


def times(count):
    """@count as make check does it, and more of it where that is asked for."""
    return int(count * max(_length(), 1))


def seconds(limit):
    """The same for the time that it may take."""
    return int(limit * max(_length(), 1))


def minutes(usual):
    """How long what goes on for a time does so: BOARD_MINUTES, or @usual."""
    return float(os.environ.get("BOARD_MINUTES") or usual)
