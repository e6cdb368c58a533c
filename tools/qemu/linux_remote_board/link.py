# SPDX-License-Identifier: GPL-2.0-only
"""What scenarios do with a link: bring up its ends, wait for it, read its counters."""
import time

from .machine import Failed

MODULES = ("ivshmem_mailbox", "rproc_vdev", "rpmsg_remote", "shm_rproc", "rpmsg_echo")
LINK_SECONDS = 30
COUNTERS = "/sys/kernel/debug/rpmsg_remote/*/counters"


def start_remote(machine, services="rpmsg_echo"):
    """The remote end: our modules, and mainline's rpmsg drivers on them."""
    machine.check(f"modprobe -a {services} rpmsg_ns rpmsg_ctrl rpmsg_char ivshmem_mailbox rpmsg_remote rproc_vdev")


def start_main(machine, clients=""):
    """The main end: mainline's remoteproc and virtio_rpmsg_bus, which our shm_rproc makes a processor for."""
    machine.check(f"modprobe -a {clients} rpmsg_ns rpmsg_ctrl rpmsg_char virtio_rpmsg_bus ivshmem_mailbox shm_rproc")


def stop_remote(machine):
    machine.check("rmmod rproc_vdev; rmmod rpmsg_remote")


def counters(machine):
    """The remote's own count of everything, {name: number}."""
    text = machine.check(f"cat {COUNTERS}")
    return {name: int(value) for name, value in (line.split() for line in text.splitlines())}


def wait_until(probe, what, timeout=LINK_SECONDS, pause=0.05):
    """Asks @probe again and again; its first true answer."""
    end = time.monotonic() + timeout
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {timeout} s")
        time.sleep(pause)


def wait_channel(machine, name, timeout=LINK_SECONDS):
    """Waits for a channel of @name on @machine's rpmsg bus; its device."""
    def probe():
        status, output = machine.run(f"grep -lx {name} /sys/bus/rpmsg/devices/*/name")
        return not status and output.split("/")[-2]
    return wait_until(probe, f"{machine.name}: a channel {name}", timeout)


def wait_sample(machine, since=0, timeout=60):
    """Waits until the kernel's rpmsg_client_sample has had its 100 messages."""
    machine.wait_for(r"rpmsg_client_sample .*incoming msg 100 ", timeout, since)
    machine.wait_for(r"rpmsg_client_sample .*goodbye!", 10, since)
