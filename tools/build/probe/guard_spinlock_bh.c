// SPDX-License-Identifier: GPL-2.0-only
#include <linux/spinlock.h>

int probe(spinlock_t *lock);

int probe(spinlock_t *lock)
{
	guard(spinlock_bh)(lock);
	return 0;
}
