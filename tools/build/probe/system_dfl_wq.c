// SPDX-License-Identifier: GPL-2.0-only
#include <linux/workqueue.h>

struct workqueue_struct **probe = &system_dfl_wq;
