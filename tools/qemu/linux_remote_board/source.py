# SPDX-License-Identifier: GPL-2.0-only
"""The source of Linux, as Debian packages it."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .debian import Mirror
from .places import BoardError, cache, locked
from .progress import Progress

# Where a release is found, if not in what the system's apt is told to use.
SUITES = {"7.2": "trixie-backports"}
USUAL = "6.12"
FILES = 86000


def version():
    """Of the kernel that is meant, LINUX_REMOTE_KERNEL=."""
    return os.environ.get("LINUX_REMOTE_KERNEL") or USUAL


def _unpack(tarball, directory, name):
    """@tarball becomes @directory/@name, all of it or nothing."""
    progress = Progress(f"unpacking {name}", FILES)
    with tempfile.TemporaryDirectory(dir=directory, prefix="unpacking-") as new:
        process = subprocess.Popen(["tar", "-xJvf", str(tarball), "-C", new], stdout=subprocess.PIPE)
        for number, _ in enumerate(process.stdout):
            progress.step(number)
        if process.wait():
            raise BoardError(f"tar could not unpack {tarball}: is there room in {directory}?")
        if (directory / name).exists():
            shutil.rmtree(directory / name)
        os.rename(Path(new) / name, directory / name)
    progress.finish()


def _installed(tarball, directory, name):
    """The package is there: unpacked once for each version of it."""
    stat = tarball.stat()
    stamp = directory / f"{name}.unpacked"
    wanted = f"{stat.st_size} {int(stat.st_mtime)}\n"
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        _unpack(tarball, directory, name)
        stamp.write_text(wanted)


def _fetched(directory, name, suite):
    """The package is not there: fetched once."""
    if (directory / name).exists():
        return
    print(f"fetching {name}", flush=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix="fetching-") as place:
        Mirror(place, suite=suite).unpack(name, place)
        _unpack(Path(place) / f"usr/src/{name}.tar.xz", directory, name)


def source():
    """The unpacked tree of version()."""
    name = f"linux-source-{version()}"
    tarball = Path(f"/usr/src/{name}.tar.xz")
    directory = cache() / "src"
    if not tarball.exists() and version() == USUAL:
        raise BoardError(f"{tarball} is missing: apt-get install {name}")
    with locked(directory / "lock", "waiting for another run that unpacks the kernel source"):
        if tarball.exists():
            _installed(tarball, directory, name)
        else:
            _fetched(directory, name, SUITES.get(version()))
    return directory / name
