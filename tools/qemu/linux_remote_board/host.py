# SPDX-License-Identifier: GPL-2.0-only
"""Programs that run on the host beside the machines."""
import subprocess

from .places import BUILD, ROOT, BoardError, die_with_us, locked


def program(folder, name):
    """Builds tools/@folder; the path of its @name."""
    out = BUILD / folder
    with locked(out / "lock"):
        done = subprocess.run(["make", "-s", "-C", str(ROOT / "tools" / folder), f"O={out}"], capture_output=True,
                              text=True)
    if done.returncode:
        raise BoardError(f"{done.stdout}{done.stderr}board: tools/{folder} does not build")
    return out / name


class HostileMain:
    """tools/attack: a main of vdev 0 that writes what chance gives. Its choices are repeated by its seed."""

    def __init__(self, board, seconds, seed=None):
        arguments = ["--memory", board.shared, "--doorbell", board.doorbell_socket_of_host(),
                     "--beside", board.doorbell_socket("host"), "--seconds", seconds]
        if seed is not None:
            arguments += ["--seed", seed]
        self._process = subprocess.Popen([str(word) for word in (program("attack", "attack"), *arguments)],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                         text=True, preexec_fn=die_with_us)

    @property
    def running(self):
        return self._process.poll() is None

    def wait(self, seconds):
        """(exit status, what it said)."""
        said, _ = self._process.communicate(timeout=seconds)
        return self._process.returncode, said.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()
