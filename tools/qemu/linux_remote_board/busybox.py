# SPDX-License-Identifier: GPL-2.0-only
"""A static busybox from Debian for the machines' processor."""
import tempfile
from pathlib import Path

from .debian import Mirror
from .places import BoardError, cache, locked


def busybox(architecture):
    """Path of the program; @architecture as Debian calls it."""
    program = cache() / f"busybox-{architecture}"
    with locked(cache() / "busybox.lock"):
        if program.exists():
            return program
        print(f"fetching busybox for {architecture}", flush=True)
        with tempfile.TemporaryDirectory(dir=cache(), prefix="busybox-") as directory:
            Mirror(directory, [architecture]).unpack(f"busybox-static:{architecture}", directory)
            found = [path for path in (Path(directory) / "bin/busybox", Path(directory) / "usr/bin/busybox")
                     if path.exists()]
            if not found:
                raise BoardError("busybox-static has no bin/busybox")
            found[0].rename(program)
    return program
