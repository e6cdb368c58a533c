# SPDX-License-Identifier: GPL-2.0-only
"""The doorbell server of one run: a socket for each machine, in a directory that no other run has."""
import subprocess
import tempfile
from pathlib import Path

from .host import program
from .places import BoardError, die_with_us

VECTORS = 5


class Doorbells:
    def __init__(self, log, peers=3, disturbance=()):
        """@disturbance: more arguments of the server."""
        self._directory = tempfile.TemporaryDirectory(prefix="board-")
        self.sockets = [str(Path(self._directory.name) / f"doorbell{peer}") for peer in range(peers)]
        arguments = [word for peer, path in enumerate(self.sockets) for word in ("--peer", f"{peer}={path}")]
        self._log = open(log, "wb")
        self._process = subprocess.Popen([str(program("doorbell", "doorbell-server")), "--vectors", str(VECTORS),
                                          *arguments, *disturbance],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log,
                                         preexec_fn=die_with_us)
        if self._process.stdout.readline() != b"ready\n":
            self.close()
            raise BoardError(f"the doorbell server does not start: see {log}")

    def arguments(self, peer, slot=1):
        """For the QEMU that is to be @peer, in the PCI slot where the device tree has the mailbox."""
        return ["-chardev", f"socket,path={self.sockets[peer]},id=doorbell{slot}",
                "-device", f"ivshmem-doorbell,vectors={VECTORS},chardev=doorbell{slot},addr={slot}"]

    def close(self):
        """Ends the server; may be done twice. Machines that run ring nobody any more."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
        self._log.close()
        self._directory.cleanup()
