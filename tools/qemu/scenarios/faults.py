# SPDX-License-Identifier: GPL-2.0-only
"""Every call that a probe or an attach makes fails in turn: each unwinds, each leaves one message."""
import concurrent.futures
import contextlib
import re
import time

from linux_remote_board import rpmsg
from linux_remote_board.fault import ALL, ALLOCATION, EBUSY, EEXIST, ENODEV, ENOMEM, NOTHING, ONE, each, prepare
from linux_remote_board.machine import Failed, boot
from linux_remote_board.stand_in import Bells, StandInMain

SECONDS = 900
FAIL_CALL = "/sys/module/fail_call/parameters"
VDEV = "/sys/kernel/debug/rproc_vdev/link/vdev0"
LINK, REMOTEPROC = "link3", "remoteproc3"


class Driver:
    """One that is bound and unbound by hand; nothing of it may be left in @folders."""

    def __init__(self, machine, bus, name, probe, device, folders=""):
        self.machine, self.name, self.probe, self.device = machine, name, probe, device
        self.folder = f"/sys/bus/{bus}/drivers/{name}"
        self.folders = f"{self.folder} /sys/bus/{bus}/devices {folders}"

    def unbind(self):
        self.machine.check(f"echo {self.device} >{self.folder}/unbind")

    def bind(self):
        self.machine.check(f"echo {self.device} >{self.folder}/bind")

    def fails(self, *calls):
        each(self.machine, self.probe, self.device, f"{self.folder}/bind {self.device}", f"{self.folder}/unbind {self.device}",
             self.folders, calls)


def held(machine):
    """What no folder shows: mapped memory, threads, interrupts."""
    return machine.check("grep -c phys= /proc/vmallocinfo; cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^rpmsg/'; "
                         "cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^kworker/R'; grep -c ivshmem /proc/interrupts; true")


def nothing_held(machine, before):
    now = held(machine)
    if now != before:
        raise Failed(f"mappings, receive workers, rescuers, interrupts: {before.split()} before, {now.split()} now")


def one_kernel(board, machine):
    with board.step("loopback_mailbox"):
        # The other links lie in memory that the other machine uses.
        machine.check("echo 0 >/sys/bus/platform/drivers_autoprobe")
        prepare(machine, "loopback_mailbox")
        device = machine.check("cd /sys/bus/platform/devices; ls -d *mailbox*").strip()
        mailbox = Driver(machine, "platform", "loopback_mailbox", "loopback_probe", device)
        before = held(machine)
        mailbox.fails(*ALLOCATION, ("mbox_controller_register", EBUSY))
        nothing_held(machine, before)
        mailbox.bind()
    with board.step("rproc_vdev"):
        machine.check("modprobe rproc_vdev")
        link = Driver(machine, "platform", "rproc_vdev_remote", "rproc_vdev_remote_probe", LINK,
                      "/sys/bus/rvdev/devices /sys/kernel/debug/rproc_vdev")
        before = held(machine)
        link.fails(*ALLOCATION, ("memremap", NOTHING), ("mbox_request_channel", EBUSY), ("device_add", EEXIST),
                   ("device_link_add", NOTHING))
        nothing_held(machine, before)
    with board.step("rpmsg_remote"):
        link.bind()
        machine.check("modprobe rpmsg_remote")
        bus = Driver(machine, "rvdev", "rpmsg_remote", "rpmsg_remote_probe", f"{LINK}:vdev0",
                     "/sys/bus/rpmsg/devices /sys/kernel/debug/rpmsg_remote")
        bus.unbind()
        before = held(machine)
        bus.fails(*ALLOCATION, ("kthread_create_worker", ENOMEM), ("alloc_workqueue", NOTHING), ("device_add", EEXIST))
        nothing_held(machine, before)
        bus.bind()
    with board.step("shm_rproc"):
        machine.check("modprobe shm_rproc")
        rproc = Driver(machine, "platform", "shm_rproc", "shm_rproc_probe", REMOTEPROC,
                       "/sys/class/remoteproc /sys/kernel/debug/remoteproc")
        link.unbind()
        before = held(machine)
        rproc.fails(*ALLOCATION, ("memremap", NOTHING), ("alloc_workqueue", NOTHING), ("mbox_request_channel", EBUSY),
                    ("device_link_add", NOTHING), ("rproc_alloc", NOTHING), ("device_add", EEXIST))
        nothing_held(machine, before)
    with board.step("shm_rproc attaches"):
        machine.check("modprobe virtio_rpmsg_bus && echo 1 >/sys/bus/platform/drivers_autoprobe")
        link.bind()
        rproc.bind()
        state = "/sys/class/remoteproc/remoteproc*/state"
        rpmsg.until(machine, f"grep -qx attached {state}")
        state = machine.check(f"ls {state}").strip()
        machine.check(f"echo detach >{state}")
        # Where one of the later steps fails, which are mainline's, it leaves platform devices of its own behind.
        each(machine, "shm_rproc_prepare", "remoteproc0", f"{state} start", f"{state} detach",
             "/sys/bus/virtio/devices /sys/bus/platform/devices",
             (*ALLOCATION, ("rproc_mem_entry_init", NOTHING), ("rproc_of_resm_mem_entry_init", NOTHING)))


