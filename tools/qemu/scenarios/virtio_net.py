# SPDX-License-Identifier: GPL-2.0-only
"""Mainline's virtio_net on a vdev of ours: the remote is the network card, and two network stacks talk."""
import random

from linux_remote_board.device_end import DeviceEnd
from linux_remote_board.rpmsg import until

SECONDS = 900
MAC = "02:00:00:00:00:01"  # which the remote's device tree gives to the main
USED = (0x2000, 0x5000)  # used rings of the two vrings in the DDR: 128 entries each
ADDRESS = {"main": "10.0.0.1", "remote": "10.0.0.2"}
MEGABYTES = 2


def interface(machine, path):
    """The name of the interface below a device, with its address, up."""
    name = until(machine, f"ls {path}/net 2>/dev/null | grep .", 30, f"an interface of {path}").split()[0]
    machine.check(f"ip addr add {ADDRESS[machine.name]}/24 dev {name}; ip link set {name} up")
    until(machine, f'[ "$(cat /sys/class/net/{name}/operstate)" = up ]', 30, f"{name} up")
    return name


def ping(machine, to, *options, count=10):
    """Echo requests one after the other, each waited for."""
    status, _ = machine.run(f"for i in $(seq {count}); do ping -c 1 -W 20 {' '.join(options)} {ADDRESS[to]} || exit 1; done", 300)
    return status == 0


def drained(machine, to):
    """
    Returns when nothing waits there for the address of @to any more: what is sent before that is known. All of it
    arrives at once with the first frame from @to, in every ping of @to's, whose socket takes 7 KiB and no answer then.
    """
    until(machine, f"ping -c 1 -W 1 {ADDRESS[to]} >/dev/null", 60, f"an answer of the {to}")


def both_ways(board, main, remote, *options, count=10):
    for machine, to in ((main, "remote"), (remote, "main")):
        if not ping(machine, to, *options, count=count):
            seen = "\n".join(f"{end.name}:\n" + end.check(
                "cd /sys/class/net; grep -v '^0$' */statistics/* /dev/null; cat /proc/net/snmp /proc/net/softnet_stat")
                             for end in (main, remote))
            board.expect(False, f"{machine.name}: an echo request got lost\n{seen}")


def transfer(board, main, remote):
    """A file over TCP, to the main and then back from it, whole."""
    for server, client in ((remote, main), (main, remote)):
        server.check(f"mkdir -p /tmp/www; head -c {MEGABYTES}m /dev/urandom >/tmp/www/file; httpd -p 8000 -h /tmp/www")
        wanted = server.check("md5sum </tmp/www/file")
        got = client.check(f"wget -q -O - http://{ADDRESS[server.name]}:8000/file | md5sum", 300)
        board.expect(got == wanted, f"{client.name}: what arrived is not what {server.name} sent")


def nonsense(board, main, seed):
    """What no device writes: heads, lengths and indices at random, while the main sends."""
    dice = random.Random(seed)
    with board.ddr() as memory:
        for _ in range(2):
            for used in USED:
                for _ in range(16):
                    at = used + 4 + 8 * dice.randrange(128)
                    memory[at:at + 8] = dice.randrange(130).to_bytes(4, "little") + dice.randbytes(4)
                memory[used + 2:used + 4] = dice.randbytes(2)
            main.run(f"ping -c 1 -W 1 {ADDRESS['remote']} >/dev/null")


def errors(machine, name):
    return sum(int(machine.check(f"cat /sys/class/net/{name}/statistics/{which}_errors")) for which in ("rx", "tx"))


def run(board):
    link = DeviceEnd(board, "net", "virtio_net", "rvdev_net")
    main, remote = link.main, link.remote
    theirs = "/sys/bus/virtio/devices/{}"
    ours = "/sys/bus/rvdev/devices/link:vdev0"
    with board.step("virtio_net finds its device, with the address that the remote gave it"):
        device = link.start()
        name = interface(main, theirs.format(device))
        peer = interface(remote, ours)
        address = main.check(f"cat /sys/class/net/{name}/address").strip()
        board.expect(address == MAC, f"{name} has the address {address}, expected {MAC}")
        board.expect(link.bounced() > 0, "no buffer of the main's is in the pool")
    with board.step("echo requests both ways, small, of a whole frame, and in fragments"):
        for size in (0, 56, 1472, 9000):
            both_ways(board, main, remote, f"-s {size}")
    with board.step(f"{MEGABYTES} MiB over TCP each way, unharmed"):
        transfer(board, main, remote)
        board.expect(not errors(remote, peer), f"{peer}: errors are counted")
        board.expect(not errors(main, name), f"{name}: errors are counted")
    with board.step("virtio_net is unbound and bound again, while it is spoken to"):
        for _ in range(3):
            noise = remote.start_job(f"exec ping -i 0.02 {ADDRESS['main']}")
            link.unbind(device)
            link.down()
            link.bind(device)
            link.up()
            interface(main, theirs.format(device))
            noise.kill()
            drained(remote, "main")
            both_ways(board, main, remote, count=3)
    with board.step("the device end is unloaded and loaded again"):
        remote.check("rmmod rvdev_net")
        remote.check("modprobe rvdev_net")
        link.up()
        interface(remote, ours)
        both_ways(board, main, remote)
    with board.step("the remote restarts: the main's interface comes back with it"):
        remote.reset()
        link.start_remote()
        device = link.up()
        interface(remote, ours)
        interface(main, theirs.format(device))
        both_ways(board, main, remote)
    with board.step("used rings full of nonsense: a reset of the device is all that it takes"):
        for seed in range(3):
            nonsense(board, main, seed)
            link.unbind(device)
            link.down()
            link.bind(device)
            link.up()
            interface(main, theirs.format(device))
            both_ways(board, main, remote)
