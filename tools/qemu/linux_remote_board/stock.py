# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own arm64 kernels, with the headers that it ships for who builds modules."""
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import image, modules
from .debian import Mirror
from .places import BoardError, cache, locked
from .scenario import Skipped
from .source import source, version
from .target import TARGET

# The headers' packages without a version, by the release of Linux.
HEADERS = {"6.1": "linux-headers-arm64", "6.12": "linux-headers-6.12-arm64"}
# What the machines need that is a module there.
NEEDED = ("virtio_mmio", "virtio_console", "rpmsg_core")
# What Debian leaves out of them, from the kernel's own source.
LEFT_OUT = {"rpmsg_ns": "drivers/rpmsg", "virtio_rpmsg_bus": "drivers/rpmsg", "rpmsg_client_sample": "samples/rpmsg"}


def _unpacked(module):
    if module.suffix != ".xz":
        return module
    subprocess.run(["xz", "-d", str(module)], check=True)
    return module.with_suffix("")


class Stock:
    """As kernel.Kernel."""

    def __init__(self, root):
        self._root = root
        self.tree = next(root.glob("usr/src/linux-headers-*-arm64"))
        self.release = self.tree.name.removeprefix("linux-headers-")
        self.image = root / f"boot/vmlinuz-{self.release}"

    def modules(self):
        """Those needed, and what these need."""
        every = {path.name.partition(".")[0].replace("-", "_"): path
                 for path in (self._root / "lib/modules" / self.release).rglob("*.ko*")}
        found, open_ends = {}, list(NEEDED)
        while open_ends:
            name = open_ends.pop().replace("-", "_")
            if name not in found and name in every:
                found[name] = _unpacked(every[name])
                said = subprocess.run(["/sbin/modinfo", "-F", "depends", str(found[name])], capture_output=True,
                                      text=True, check=True)
                open_ends += filter(None, said.stdout.strip().split(","))
        return list(found.values())


def _unpack(headers, root):
    with tempfile.TemporaryDirectory(dir=cache(), prefix="fetching-") as place:
        mirror = Mirror(place, ["arm64", "amd64"])
        package = next(name for name in mirror.depends(f"{headers}:arm64") if name.startswith("linux-headers-"))
        common, kbuild = (next(name for name in mirror.depends(f"{package}:arm64") if word in name)
                          for word in ("-common", "-kbuild-"))
        for name in (f"{package}:arm64", f"{package.replace('headers', 'image')}:arm64", common, f"{kbuild}:amd64"):
            mirror.unpack(name, root)


def kernel():
    """Debian's kernel of version(), fetched once; None where it has none."""
    if version() not in HEADERS:
        return None
    root = cache() / f"stock-{version()}"
    with locked(cache() / "stock.lock"):
        if not root.exists():
            print(f"fetching Debian's Linux {version()} for arm64", flush=True)
            new = Path(f"{root}.new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            _unpack(HEADERS[version()], new)
            makefile = next(new.glob("usr/src/linux-headers-*-arm64/Makefile"))
            # It names the place where it would be installed.
            makefile.write_text(makefile.read_text().replace("/usr/src/", f"{root}/usr/src/"))
            new.rename(root)
    return Stock(root)


def left_out(kernel):
    """LEFT_OUT, built against the headers; their paths."""
    out = modules.place("stock") / "left-out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name, folder in LEFT_OUT.items():
        (out / f"{name}.c").symlink_to(source() / folder / f"{name}.c")
    (out / "rpmsg_internal.h").symlink_to(source() / "drivers/rpmsg/rpmsg_internal.h")
    (out / "Makefile").write_text(f"obj-m := {' '.join(f'{name}.o' for name in LEFT_OUT)}\n")
    done = subprocess.run(["nice", "make", "-C", str(kernel.tree), f"M={out}", f"ARCH={TARGET.arch}",
                           f"CROSS_COMPILE={TARGET.cross}", "modules"], capture_output=True, text=True)
    if done.returncode:
        raise BoardError(f"{done.stderr}board: {', '.join(LEFT_OUT)} do not build against the headers of {kernel.release}")
    return [out / f"{name}.ko" for name in LEFT_OUT]


def found():
    """The same as kernel(); where there is none the scenario is skipped."""
    has = kernel() if TARGET.arch == "arm64" else None
    if not has:
        raise Skipped("no kernel of Debian 12")
    return has


def put_on(board, kernel, more=()):
    """The machines that are made from now on run @kernel, with our modules and @more."""
    with locked(modules.place("stock") / "lock", "waiting for another run that builds for Debian's kernel"):
        ours = modules.build(kernel, "stock")
    board.kernel, board.initrd = kernel, board.directory / "stock.cpio"
    board.initrd.write_bytes(image.make(kernel, [*ours, *more]))


def insmod(machine, *names):
    """Each by itself, in this order; nothing is looked up."""
    machine.check("modprobe rpmsg_core")
    for name in names:
        machine.check(f"insmod /lib/modules/$(uname -r)/{name}.ko")