def doorbells(board, machine):
    with board.step("ivshmem_mailbox"):
        prepare(machine, "ivshmem_mailbox")
        folder = "/sys/bus/pci/drivers/ivshmem_mailbox"
        device = machine.check(f"cd {folder}; ls -d 0000:*").strip()
        mailbox = Driver(machine, "pci", "ivshmem_mailbox", "ivshmem_probe", device)
        mailbox.unbind()
        before = held(machine)
        # Two in a row kill mainline: irq_domain_alloc_irqs_locked() walks descriptors that were never inserted.
        mailbox.fails(ONE, ("pci_enable_device", ENODEV), ("pci_request_region", EBUSY), ("pci_iomap", NOTHING),
                      ("pci_alloc_irq_vectors_affinity", ENOMEM), ("mbox_controller_register", EBUSY))
        nothing_held(machine, before)
        mailbox.bind()


def comes_up(board, machine):
    """The link comes up under a main that the host plays; what fails in up() leaves it broken until the next reset."""
    def count():
        text = machine.check(f"cat {VDEV}")
        return tuple(int(re.search(rf"^{name}: (\d+)$", text, re.MULTILINE)[1]) for name in ("ups", "refused"))

    def again():
        """Bound anew, so that each time it makes whatever it makes but once."""
        main.down()
        machine.check(f"cd /sys/bus/rvdev/drivers/rpmsg_remote && echo link:vdev0 >unbind && echo link:vdev0 >bind && "
                      f"echo {nth} >{FAIL_CALL}/nth")
        ups, refused = count()
        main.up()
        end = time.monotonic() + 30
        while (now := count()) == (ups, refused):
            board.expect(time.monotonic() < end, f"neither up nor refused at call {nth} of {function}")
        return now == (ups, refused + 1)

    with board.step("rpmsg_remote comes up"), contextlib.closing(Bells(board.doorbell_socket("main"))) as bells, \
            board.ddr() as memory:
        main = StandInMain(memory, bells)
        machine.check("modprobe -a rpmsg_ns rproc_vdev rpmsg_remote")
        bells.wait_peer()
        since = machine.console.position
        # One alone: rpmsg_remote_kunit.coming_up.
        for function, error, times in (ALL, ("device_add", EEXIST, 1)):
            machine.check(f"cd {FAIL_CALL} && echo {error} >error && echo {times} >times && echo rpmsg_remote_up >within && "
                          f"echo {function} >function")
            nth = refused = at = 0
            failed = True
            while failed:
                nth += 1
                if again():
                    refused, at = refused + 1, nth
                failed = machine.check(f"cat {FAIL_CALL}/failed").strip() != "0"
            print(f"     rpmsg_remote_up: {function} failed {nth - 1} x {times or 'all'}: {refused} refused")
            board.expect(refused, f"no call of {function} was missed")
            # Messages are limited in number, so a fast machine may have to hear of it again.
            message, end, nth = f"vdev@0: its driver refuses to go up ({error if error < 0 else ENOMEM})", time.monotonic() + 30, at
            while not any(message in line for line in machine.console.lines(since)):
                board.expect(time.monotonic() < end, f"nothing like {message!r} within 30 s")
                again()
                machine.sync_console()
        machine.check(f"echo >{FAIL_CALL}/function && echo >{FAIL_CALL}/within")
        main.down()
        machine.check("modprobe -r rpmsg_remote rproc_vdev")


def two_ends(board, machine):
    doorbells(board, machine)
    comes_up(board, machine)


def run(board):
    board.need("fail_call", "loopback_mailbox", "rproc_vdev", "rpmsg_remote", "shm_rproc", "ivshmem_mailbox")
    loopback = board.machine("loopback", start=False, autoload=False)
    remote = board.machine("remote", start=False, autoload=False)
    boot(loopback, remote)
    # Mainline warns of a vmalloc that finds no memory for its own records.
    loopback.console.allowed.append(r"mm/vmalloc.c:\d+ alloc_vmap_area")
    with concurrent.futures.ThreadPoolExecutor() as both:
        ends = [both.submit(two_ends, board, remote), both.submit(one_kernel, board, loopback)]
        wrong = [str(error) for error in (end.exception() for end in ends) if error]
    if wrong:
        raise Failed("\n".join(wrong))
