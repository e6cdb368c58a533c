# SPDX-License-Identifier: GPL-2.0-only
"""Mainline's virtio_console on a vdev of ours with six vrings: the remote is what its ports are connected to."""
from linux_remote_board.device_end import VIRTIO, DeviceEnd
from linux_remote_board.rpmsg import until

SECONDS = 900
PORTS = 2
KILOBYTES = 512


def ports(main, device):
    """The character devices of the ports, by the names that the remote gave them."""
    number = device.removeprefix("virtio")
    names = [f"/sys/class/virtio-ports/vport{number}p{port}/name" for port in range(PORTS)]
    for port, name in enumerate(names):
        until(main, f'[ "$(cat {name} 2>/dev/null)" = echo{port} ]', 30, f"a port named echo{port}")
    return [f"/dev/vport{number}p{port}" for port in range(PORTS)]


def ask(main, port, text):
    """What a port answers."""
    return main.check(f"exec 3<>{port}; echo '{text}' >&3; head -n 1 <&3").strip()


def stream(main, port):
    """A file through a port and back: a job that ends well if it came back unharmed."""
    file = f"/tmp/{port.rsplit('/', 1)[1]}"
    return main.start_job(f"head -c {KILOBYTES}k /dev/urandom >{file}; exec 3<>{port}; cat {file} >&3 & "
                          f"head -c {KILOBYTES}k <&3 | cmp - {file}")


def run(board):
    link = DeviceEnd(board, "console", "virtio_console", "rvdev_console")
    main, remote = link.main, link.remote
    with board.step("virtio_console finds its device, and its two ports by their names"):
        device = link.start()
        board.expect(main.check(f"cat /sys/bus/virtio/devices/{device}/features")[1] == "1", "MULTIPORT was not taken")
        vrings = remote.check("cat /sys/bus/rvdev/devices/link:vdev0/vrings").strip()
        board.expect(vrings == "6", f"the device has {vrings} vrings, expected 6")
        found = ports(main, device)
        board.expect(link.bounced() > 0, "no buffer of the main's is in the pool")
    with board.step("each port says back what it hears"):
        for port in found:
            board.expect(ask(main, port, f"hello, {port}") == f"hello, {port}", f"{port} says something else")
    with board.step(f"{KILOBYTES} KiB through both ports at once, unharmed"):
        for job in [stream(main, port) for port in found]:
            status, output = job.wait(300)
            board.expect(status == 0, f"what came back is not what was sent: {output}")
    with board.step("virtio_console is unbound and bound again"):
        for _ in range(3):
            link.unbind(device)
            link.down()
            link.bind(device)
            link.up()
            found = ports(main, device)
            for port in found:
                board.expect(ask(main, port, "again") == "again", f"{port} is not back")
    with board.step("the device end is unloaded and loaded again: the ports stay"):
        remote.check("rmmod rvdev_console")
        remote.check("modprobe rvdev_console")
        link.up()
        for port in found:
            board.expect(ask(main, port, "still") == "still", f"{port} is not back")
    with board.step("the remote dies while virtio_console waits for it, and comes back, and so do the ports"):
        link.unbind(device)
        link.down()
        remote.pause()
        since = main.console.position
        binding = main.start_job(f"echo {device} >{VIRTIO}/{link.driver}/bind")
        main.wait_for("vdev@0: the remote keeps its driver waiting as it starts", 120, since)
        binding.wait(60)
        remote.kill()
        remote.start()
        link.start_remote()
        main.wait_for("the remote (restarted|took its resource table away): detaching", 60, since)
        device = link.up()
        for port in ports(main, device):
            board.expect(ask(main, port, "and again") == "and again", f"{port} is not back")
