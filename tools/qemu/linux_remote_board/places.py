# SPDX-License-Identifier: GPL-2.0-only
"""Where things are, and the two errors that a user may see."""
import ctypes
import fcntl
import os
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
ROOT = TOOLS.parent.parent
BUILD = ROOT / "build"


def cache():
    """Survives a clean tree: kernels and what else is slow to make."""
    base = os.environ.get("LINUX_REMOTE_CACHE")
    if base:
        return Path(base).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "linux-remote"


class BoardError(Exception):
    """Something that the user can mend: the text says how."""


@contextmanager
def locked(path, waiting=None):
    """One process at a time; @waiting is said when another one is ahead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                print(waiting, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_atomically(path, data):
    """No reader ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as new:
        new.write(data)
    os.chmod(new.name, 0o644)
    os.replace(new.name, path)


def die_with_us():
    """For preexec_fn: no machine, server or compiler outlives the harness, however that ends."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
