// SPDX-License-Identifier: GPL-2.0-only
/* Tests of rpmsg_remote on a vdev of our own: what only a kernel can show. */
#include <linux/kmod.h>
#include <linux/module.h>

#include "rpmsg_remote_kunit_suite.h"

kunit_test_suites(&rpmsg_remote_send_suite, &rpmsg_remote_receive_suite, &rpmsg_remote_endpoint_suite,
		  &rpmsg_remote_channel_suite, &rpmsg_remote_name_service_suite, &rpmsg_remote_restart_suite,
		  &rpmsg_remote_hostile_suite);
#ifdef CONFIG_FAILSLAB
kunit_test_suite(rpmsg_remote_failslab_suite);
#endif

static int __init rpmsg_remote_kunit_init(void)
{
	/* Nothing of it is called by name. */
	request_module(RVDEV_ALIAS(7));
	return register_rpmsg_driver(&bench_driver);
}
module_init(rpmsg_remote_kunit_init);

static void __exit rpmsg_remote_kunit_exit(void)
{
	unregister_rpmsg_driver(&bench_driver);
}
module_exit(rpmsg_remote_kunit_exit);

MODULE_DESCRIPTION("Tests of the rpmsg bus of the remote processor");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
