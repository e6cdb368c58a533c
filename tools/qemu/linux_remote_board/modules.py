# SPDX-License-Identifier: GPL-2.0-only
"""Our modules and guest programs, built for one kernel flavour beside the other."""
import os
import re
import shutil
import subprocess

from .places import BUILD, ROOT, TOOLS, BoardError, locked
from .source import USUAL, version
from .target import TARGET

# KUnit suites run on the debug kernel: a demo need not wait for their compilation.
LEFT_OUT = {"plain": ("CONFIG_AMP_CORE_KUNIT_TEST=n", "CONFIG_RPMSG_REMOTE_KUNIT_TEST=n",
                      "CONFIG_RPROC_VDEV_KUNIT_TEST=n")}
# What "make matrix" builds: no warning passes, whoever gives it.
STRICT = ("matrix", "stock")
GUEST_FLAGS = ("-std=c++20", "-O2", "-static", "-s", "-pthread", "-Wall", "-Wextra", "-Wshadow", "-Werror")


def place(flavour):
    """Where they are built."""
    own = version() != USUAL
    return BUILD / TARGET.place(f"{flavour}-{version()}" if own else flavour)


def _refuse_warnings(out, log):
    said = [line for line in log.read_text(errors="replace").splitlines()
            if re.search("warning: |objtool: ", line) and "the compiler differs" not in line]
    if said:
        shutil.rmtree(out)  # else they would not be said again
        raise BoardError("\n".join([*said[:10], f"board: warnings are errors; log: {log}"]))


def build(kernel, flavour):
    """Builds all modules against @kernel; returns their paths. One at a time: see prepare()."""
    out = place(flavour) / "modules"
    out.parent.mkdir(parents=True, exist_ok=True)
    log = place(flavour) / "modules.log"
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KDIR", "OUT", "O", "M")}
    command = ["nice", "make", "-C", str(ROOT), f"OUT={out}", f"KDIR={kernel.tree}", f"ARCH={TARGET.arch}",
               f"CROSS_COMPILE={TARGET.cross}", f"-j{os.cpu_count() or 1}", *LEFT_OUT.get(flavour, ()),
               *os.environ.get("BOARD_MAKE", "").split()]
    with open(log, "w") as copy:
        done = subprocess.run(command, stdout=copy, stderr=subprocess.STDOUT, env=environment)
    if done.returncode:
        lines = log.read_text(errors="replace").splitlines()
        said = "\n".join([line for line in lines if "error" in line.lower()][:10] or lines[-10:])
        raise BoardError(f"{said}\nboard: the modules do not build for the {flavour} kernel; log: {log}")
    if flavour in STRICT:
        _refuse_warnings(out, log)
    order = (out / "modules.order").read_text().split()
    return [out / f"{name.removesuffix('.o').removesuffix('.ko')}.ko" for name in order]


def unchecked(kernel, ours):
    """rpmsg_remote.ko as it would be for a release that nobody checked, built against headers alone; its path."""
    modules = ours["rpmsg_remote"].parents[2]
    out = modules.with_name("unchecked")
    command = ["nice", "make", "-C", str(kernel.tree), f"M={out}", f"ARCH={TARGET.arch}", f"CROSS_COMPILE={TARGET.cross}",
               "AMP_HAVE_RPMSG_INTERNAL=", "KCFLAGS=-DAMP_RPMSG_ABI_CHECKED=0",
               f"KBUILD_EXTRA_SYMBOLS={modules / 'Module.symvers'}", "drivers/rpmsg/rpmsg_remote.ko"]
    with locked(out.with_suffix(".lock")):
        for words in ([str(ROOT / "tools/build/link-sources"), str(out)], command):
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode:
                raise BoardError(f"{done.stderr}board: rpmsg_remote does not build as for an unchecked kernel")
    return out / "drivers/rpmsg/rpmsg_remote.ko"


def guest_programs():
    """Compiles tools/qemu/guest/*.cpp, statically, for the machines; returns {name: path}."""
    out = BUILD / TARGET.place("guest")
    programs = {}
    with locked(out / "lock"):
        for source in sorted((TOOLS / "guest").glob("*.cpp")):
            program = out / source.stem
            programs[source.stem] = program
            newest = max(path.stat().st_mtime for path in (TOOLS / "guest").iterdir())
            if program.exists() and program.stat().st_mtime >= newest:
                continue
            command = [f"{TARGET.cross}g++", *GUEST_FLAGS, "-I", str(ROOT / "include"), "-o", str(program), str(source)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise BoardError(f"{done.stderr}board: {source.name} does not compile")
    return programs
