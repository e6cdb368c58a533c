# SPDX-License-Identifier: GPL-2.0-only
"""Reads the results of KUnit from a console, and of any test program that speaks TAP."""
import re

STAMP = re.compile(r"^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ")
RESULT = re.compile(r"^( *)(ok|not ok) (\d+)(?: -)? ?([^#]*)(?:# *(SKIP|TODO)? ?(.*))?$")
SUITE = re.compile(r"^( *)# Subtest: (.*)$")
PLAN = re.compile(r"^( *)1\.\.(\d+)")


class Case:
    def __init__(self, name, result, detail=""):
        self.name, self.result, self.detail = name, result, detail


def _case(found, prefix, notes):
    if found[5] == "SKIP":
        result = "skipped"
    else:
        result = "passed" if found[2] == "ok" else "failed"
    detail = found[6] or "" if result == "skipped" else "\n".join(notes) if result == "failed" else ""
    return Case(f"{prefix}{found[4].strip()}", result, detail)


def kunit(lines):
    """
    The cases of all suites in console @lines. A suite that promises more cases than it reports has died on the
    way: that is a failed case too.
    """
    cases, suite, planned, seen, notes = [], None, 0, 0, []

    def close():
        if suite and seen < planned:
            cases.append(Case(f"{suite}: {planned - seen} of {planned} cases", "failed", "never reported a result"))

    for line in lines:
        line = STAMP.sub("", line)
        begin = SUITE.match(line)
        if begin and len(begin[1]) == 4:
            close()
            suite, planned, seen, notes = begin[2].strip(), 0, 0, []
            continue
        plan = PLAN.match(line)
        if plan and len(plan[1]) == 4 and not planned:
            planned = int(plan[2])
            continue
        result = RESULT.match(line)
        if result and len(result[1]) == 4 and suite:
            seen += 1
            cases.append(_case(result, f"{suite}: ", notes[-12:]))
            notes = []
        elif result and len(result[1]) == 0 and suite:
            close()
            suite = None
        elif line.startswith("    #"):
            notes.append(line.strip())
    close()
    return cases


def flat(lines):
    """The cases of a test program that prints TAP without nesting."""
    cases, notes, planned = [], [], None
    for line in lines:
        plan, result = PLAN.match(line), RESULT.match(line)
        if plan and not plan[1]:
            planned = int(plan[2])
        elif result and not result[1]:
            cases.append(_case(result, "", notes[-12:]))
            notes = []
        elif line.startswith("#") and cases and cases[-1].result == "failed":
            cases[-1].detail = f"{cases[-1].detail}\n{line[1:].strip()}".strip()
        elif line.strip():
            notes.append(line.strip())
    if planned is None:
        cases.append(Case("plan", "failed", "no 1..N line: the program died at once"))
    elif len(cases) < planned:
        cases.append(Case(f"{planned - len(cases)} of {planned} cases", "failed", "never reported a result"))
    return cases
