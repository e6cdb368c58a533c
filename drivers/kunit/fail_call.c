// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes calls of a function of the kernel fail, for tests: the caller gets an error at once, and the function is never
 * entered. Those calls count that are made on the way through another function, such as a driver's probe.
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>

static int error = -ENOMEM;
module_param(error, int, 0644);
MODULE_PARM_DESC(error, "what the callers get: an errno, which is also an ERR_PTR(); 0, which is also NULL; 1, true");

static unsigned int times = 1;
module_param(times, uint, 0644);
MODULE_PARM_DESC(times, "how many calls in a row fail, from the nth on; 0: all");

static unsigned int nth;
static atomic_t calls, failed;

/* Who runs through the function that @within names; the first one, where there are several. */
static struct task_struct *inside;

static int fail_call_within_enter(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	/* Nonzero: the return of this one is of no interest. */
	return !in_task() || cmpxchg(&inside, NULL, current);
}

NOKPROBE_SYMBOL(fail_call_within_enter);

static int fail_call_within_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	WRITE_ONCE(inside, NULL);
	return 0;
}

NOKPROBE_SYMBOL(fail_call_within_return);

static int fail_call_enter(struct kprobe *probe, struct pt_regs *regs)
{
	const unsigned int first = READ_ONCE(nth), most = READ_ONCE(times);
	unsigned int call;

	if (!in_task() || READ_ONCE(inside) != current)
		return 0;
	call = atomic_inc_return(&calls);
	if (!first || call < first || (most && call - first >= most))
		return 0;
	atomic_inc(&failed);
	regs_set_return_value(regs, READ_ONCE(error));
	/* Back to the caller, as nothing of the function's frame is made yet. */
	instruction_pointer_set(regs, procedure_link_pointer(regs));
	return 1;
}

NOKPROBE_SYMBOL(fail_call_enter);

static int fail_call_set_nth(const char *text, const struct kernel_param *param)
{
	int err = param_set_uint(text, param);

	atomic_set(&calls, 0);
	atomic_set(&failed, 0);
	return err;
}

static const struct kernel_param_ops fail_call_nth_ops = {
	.set = fail_call_set_nth,
	.get = param_get_uint,
};
module_param_cb(nth, &fail_call_nth_ops, &nth, 0644);
MODULE_PARM_DESC(nth, "the first call that fails, 1 the next one, 0 none; writing it starts to count anew");

static int fail_call_get_count(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(param->arg));
}

static const struct kernel_param_ops fail_call_count_ops = {
	.get = fail_call_get_count,
};
module_param_cb(calls, &fail_call_count_ops, &calls, 0444);
MODULE_PARM_DESC(calls, "counted since nth was written");
module_param_cb(failed, &fail_call_count_ops, &failed, 0444);
MODULE_PARM_DESC(failed, "how many of these calls failed");

static char function[KSYM_NAME_LEN], within[KSYM_NAME_LEN];
static struct kprobe function_probe;
static struct kretprobe within_probe;

static void fail_call_leave_function(void)
{
	if (*function)
		unregister_kprobe(&function_probe);
	*function = 0;
}

static void fail_call_leave_within(void)
{
	if (*within)
		unregister_kretprobe(&within_probe);
	*within = 0;
	inside = NULL;
}

/* A name without the newline of those who write into sysfs with echo. */
static int fail_call_name(char *to, const char *from)
{
	const size_t len = strcspn(from, "\n");

	if (len >= KSYM_NAME_LEN)
		return -ENAMETOOLONG;
	memcpy(to, from, len);
	to[len] = 0;
	return 0;
}

/* This and the next one under the lock of the module's parameters. */
static int fail_call_set_function(const char *text, const struct kernel_param *param)
{
	int err;

	fail_call_leave_function();
	err = fail_call_name(function, text);
	if (err || !*function)
		return err;
	function_probe = (struct kprobe){ .symbol_name = function, .pre_handler = fail_call_enter };
	err = register_kprobe(&function_probe);
	if (err)
		*function = 0;
	return err;
}

static int fail_call_set_within(const char *text, const struct kernel_param *param)
{
	int err;

	fail_call_leave_within();
	err = fail_call_name(within, text);
	if (err || !*within)
		return err;
	within_probe = (struct kretprobe){
		.kp.symbol_name = within,
		.entry_handler = fail_call_within_enter,
		.handler = fail_call_within_return,
	};
	err = register_kretprobe(&within_probe);
	if (err)
		*within = 0;
	return err;
}

static int fail_call_get_name(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", (char *)param->arg);
}

static const struct kernel_param_ops fail_call_function_ops = {
	.set = fail_call_set_function,
	.get = fail_call_get_name,
};
module_param_cb(function, &fail_call_function_ops, function, 0644);
MODULE_PARM_DESC(function, "whose calls count and fail; empty: nobody's");

static const struct kernel_param_ops fail_call_within_ops = {
	.set = fail_call_set_within,
	.get = fail_call_get_name,
};
module_param_cb(within, &fail_call_within_ops, within, 0644);
MODULE_PARM_DESC(within, "calls count from when this function is entered until it returns, in the task that did");

/* Parameters that were given with the module are set by now; there is nothing else to do. */
static int __init fail_call_init(void)
{
	return 0;
}
module_init(fail_call_init);

static void __exit fail_call_exit(void)
{
	fail_call_leave_function();
	fail_call_leave_within();
}
module_exit(fail_call_exit);

MODULE_DESCRIPTION("Lets calls of a function fail, for tests");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
