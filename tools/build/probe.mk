# SPDX-License-Identifier: GPL-2.0-only
#
# What this kernel has is found by compiling, never by its version: stable branches and
# distributions backport. All C gets -DAMP_HAVE_RPMSG_FLOW_CONTROL where tools/build/probe/rpmsg_flow_control.c
# compiles; make gets AMP_HAVE_RPMSG_FLOW_CONTROL=y. Answers are kept in .probes until the kernel, its
# configuration, the compiler or a probe changes. What an older kernel lacks, the headers in include/compat/ add:
# they stand before the kernel's own of the same names.

AMP_HAVE_RPMSG_INTERNAL := $(if $(wildcard $(srctree)/drivers/rpmsg/rpmsg_internal.h),y)
AMP_HAVE_RPROC_INTERNAL := $(if $(wildcard $(srctree)/drivers/remoteproc/remoteproc_internal.h),y)

amp-probes := $(filter-out base,$(basename $(notdir $(wildcard $(amp-top)/tools/build/probe/*.c))))

ifneq ($(and $(KBUILD_CFLAGS),$(wildcard $(objtree)/include/generated/autoconf.h)),)

amp-answers := $(shell \
	CONFIG_SHELL='$(CONFIG_SHELL)' $(CONFIG_SHELL) $(amp-top)/tools/build/probe/ask \
	$(obj)/.probes '$(amp-probes)' $(objtree) \
	$(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) -include $(srctree)/include/linux/compiler_types.h \
	$(filter-out -Wp%,$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE)) \
	-DKBUILD_MODNAME='"probe"' -DKBUILD_BASENAME='"probe"')

ifeq ($(filter base,$(amp-answers)),)
$(error The headers of this kernel do not compile (see $(obj)/.probes); run "make prepare" there)
endif

amp-have := $(shell echo '$(filter-out base,$(amp-answers))' | tr a-z A-Z)
$(foreach have,$(amp-have),$(eval AMP_HAVE_$(have) := y))
ccflags-y += $(addprefix -DAMP_HAVE_,$(amp-have))
LINUXINCLUDE := -I$(amp-top)/include/compat $(LINUXINCLUDE)

endif
