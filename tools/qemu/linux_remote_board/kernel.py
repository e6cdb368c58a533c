# SPDX-License-Identifier: GPL-2.0-only
"""Kernels built from Debian's source, kept in a cache that is keyed by what they are made of."""
import hashlib
import os
import re
import subprocess
from pathlib import Path

from .places import TOOLS, BoardError, cache, die_with_us, locked
from .progress import Progress
from .source import source, version
from .target import TARGET

FRAGMENTS = {
    "plain": ["kernel-plain.config", "kernel-slabs.config"],
    "debug": ["kernel-plain.config", "kernel-debug.config"],
}
# The same kernel with all of our modules: what "make matrix" boots.
FRAGMENTS["matrix"] = FRAGMENTS["plain"]
# What a whole build compiles: for the progress bar only.
OBJECTS = {"plain": 1000, "debug": 1050, "matrix": 1000}


class Kernel:
    """A built kernel tree: @tree is what KDIR= wants."""

    def __init__(self, tree, source=None):
        self.tree = Path(tree)
        self.source = source
        self.image = self.tree / TARGET.image

    @property
    def release(self):
        return (self.tree / "include/config/kernel.release").read_text().strip()

    def modules(self):
        order = (self.tree / "modules.order").read_text().split()
        return [self.tree / re.sub(r"\.o$", ".ko", name) for name in order]


def given(tree):
    """The user's own tree, KDIR=."""
    kernel = Kernel(tree)
    for needed in (kernel.image, kernel.tree / "modules.order", kernel.tree / "include/config/kernel.release"):
        if not needed.exists():
            raise BoardError(f"KDIR={tree} is no built {TARGET.arch} kernel tree: {needed} is missing.\n"
                             f"Build it (make ARCH={TARGET.arch} {TARGET.goal} modules) or leave KDIR out.")
    return kernel


def _make(source, out, *arguments):
    jobs = os.cpu_count() or 1
    return ["nice", "make", "-s", "-C", str(source), f"O={out}", f"ARCH={TARGET.arch}",
            f"CROSS_COMPILE={TARGET.cross}", f"-j{jobs}", *arguments]


def _clean_environment():
    """A make above us must not speak to the kernel's."""
    return {name: value for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KDIR", "O", "M", "ARCH", "CROSS_COMPILE",
                            "LLVM", "C", "W", "V")}


def _run(command, log):
    with open(log, "ab") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, env=_clean_environment())
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise BoardError(f"{tail}\nboard: {' '.join(command)} failed; all of it is in {log}")


def _version(tree):
    text = (tree / "Makefile").read_text()
    return ".".join(re.search(rf"^{word} = (\d+)$", text, re.M)[1] for word in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def fragments(flavour):
    """What the kernel is configured by; in a later file "# CONFIG_X is not set" takes back what an earlier one wants."""
    own = [f"kernel-{name}.config" for name in (version(), TARGET.arch)]
    return FRAGMENTS[flavour] + [name for name in own if (TOOLS / name).exists()]


def _wanted(text):
    """The lines that have the last word on their symbol."""
    last = {}
    for line in text.splitlines():
        match = re.match(r"(?:# )?(CONFIG_\w+)(?:=| is not set$)", line)
        if match:
            last[match[1]] = line
    return [line for line in last.values() if not line.startswith("#")]


def _configure(tree, out, fragment):
    log = out / "configure.log"
    text = b"".join((TOOLS / name).read_bytes() for name in fragment)
    (out / "fragment.config").write_bytes(text)
    _run(_make(tree, out, f"KCONFIG_ALLCONFIG={out / 'fragment.config'}", "allnoconfig"), log)
    taken = set((out / ".config").read_text().splitlines())
    refused = [line for line in _wanted(text.decode()) if line not in taken]
    if refused:
        raise BoardError(f"the kernel did not take {', '.join(refused)}\n"
                         f"from {', '.join(fragment)}: look for a dependency that is missing")


def _build(tree, out, flavour):
    log = out / "build.log"
    progress = Progress(f"building the {flavour} kernel (log: {log})", OBJECTS[flavour])
    command = [word for word in _make(tree, out, TARGET.goal, "modules") if word != "-s"]
    with open(log, "w") as copy:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", env=_clean_environment(), preexec_fn=die_with_us)
        done = sum(1 for _ in out.rglob("*.o"))  # by a build that was cut short
        for line in process.stdout:
            copy.write(line)
            if re.match(r"  (CC|AS) ", line):
                done += 1
            progress.step(done)
    if process.wait():
        progress.finish("failed")
        tail = "\n".join(line for line in log.read_text().splitlines() if "rror" in line)
        raise BoardError(f"{tail}\nboard: the {flavour} kernel does not build; all of it is in {log}")
    progress.finish()


def prepare(flavour):
    """Builds what is missing of the @flavour kernel; a build that was cut short goes on where it was."""
    own = os.environ.get("KDIR")
    if own:
        return given(own)
    fragment = fragments(flavour)
    text = b"".join((TOOLS / name).read_bytes() for name in fragment)
    tree = source()
    key = f"{_version(tree)}-{TARGET.arch}-{hashlib.sha256(text).hexdigest()[:12]}"
    out = cache() / "kernel" / key
    complete = out / "complete"
    if not complete.exists():
        out.mkdir(parents=True, exist_ok=True)
        with locked(out / "lock", f"waiting for another run that builds the {flavour} kernel"):
            if not complete.exists():
                _configure(tree, out, fragment)
                _build(tree, out, flavour)
                complete.touch()
    return Kernel(out, tree)
