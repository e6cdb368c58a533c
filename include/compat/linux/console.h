/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_CONSOLE_H
#define COMPAT_LINUX_CONSOLE_H

#include_next <linux/console.h>

#ifndef AMP_HAVE_CONSOLE_IS_REGISTERED
static inline bool console_is_registered(const struct console *console)
{
	const struct console *other;
	bool registered = false;

	console_lock();
	for_each_console(other)
		registered |= other == console;
	console_unlock();
	return registered;
}
#endif

#endif
