# SPDX-License-Identifier: GPL-2.0-only
"""The root file system of the machines: busybox, the modules, our programs. One image for every machine."""
import subprocess
import tempfile
from pathlib import Path

from .busybox import busybox
from .cpio import Archive
from .modules import guest_programs
from .places import TOOLS, BoardError
from .target import TARGET


def _module_index(kernel, modules):
    """What depmod makes of the modules, {name: bytes}."""
    with tempfile.TemporaryDirectory(prefix="board-depmod-") as base:
        tree = Path(base) / "lib/modules" / kernel.release
        tree.mkdir(parents=True)
        for module in modules:
            (tree / module.name).symlink_to(module)
        for name in ("modules.builtin", "modules.builtin.modinfo"):
            if (kernel.tree / name).exists():
                (tree / name).write_bytes((kernel.tree / name).read_bytes())
        done = subprocess.run(["/sbin/depmod", "-b", base, kernel.release], capture_output=True, text=True)
        if done.returncode:
            raise BoardError(f"{done.stderr}board: depmod failed")
        return {name: (tree / name).read_bytes()
                for name in ("modules.dep", "modules.alias", "modules.symbols", "modules.softdep")}


def make(kernel, ours):
    """Returns the archive with the kernel's modules and @ours: not compressed, which would cost each machine seconds."""
    archive = Archive()
    for name in ("proc", "sys", "dev", "tmp", "root", "etc", "usr/bin", "usr/sbin", "lib/firmware"):
        archive.directory(name)
    archive.device("dev/console", 5, 1)
    archive.device("dev/null", 1, 3)
    archive.file("etc/profile", b"PS1='\\w # '\n")
    archive.file("bin/busybox", busybox(TARGET.debian).read_bytes(), 0o755)
    archive.symlink("bin/sh", "busybox")
    archive.file("init", (TOOLS / "guest/init").read_bytes(), 0o755)
    archive.file("sbin/autoload", (TOOLS / "guest/autoload").read_bytes(), 0o755)
    for name, program in guest_programs().items():
        archive.file(f"bin/{name}", program.read_bytes(), 0o755)
    modules = kernel.modules() + ours
    names = [module.name for module in modules]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BoardError(f"two modules are called {', '.join(sorted(twice))}: rename ours")
    base = f"lib/modules/{kernel.release}"
    for module in modules:
        archive.file(f"{base}/{module.name}", module.read_bytes())
    for name, data in _module_index(kernel, modules).items():
        archive.file(f"{base}/{name}", data)
    return archive.bytes()
