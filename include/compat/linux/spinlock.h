/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_SPINLOCK_H
#define COMPAT_LINUX_SPINLOCK_H

#include_next <linux/spinlock.h>

#ifndef AMP_HAVE_GUARD_SPINLOCK_BH
DEFINE_LOCK_GUARD_1(spinlock_bh, spinlock_t, spin_lock_bh(_T->lock), spin_unlock_bh(_T->lock))
#endif

#endif
