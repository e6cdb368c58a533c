# SPDX-License-Identifier: GPL-2.0-only
"""Packages from Debian, fetched and verified by apt without touching the system's package lists."""
import re
import subprocess
from pathlib import Path

from .places import BoardError


class Mirror:
    """
    What apt knows by a list of its own in @directory: of the suites that the system uses, or of one @suite; for this
    machine, or for @architectures.
    """

    def __init__(self, directory, architectures=(), suite=None):
        self._directory = Path(directory)
        self._options = [f"-oDir::State::Lists={directory}/lists", f"-oDir::Cache={directory}/cache",
                         "-oAPT::Sandbox::User=", "-oDebug::NoLocking=1",
                         *(f"-oAPT::Architectures::={name}" for name in architectures)]
        if suite:
            self._options += self._only(suite)
        (self._directory / "lists/partial").mkdir(parents=True, exist_ok=True)
        # Of several suites one may be out of order: whether a package is in the others, the next command tells.
        self._said = self._run("apt-get", "-qq", "update").stdout

    def _run(self, program, *arguments):
        return subprocess.run([program, *self._options, *arguments], cwd=self._directory, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def _only(self, suite):
        """@suite, from where the system has its own."""
        form = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]
        mirrors = subprocess.run(form, capture_output=True, text=True).stdout.split()
        if not mirrors:
            raise BoardError("apt knows no Debian mirror: is this Debian, and was \"apt-get update\" run once?")
        sources = self._directory / "sources.list"
        sources.write_text("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                           f"{mirrors[0]} {suite} main\n")
        return [f"-oDir::Etc::SourceList={sources}", "-oDir::Etc::SourceParts=/dev/null"]

    def _absent(self, package, said):
        return BoardError(f"{self._said}{said}board: cannot fetch {package}: is a Debian mirror within reach?")

    def unpack(self, package, where):
        """Its files under @where."""
        done = self._run("apt-get", "-qq", "download", package)
        if done.returncode:
            raise self._absent(package, done.stdout)
        file = next(self._directory.glob(f"{package.partition(':')[0]}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(file), str(where)], check=True)
        file.unlink()

    def depends(self, package):
        """The names of what it depends on."""
        said = self._run("apt-cache", "show", "--no-all-versions", package).stdout
        found = re.search(r"^Depends: (.*)$", said, re.M)
        if not found:
            raise self._absent(package, said)
        return [entry.split()[0] for entry in found[1].split(",")]
