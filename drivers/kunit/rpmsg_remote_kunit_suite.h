/* SPDX-License-Identifier: GPL-2.0-only */
/* The suites, a file each. */
#ifndef RPMSG_REMOTE_KUNIT_SUITE_H
#define RPMSG_REMOTE_KUNIT_SUITE_H

#include "rpmsg_remote_kunit_bench.h"

extern struct kunit_suite rpmsg_remote_send_suite;
extern struct kunit_suite rpmsg_remote_receive_suite;
extern struct kunit_suite rpmsg_remote_endpoint_suite;
extern struct kunit_suite rpmsg_remote_channel_suite;
extern struct kunit_suite rpmsg_remote_name_service_suite;
extern struct kunit_suite rpmsg_remote_restart_suite;
extern struct kunit_suite rpmsg_remote_hostile_suite;
extern struct kunit_suite rpmsg_remote_failslab_suite;

#endif
