# SPDX-License-Identifier: GPL-2.0-only
"""A main that loads, starts and stops a remote which the host plays."""
import re

from . import rpmsg
from .stand_in_remote import CRASHED, RUNNING

RPROC = "/sys/class/remoteproc/remoteproc0"
OURS = "shm_rproc remoteproc: "


class Scene:
    def __init__(self, board, main, remote):
        self.board, self.main, self.remote = board, main, remote
        self.since = 0

    def now(self):
        self.since = self.main.console.position

    def says(self, text):
        self.main.wait_for(text, 60, self.since)

    def state(self, wanted=None, seconds=60):
        if wanted:
            rpmsg.until(self.main, f"grep -qx {wanted} {RPROC}/state", seconds)
        return self.main.check(f"cat {RPROC}/state").strip()

    def start(self):
        """By hand, and up to the first message through the link."""
        self.now()
        self.main.check(f"echo start >{RPROC}/state")
        self.up()

    def up(self):
        self.says("remote processor remoteproc is now up")
        self.says("creating channel rpmsg-client-sample")
        self.state("running")

    def stop(self):
        self.main.check(f"echo stop >{RPROC}/state")
        self.board.expect(self.state() == "offline", self.state())
        self.board.expect(self.remote.state not in (RUNNING, CRASHED), f"the remote is in state {self.remote.state}")

    def refused(self, error, *messages):
        """A start that fails, with these messages of ours and no others."""
        self.now()
        status, output = self.main.run(f"echo start >{RPROC}/state", 60)
        self.board.expect(status and error in output, f"start ended with {status}: {output}")
        self.main.sync_console()
        said = [line.split(OURS, 1)[1] for line in self.main.console.lines(self.since) if OURS in line]
        self.board.expect(len(said) == len(messages) and all(map(re.search, messages, said)), f"said {said}")
        self.board.expect(self.state() == "offline", self.state())

    def use(self, firmware):
        firmware.install(self.main)
        self.main.check(f"echo {firmware.name} >{RPROC}/firmware")
        self.remote.firmware = firmware


def exchange(scene):
    """Mainline's sample sends 100 messages, and takes the echo of each for the next."""
    before = scene.remote.messages
    scene.now()
    scene.main.check("modprobe rpmsg_client_sample")
    scene.says("goodbye!")
    scene.main.check("rmmod rpmsg_client_sample")
    scene.board.expect(scene.remote.messages - before == 100, f"{scene.remote.messages - before} messages, not 100")
