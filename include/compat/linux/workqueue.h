/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_WORKQUEUE_H
#define COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

/* What a queue is unless it is unbound. */
#ifndef AMP_HAVE_WQ_PERCPU
#define WQ_PERCPU 0
#endif

#ifndef AMP_HAVE_SYSTEM_DFL_WQ
#define system_dfl_wq system_unbound_wq
#endif

#endif
