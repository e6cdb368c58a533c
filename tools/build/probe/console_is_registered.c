// SPDX-License-Identifier: GPL-2.0-only
#include <linux/console.h>

int probe(const struct console *console);

int probe(const struct console *console)
{
	return console_is_registered(console);
}
