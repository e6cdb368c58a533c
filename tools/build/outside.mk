# SPDX-License-Identifier: GPL-2.0-only
#
# Outside the kernel tree nobody runs our Kconfig: every module whose needs the kernel
# meets is built as a module. This mirrors "depends on"; CONFIG_X=n on make's command
# line leaves X out.

ifneq ($(KBUILD_EXTMOD),)

CONFIG_IVSHMEM_MAILBOX := $(and $(CONFIG_MAILBOX),$(CONFIG_PCI),$(CONFIG_OF),m)
CONFIG_LOOPBACK_MAILBOX := $(and $(CONFIG_MAILBOX),$(CONFIG_OF),m)
CONFIG_RPROC_VDEV := $(and $(CONFIG_MAILBOX),$(CONFIG_OF),m)
CONFIG_SHM_RPROC := $(and $(CONFIG_REMOTEPROC),$(CONFIG_MAILBOX),$(CONFIG_OF),m)
CONFIG_RPMSG_REMOTE := $(and $(CONFIG_RPMSG),$(filter m,$(CONFIG_RPROC_VDEV)),m)
CONFIG_SAMPLE_RPMSG_ECHO := $(and $(CONFIG_RPMSG),m)
CONFIG_SAMPLE_RPMSG_BENCH := $(and $(CONFIG_RPMSG),m)
CONFIG_SAMPLE_MAILBOX_BENCH := $(and $(CONFIG_MAILBOX),$(CONFIG_OF),m)
CONFIG_SAMPLE_VIRTIO_BENCH := $(and $(CONFIG_MAILBOX),$(CONFIG_OF),$(CONFIG_VIRTIO),m)
CONFIG_SAMPLE_RVDEV_NET := $(and $(CONFIG_NET),$(filter m,$(CONFIG_RPROC_VDEV)),m)
CONFIG_SAMPLE_RVDEV_CONSOLE := $(and $(filter m,$(CONFIG_RPROC_VDEV)),m)
CONFIG_AMP_CORE_KUNIT_TEST := $(and $(CONFIG_KUNIT),m)
CONFIG_RPMSG_REMOTE_KUNIT_TEST := $(and $(CONFIG_KUNIT),$(filter m,$(CONFIG_RPMSG_REMOTE)),m)
CONFIG_RPROC_VDEV_KUNIT_TEST := $(and $(CONFIG_KUNIT),$(filter m,$(CONFIG_RPROC_VDEV)),m)
CONFIG_FAIL_CALL := $(and $(CONFIG_KPROBES),$(CONFIG_ARM64),m)

endif
