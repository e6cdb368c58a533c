// SPDX-License-Identifier: GPL-2.0-only
/* The ports of rvdev_console, behind a C ABI. */
#include <amp/env_kernel.hpp>

#include "rvdev_console_ports.hpp"

using namespace amp;

using Ports = ConsolePorts<KernelEnv>;

struct amp_console_ports : Ports {};

amp_size amp_console_ports_size()
{
	return sizeof(amp_console_ports);
}

amp_u32 amp_console_ports_count(amp_u32 vrings, amp_u64 features)
{
	return Ports::count(vrings, features);
}

int amp_console_ports_start(void *storage, const amp_rvdev_rings *rings, amp_rvdev_complaint *complaint)
{
	return to_errno((new (storage) amp_console_ports)->start(*rings, *complaint).fault());
}

bool amp_console_ports_intact(const amp_console_ports *ports)
{
	return ports->intact();
}

void amp_console_ports_work(amp_console_ports *ports, amp_console_news *news)
{
	ports->work(*news);
}
