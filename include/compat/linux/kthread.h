/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_KTHREAD_H
#define COMPAT_LINUX_KTHREAD_H

#include_next <linux/kthread.h>

#ifndef AMP_HAVE_KTHREAD_STOP_PUT
#include <linux/sched/task.h>

static inline int kthread_stop_put(struct task_struct *thread)
{
	int ret = kthread_stop(thread);

	put_task_struct(thread);
	return ret;
}
#endif

#endif
