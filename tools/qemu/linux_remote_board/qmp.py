# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's own control channel."""
import json


class Qmp:
    def __init__(self, socket):
        self._socket = socket
        self._socket.settimeout(30)
        self._file = socket.makefile("rw")
        self._read()
        self.do("qmp_capabilities")

    def _read(self):
        line = self._file.readline()
        if not line:
            raise EOFError("QEMU closed its control channel")
        return json.loads(line)

    def do(self, command, **arguments):
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"QEMU: {command}: {answer['error']['desc']}")
