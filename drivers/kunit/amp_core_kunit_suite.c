// SPDX-License-Identifier: GPL-2.0-only
/* The cases of cases/list.h as a KUnit suite: what a case asks for, and one entry for each. */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "cases/test.h"

#define AMP_FAILURES_MAX 10 /* of one case: what follows says no more */

static void *zalloc(struct amp_test *test, amp_size size)
{
	struct kunit *kunit = test->context;
	void *made = kunit_kzalloc(kunit, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(kunit, made, "no memory for %zu bytes", (size_t)size);
	return made;
}

static void failed(struct amp_test *test, const char *file, int line, const char *text, amp_u64 left,
		   amp_u64 right)
{
	struct kunit *kunit = test->context;

	if (++test->failures > AMP_FAILURES_MAX)
		return;
	KUNIT_FAIL(kunit, "%s:%d: expected %s, but the values were %llu and %llu (%#llx, %#llx)",
		   file, line, text, (u64)left, (u64)right, (u64)left, (u64)right);
}

static void stop(struct amp_test *test, const char *why)
{
	struct kunit *kunit = test->context;

	KUNIT_ASSERT_TRUE_MSG(kunit, false, "the case does not end: %s", why);
}

static void breathe(struct amp_test *test)
{
	cond_resched();
}

static const struct amp_test_services services = {
	.zalloc = zalloc,
	.failed = failed,
	.stop = stop,
	.breathe = breathe,
};

#define AMP_CASE(suite, name)								\
	void amp_case_##suite##_##name(struct amp_test *test);				\
	static void suite##_##name(struct kunit *kunit)					\
	{										\
		struct amp_test test = { .services = &services, .context = kunit };	\
											\
		amp_case_##suite##_##name(&test);					\
	}
#include "cases/list.h"
#undef AMP_CASE

static struct kunit_case amp_core_cases[] = {
#define AMP_CASE(suite, name) KUNIT_CASE(suite##_##name),
#include "cases/list.h"
#undef AMP_CASE
	{}
};

static struct kunit_suite amp_core_suite = {
	.name = "amp_core",
	.test_cases = amp_core_cases,
};

kunit_test_suite(amp_core_suite);

MODULE_DESCRIPTION("Tests of rings, rpmsg frames and resource tables");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
