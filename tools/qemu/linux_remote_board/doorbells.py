# SPDX-License-Identifier: GPL-2.0-only
"""The doorbell server of one run: a socket for each machine, in a directory that no other run has."""
import subprocess
import tempfile
from pathlib import Path

from .places import BUILD, ROOT, BoardError, die_with_us, locked

VECTORS = 8


def _server():
    out = BUILD / "doorbell"
    with locked(out / "lock"):
        done = subprocess.run(["make", "-s", "-C", str(ROOT / "tools/doorbell"), f"O={out}"], capture_output=True,
                              text=True)
    if done.returncode:
        raise BoardError(f"{done.stdout}{done.stderr}board: the doorbell server does not build")
    return out / "doorbell-server"


class Doorbells:
    def __init__(self, log, peers=2):
        self._directory = tempfile.TemporaryDirectory(prefix="board-")
        self.sockets = [str(Path(self._directory.name) / f"doorbell{peer}") for peer in range(peers)]
        arguments = [word for peer, path in enumerate(self.sockets) for word in ("--peer", f"{peer}={path}")]
        self._log = open(log, "wb")
        self._process = subprocess.Popen([str(_server()), "--vectors", str(VECTORS), *arguments],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log,
                                         preexec_fn=die_with_us)
        if self._process.stdout.readline() != b"ready\n":
            self.close()
            raise BoardError(f"the doorbell server does not start: see {log}")

    def arguments(self, peer):
        """For the QEMU that is to be @peer. Slot 1, where the device tree has the mailbox."""
        return ["-chardev", f"socket,path={self.sockets[peer]},id=doorbell",
                "-device", f"ivshmem-doorbell,vectors={VECTORS},chardev=doorbell,addr=1"]

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
        self._log.close()
        self._directory.cleanup()
