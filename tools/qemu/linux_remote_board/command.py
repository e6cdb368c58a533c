# SPDX-License-Identifier: GPL-2.0-only
"""The subcommands of board."""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import bench, demo, kernel, modules
from .channel import MachineGone, TimeIsUp
from .devicetree import compose
from .doorbells import Doorbells
from .image import make as make_image
from .machine import Failed, Machine, qemu_command
from .places import BUILD, BoardError, locked
from .results import Results
from .scenario import OTHER_OVERLAYS, OVERLAYS, PEERS, SHARED_MIB, Skipped, run, scenarios

KEPT_RUNS = 8
# What "make soak" lengthens: how often, on the plain kernel; a tenth of that on the debug one; and for how long.
COUNTED = ("stream", "restarts", "kills", "churn", "lost_doorbells")
COUNTED_ON_DEBUG = ("kills",)
TIMED = ("attack",)
# Where calls fail in turn, also two in a row.
FAILING = ("faults", "faults_vdev", "memory_vdev", "shm_rproc_boot")


def run_directory():
    """A place of its own for each run; build/last is the newest."""
    runs = BUILD / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for old in sorted(runs.iterdir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    directory = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    directory.mkdir()
    last = BUILD / f"last.{os.getpid()}"
    last.symlink_to(directory.relative_to(BUILD))
    last.replace(BUILD / "last")
    return directory


def prepare(flavour, directory=None):
    """(kernel, image, modules), all up to date."""
    tree = kernel.prepare(flavour)
    path = None
    with locked(modules.place(flavour) / "lock", f"waiting for another run that builds the {flavour} modules"):
        ours = modules.build(tree, flavour)
        image = make_image(tree, ours)
    if directory:
        path = directory / f"{flavour}.cpio"
        path.write_bytes(image)
    return tree, path, ours


def prepare_command(options):
    for flavour in options.flavours or ["plain", "debug"]:
        tree, _, ours = prepare(flavour)
        print(f"{flavour}: kernel {tree.release} in {tree.tree}, {len(ours)} modules")
    return 0


def test_command(options):
    known = scenarios()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        raise BoardError(f"no scenario {', '.join(unknown)}; there are: {', '.join(known)}")
    chosen = options.names or [name for name in known if not getattr(known[name].module, "BY_NAME_ONLY", False)]
    if options.share:
        chosen = _left(chosen, Path(options.share))
    return _run_all((chosen, options.flavour, os.environ.get("BOARD_LENGTH") or 1))


def _left(names, begun):
    """Those that no other run has begun which shares the folder @begun, as they are asked for."""
    begun.mkdir(parents=True, exist_ok=True)
    for name in names:
        try:
            (begun / name).touch(exist_ok=False)
        except FileExistsError:
            continue
        yield name


def _run_all(*batches):
    """Each batch is (names, flavour, length): on that kernel, or each on its own; so many times as long as usual."""
    results, directory, prepared = Results(), run_directory(), {}
    for names, flavour, length in batches:
        # Scenarios read it when they are loaded.
        os.environ["BOARD_LENGTH"] = str(length)
        known = scenarios()
        for name in names:
            wanted = flavour or known[name].flavour
            if wanted not in prepared:
                prepared[wanted] = prepare(wanted, directory)
            place = directory / name
            run(known[name], place if not place.exists() else directory / f"{name}-{wanted}", *prepared[wanted], results)
    if results.failures:
        print(f"consoles: {directory}")
    if not prepared:
        results.add("board: another run has begun all that was left", "passed")
    return results.finish()


def demo_command(_options):
    directory = run_directory()
    tree, image, ours = prepare("plain", directory)
    try:
        return demo.tell(directory / "demo", tree, image, ours)
    except (Failed, Skipped, TimeIsUp, MachineGone) as error:
        print(f"board: the demo failed: {error}\nconsoles: {directory / 'demo'}", file=sys.stderr)
        return 1


def soak_command(options):
    both = not options.length and not options.minutes
    os.environ["BOARD_MINUTES"] = str(options.minutes or 20)
    batches = []
    if options.length or both:
        length = options.length or 10
        batches += [(COUNTED, "plain", length), (COUNTED_ON_DEBUG, "debug", max(length / 10, 1)),
                    (FAILING, "debug", 2)]
    if options.minutes or both:
        batches += [(TIMED, "debug", 1)]
    return _run_all(*batches)


def bench_command(_options):
    directory = run_directory()
    built = prepare("plain", directory)
    try:
        return bench.bench(directory, built)
    except (Failed, Skipped, TimeIsUp, MachineGone) as error:
        print(f"board: the bench failed: {error}\nconsoles: {directory}/*", file=sys.stderr)
        return 1


def list_command(_options):
    for name, scenario in scenarios().items():
        print(f"{name:20} {scenario.description}")
    return 0


def shell_command(options):
    directory = run_directory()
    tree, image, _ = prepare(options.flavour, directory)
    shared = directory / "ddr"
    shared.write_bytes(b"\0" * (SHARED_MIB << 20))
    doorbells, others = None, []
    try:
        name = options.machine
        arguments = []
        if name in PEERS:
            doorbells = Doorbells(directory / "doorbells.log")
            arguments = doorbells.arguments(PEERS[name])
            for other in PEERS:
                if other != name:
                    machine = Machine(other, directory, tree, image, shared, OVERLAYS[other],
                                      doorbells.arguments(PEERS[other]))
                    machine.start()
                    others.append(machine)
                    print(f"board: {other} runs, its console is in {machine.console.path}")
        machine = Machine(name, directory, tree, image, shared, OVERLAYS[name], arguments)
        return subprocess.call([*machine.command(["board.shell"]), "-serial", "mon:stdio"])
    finally:
        for machine in others:
            machine.close()
        if doorbells:
            doorbells.close()


def dtb_command(options):
    """The device trees that the machines boot with, for dt-validate."""
    out = Path(options.directory)
    out.mkdir(parents=True, exist_ok=True)
    shared = out / "ddr"
    shared.write_bytes(b"\0" * (SHARED_MIB << 20))
    others = {overlay.removeprefix("qemu-").removesuffix(".dtso"): overlay for overlay in OTHER_OVERLAYS}
    for name, overlay in (OVERLAYS | others).items():
        print(compose(qemu_command(shared, 2), overlay, out, name))
    shared.unlink()
    return 0


def parser():
    top = argparse.ArgumentParser(prog="board", description="Two arm64 machines under QEMU that share memory and "
                                                            "doorbells. KDIR= names a built kernel tree of yours.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name, function, text):
        command = commands.add_parser(name, help=text)
        command.set_defaults(function=function)
        return command

    add("prepare", prepare_command, "build what is missing: kernels, modules").add_argument(
        "flavours", nargs="*", metavar="plain|debug")
    add("demo", demo_command, "the link, shown in plain words")
    add("bench", bench_command, "what a message costs: instructions, round trips, messages per second")
    command = add("soak", soak_command, "the long scenarios at their full length")
    command.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 0),
                         help=f"only, for so long: {', '.join(TIMED)}")
    command.add_argument("--length", type=float, default=float(os.environ.get("LENGTH") or 0),
                         help=f"only, so many times as long as in make check: {', '.join(COUNTED + FAILING)}")
    test = add("test", test_command, "run scenarios")
    test.add_argument("names", nargs="*", metavar="NAME")
    test.add_argument("--flavour", choices=kernel.FRAGMENTS, help="a kernel for all of them")
    test.add_argument("--share", metavar="FOLDER", help="only those that no other run has begun which shares this folder")
    add("list", list_command, "name the scenarios")
    shell = add("shell", shell_command, "a shell in a machine; its peer runs beside it")
    shell.add_argument("machine", choices=OVERLAYS)
    shell.add_argument("--flavour", choices=kernel.FRAGMENTS, default="plain")
    add("dtb", dtb_command, "write the machines' device trees").add_argument("directory")
    # Done by the shell before Python starts; here for --help.
    add("packages", lambda options: 0, "install the Debian packages of: demo, check, bench")
    return top


def main(arguments):
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.function(options)
    except BoardError as error:
        print(f"board: {error}" if "board: " not in str(error) else error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
