# SPDX-License-Identifier: GPL-2.0-only
"""The device tree of a machine: QEMU's own with an overlay of dts/ over it."""
import subprocess
from pathlib import Path

from .places import ROOT, BoardError

SOURCES = ROOT / "dts"


def _run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise BoardError(f"{done.stderr}board: {' '.join(str(word) for word in command)} failed")
    return done.stderr


def _compile(overlay, compiled):
    # An overlay of the root repeats its cell counts, since dtc sees only the overlay.
    complaints = _run("dtc", "-@", "-Wno-avoid_unnecessary_addr_size", "-I", "dts", "-O", "dtb", "-i", SOURCES,
                      "-o", compiled, SOURCES / overlay)
    if complaints:
        raise BoardError(f"{complaints}board: {overlay} must be free of warnings")
    return compiled


def compose(qemu, overlay, directory, name):
    """
    Writes @directory/@name.dtb for the machine that the command line @qemu starts. @overlay is a file, by
    default of dts/, or several that go over each other; without one the tree is QEMU's.
    """
    directory = Path(directory)
    base, out = (directory / f"{name}.{end}" for end in ("base.dtb", "dtb"))
    at = qemu.index("-M") + 1
    _run(*qemu[:at], f"{qemu[at]},dumpdtb={base}", *qemu[at + 1:])
    if not overlay:
        # QEMU pads the tree to 1 MiB, and twice so when it reads it again: more than Linux takes.
        _run("dtc", "-q", "-q", "-I", "dtb", "-O", "dtb", "-o", out, base)
        return out
    overlays = (overlay,) if isinstance(overlay, (str, Path)) else overlay
    compiled = [_compile(file, directory / f"{name}.{number}.dtbo") for number, file in enumerate(overlays)]
    _run("fdtoverlay", "-i", base, "-o", out, *compiled)
    return out
