// SPDX-License-Identifier: GPL-2.0-only
#include <linux/workqueue.h>

int probe = WQ_PERCPU;
