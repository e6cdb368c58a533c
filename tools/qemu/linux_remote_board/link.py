# SPDX-License-Identifier: GPL-2.0-only
"""Brings up the two ends of a link."""

MODULES = ("ivshmem_mailbox", "rproc_vdev", "rpmsg_remote", "shm_rproc", "rpmsg_echo")


def start_remote(machine):
    """The remote end: our modules with an echo service, and mainline's rpmsg drivers on them."""
    machine.check("modprobe -a rpmsg_echo rpmsg_ns rpmsg_ctrl rpmsg_char ivshmem_mailbox rpmsg_remote rproc_vdev")


def start_main(machine, clients=""):
    """The main end: mainline's remoteproc and virtio_rpmsg_bus, which our shm_rproc makes a processor for."""
    machine.check(f"modprobe -a {clients} rpmsg_ns rpmsg_ctrl rpmsg_char virtio_rpmsg_bus ivshmem_mailbox shm_rproc")


def wait_sample(machine, since=0, timeout=60):
    """Waits until the kernel's rpmsg_client_sample has had its 100 messages."""
    machine.wait_for(r"rpmsg_client_sample .*incoming msg 100 ", timeout, since)
    machine.wait_for(r"rpmsg_client_sample .*goodbye!", 10, since)
