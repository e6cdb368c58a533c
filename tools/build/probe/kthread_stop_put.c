// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kthread.h>

void *probe = kthread_stop_put;
