# SPDX-License-Identifier: GPL-2.0-only
"""A static arm64 busybox from Debian, fetched without touching the system's package lists."""
import subprocess
import tempfile
from pathlib import Path

from .places import BoardError, cache, locked

PACKAGE = "busybox-static:arm64"


def _apt(directory, *arguments):
    lists = Path(directory) / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "-qq", f"-oDir::State::Lists={lists}", f"-oDir::Cache={directory}/cache",
               "-oAPT::Architectures::=arm64", "-oAPT::Sandbox::User=", "-oDebug::NoLocking=1", *arguments]
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BoardError(f"{done.stdout}board: cannot fetch {PACKAGE}: is a Debian mirror within reach?")


def busybox():
    """Path of the program."""
    program = cache() / "busybox-arm64"
    with locked(cache() / "busybox.lock"):
        if program.exists():
            return program
        print("fetching busybox for arm64", flush=True)
        with tempfile.TemporaryDirectory(dir=cache(), prefix="busybox-") as directory:
            _apt(directory, "update")
            _apt(directory, "download", PACKAGE)
            package = next(Path(directory).glob("busybox-static*.deb"))
            subprocess.run(["dpkg-deb", "-x", str(package), directory], check=True)
            found = [path for path in (Path(directory) / "bin/busybox", Path(directory) / "usr/bin/busybox")
                     if path.exists()]
            if not found:
                raise BoardError(f"{package.name} has no bin/busybox")
            found[0].rename(program)
    return program
