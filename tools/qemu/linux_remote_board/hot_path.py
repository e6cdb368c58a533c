# SPDX-License-Identifier: GPL-2.0-only
"""What the core does for each message, read from the disassembly of our bus."""
import re
import subprocess

from .target import TARGET

PER_MESSAGE = ("amp_link_receive", "amp_link_receive_publish", "amp_link_reserve", "amp_link_write", "amp_link_submit")
# Copies; the walk on to a second descriptor; and what compilers add.
MAY_CALL = re.compile(r"memcpy$|.*7walk_on|__stack_chk_fail$|__(asan|ubsan|sanitizer)_")
INDIRECT = re.compile(r"\b(blr|br|blra|bra)[abz]*\s+x\d")
DIVISION = re.compile(r"\b[us]div\b")


def _functions(module):
    """{name: its lines of disassembly}."""
    said = subprocess.run([f"{TARGET.cross}objdump", "-dr", "--no-show-raw-insn", "-j", ".text", str(module)],
                          capture_output=True, text=True, check=True).stdout
    found = {}
    for block in said.split("\n\n"):
        name = re.search(r"^[0-9a-f]+ <(\w+)>:$", block, re.M)
        if name:
            found[name[1]] = block[name.end():].splitlines()
    return found


def complaints(module):
    """One line for each indirect call, division or call of somebody else among the functions of each message."""
    functions = _functions(module)
    for name in PER_MESSAGE:
        if name not in functions:
            yield f"{name} is not in {module.name}: hot_path.py names functions that are gone"
        for line in functions.get(name, ()):
            called = re.search(r"R_AARCH64_(?:CALL|JUMP)26\s+(\S+)", line)
            if INDIRECT.search(line):
                yield f"{name}: indirect call: {line.strip()}"
            elif DIVISION.search(line):
                yield f"{name}: division: {line.strip()}"
            elif called and not MAY_CALL.match(called[1]):
                yield f"{name} calls {called[1]}"
