# SPDX-License-Identifier: GPL-2.0-only
"""
What it takes to start a remote processor with 1 to 16 vdevs, each on a subnode with a mailbox of its own, until the last
one's driver has said DRIVER_OK: instructions of the write of "start" to the remote processor's state. Mainline's rpmsg
bus is the driver of each.

One kernel holds both ends of a link for each number of vdevs, on one processor whose clock QEMU advances by 1 ns an
instruction. The remote ends' answers are interrupts in that time, as they would be on a machine of their own.
"""
from . import rpmsg

CLOCK = ("-icount", "shift=0,sleep=off")
MODULES = "rpmsg_ns rpmsg_remote virtio_rpmsg_bus loopback_mailbox rproc_vdev shm_rproc"
VDEVS = (1, 2, 4, 8, 16)
ROUNDS = 5
MOST = 1.5  # times what each of two vdevs costs, that each of 16 may
ENTRIES = 16  # of a vring
BASE, SIZE = 0x50000000, 16 << 20
LINK = 1 << 20  # of the shared memory, for each link
TABLE, VRINGS, POOL, POOL_SIZE = 0x0, 0x10000, 0x80000, 0x80000
VRING = 0x2000
STATE = "/sys/devices/platform/remoteproc{}/remoteproc/remoteproc*/state"
SHOWN = "/sys/kernel/debug/rproc_vdev/remoteproc{}:vdev@*"


def _regions():
    """(label, start, size, compatible) of all shared memory."""
    for link, count in enumerate(VDEVS):
        base = BASE + link * LINK
        yield f"table{link}", base + TABLE, 0x1000, None
        for vdev in range(count):
            for vring in range(2):
                yield f"vring{link}_{vdev}_{vring}", base + VRINGS + (2 * vdev + vring) * VRING, VRING, None
        yield f"pool{link}", base + POOL, POOL_SIZE, "shared-dma-pool"


def _reserved():
    """Nodes of reserved memory: what lies between the regions is no ordinary RAM either."""
    at = BASE
    for label, start, size, compatible in (*_regions(), (None, BASE + SIZE, 0, None)):
        if start > at:
            yield f"spare@{at:x} {{ reg = <0x0 {at:#x} 0x0 {start - at:#x}>; no-map; }};"
        if label:
            word = f'compatible = "{compatible}"; ' if compatible else ""
            yield f"{label}: region@{start:x} {{ {word}reg = <0x0 {start:#x} 0x0 {size:#x}>; no-map; }};"
        at = start + size


def _node(name, compatible, table, mailbox, vdevs, *more):
    """One end; @vdevs is (region labels, mailbox) of each."""
    children = "".join(f"""
		vdev@{index} {{
			compatible = "virtio,rproc";
			reg = <{index}>;
			virtio,id = <7>;
			memory-region = {", ".join(f"<&{label}>" for label in labels)};
			memory-region-names = "vring0", "vring1", "buffer";
			mboxes = <&bells {bell}>;
			mbox-names = "vq";
			{" ".join(more)}
		}};""" for index, (labels, bell) in enumerate(vdevs))
    own = "virtio,build-resource-table;" if compatible == "virtio,rproc-remote" else ""
    return f"""
	{name} {{
		compatible = "{compatible}";
		memory-region = <&{table}>;
		memory-region-names = "rsc-table";
		mboxes = <&bells {mailbox}>;
		mbox-names = "ctrl";
		{own}
		#address-cells = <1>;
		#size-cells = <0>;{children}
	}};"""


def overlay():
    """Devicetree source of both ends of every link."""
    nodes, bell = [], 0
    for link, count in enumerate(VDEVS):
        ends = (("remoteproc", "linux-remote,shm-rproc", ()),
                ("link", "virtio,rproc-remote", (f"virtio,vring-sizes = <{ENTRIES} {ENTRIES}>;",)))
        for end, (name, compatible, more) in enumerate(ends):
            vdevs = [((f"vring{link}_{vdev}_0", f"vring{link}_{vdev}_1", f"pool{link}"), bell + 2 + 2 * vdev + end)
                     for vdev in range(count)]
            nodes.append(_node(f"{name}{link}", compatible, f"table{link}", bell + end, vdevs, *more))
        bell += 2 + 2 * count
    lines = "\n\t\t".join(_reserved())
    return f"""/dts-v1/;
/plugin/;
&{{/}} {{
	#address-cells = <2>;
	#size-cells = <2>;

	reserved-memory {{
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		{lines}
	}};

	bells: mailbox {{
		compatible = "linux-remote,loopback-mailbox";
		linux-remote,channels = <{bell}>;
		#mbox-cells = <1>;
	}};
{"".join(nodes)}
}};
"""


class Link:
    def __init__(self, machine, number):
        self.machine, self.vdevs = machine, VDEVS[number]
        self._state, self._shown = STATE.format(number), SHOWN.format(number)

    def running(self):
        """Whether all vdevs have a driver, in shell."""
        return f"[ $(cat {self._shown} 2>/dev/null | grep -cw DRIVER_OK) = {self.vdevs} ]"

    def stop(self):
        self.machine.check(f"echo detach >$(echo {self._state})", 60)

    def start(self):
        """How many instructions it took."""
        told = self.machine.check(f"timed_write $(echo {self._state}) start && {self.running()} || "
                                  f"{{ cat {self._shown}; false; }}", 60)
        return rpmsg.values(told)["ns"]


def samples(board, rounds=ROUNDS):
    """{number of vdevs: instructions, one for each round}."""
    source = board.directory / "boot.dtso"
    source.write_text(overlay())
    machine = board.machine("loopback", overlay=source, autoload=False, cpus=1, qemu=CLOCK)
    machine.check(f"modprobe -a {MODULES}", 120)
    links = [Link(machine, number) for number in range(len(VDEVS))]
    for link in links:
        rpmsg.until(machine, link.running(), 60, f"{link.vdevs} vdevs with a driver")
    # Those that are not measured are quiet.
    for link in links:
        link.stop()
    taken = {}
    for link in links:
        taken[link.vdevs] = []
        for _ in range(rounds):
            taken[link.vdevs].append(link.start())
            link.stop()
    return taken


def measure(board, figures):
    for vdevs, taken in samples(board).items():
        figures.add(f"main.boot.vdevs_{vdevs}.instructions", taken)
        figures.add(f"main.boot.vdevs_{vdevs}.each.instructions", [number / vdevs for number in taken])
