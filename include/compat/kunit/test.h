/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_KUNIT_TEST_H
#define COMPAT_KUNIT_TEST_H

#include_next <kunit/test.h>

#ifndef KUNIT_CASE_SLOW
#define KUNIT_CASE_SLOW KUNIT_CASE
#endif

#ifndef KUNIT_EXPECT_MEMEQ
#include <linux/string.h>
#define KUNIT_EXPECT_MEMEQ(test, left, right, size) KUNIT_EXPECT_EQ(test, memcmp(left, right, size), 0)
#define KUNIT_ASSERT_MEMEQ(test, left, right, size) KUNIT_ASSERT_EQ(test, memcmp(left, right, size), 0)
#endif

#endif
