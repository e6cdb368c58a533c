# SPDX-License-Identifier: GPL-2.0-only
"""The processor of the machines: how it is called, compiled for and emulated. LINUX_REMOTE_ARCH= chooses."""
import os
import sys
from dataclasses import dataclass

USUAL = "arm64"


@dataclass(frozen=True)
class Target:
    arch: str           # as Linux calls it
    debian: str         # as Debian does
    cross: str
    goal: str
    image: str
    qemu: tuple

    def place(self, name):
        """A folder called @name, beside that of the usual target."""
        return name if self.arch == USUAL else f"{name}-{self.arch}"


TARGETS = {target.arch: target for target in (
    Target("arm64", "arm64", "aarch64-linux-gnu-", "Image", "arch/arm64/boot/Image",
           ("qemu-system-aarch64", "-nodefaults", "-no-user-config", "-M", "virt,gic-version=3", "-cpu", "cortex-a53")),
    Target("arm", "armhf", "arm-linux-gnueabihf-", "zImage", "arch/arm/boot/zImage",
           ("qemu-system-arm", "-nodefaults", "-no-user-config", "-M", "virt,gic-version=3,highmem=off",
            "-cpu", "cortex-a15")),
)}


def _chosen():
    name = os.environ.get("LINUX_REMOTE_ARCH") or USUAL
    if name not in TARGETS:
        sys.exit(f"board: LINUX_REMOTE_ARCH={name}: there are {', '.join(TARGETS)}")
    return TARGETS[name]


TARGET = _chosen()
