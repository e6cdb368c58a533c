// SPDX-License-Identifier: GPL-2.0-only
/* Counts what the kernel says: a console that keeps nothing but the number of lines with a text in them. */
#include <linux/console.h>
#include <linux/string.h>

#include "rpmsg_remote_kunit_bench.h"

static const char *wanted;
static unsigned int lines;
static unsigned long started;

static void kunit_log_write(struct console *console, const char *text, unsigned int count)
{
	if (strnstr(text, wanted, count))
		lines++;
}

static struct console kunit_log = {
	.name = "kunit",
	.write = kunit_log_write,
	.index = -1,
};

void kunit_log_start(struct kunit *test, const char *text)
{
	wanted = text;
	lines = 0;
	started = jiffies;
	/* The last end of it took them away. */
	kunit_log.flags = CON_ENABLED | CON_ANYTIME;
	register_console(&kunit_log);
	KUNIT_ASSERT_TRUE(test, console_is_registered(&kunit_log));
}

unsigned int kunit_log_count(struct kunit *test)
{
	int i;

	/*
	 * Whoever gives the lock up prints what there is, or leaves that to another processor which prints, too: who
	 * gets the lock again finds it done.
	 */
	for (i = 0; i < 2; i++) {
		console_lock();
		console_unlock();
	}
	return lines;
}

void kunit_log_expect_limited(struct kunit *test)
{
	const unsigned int count = kunit_log_count(test);
	const unsigned int intervals = 1 + (jiffies - started) / DEFAULT_RATELIMIT_INTERVAL;

	KUNIT_EXPECT_GE(test, count, DEFAULT_RATELIMIT_BURST);
	KUNIT_EXPECT_LE(test, count, intervals * DEFAULT_RATELIMIT_BURST);
}

void kunit_log_stop(void)
{
	if (console_is_registered(&kunit_log))
		unregister_console(&kunit_log);
}
