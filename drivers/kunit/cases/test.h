/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test case may ask of whoever runs it: KUnit in a kernel, or the host's runner. A case is a C function on this
 * side and freestanding C++ within; list.h lists them all, once.
 */
#ifndef AMP_CASES_TEST_H
#define AMP_CASES_TEST_H

#include <uapi/amp/types.h>

struct amp_test;

/**
 * struct amp_test_services - the runner's side
 * @zalloc:	@size zeroed bytes, aligned to 16, until the case ends. Never NULL: the runner ends the case instead.
 * @failed:	@text was expected at @file:@line, but the values were @left and @right.
 * @stop:	end the case at once: it would not end by itself. Does not return.
 * @breathe:	called now and then by a case that runs for long.
 */
struct amp_test_services {
	void *(*zalloc)(struct amp_test *test, amp_size size);
	void (*failed)(struct amp_test *test, const char *file, int line, const char *text, amp_u64 left,
		       amp_u64 right);
	void (*stop)(struct amp_test *test, const char *why);
	void (*breathe)(struct amp_test *test);
};

struct amp_test {
	const struct amp_test_services *services;
	void *context; /* of the runner */
	unsigned int failures; /* counted by the runner */
};

#endif
