# SPDX-License-Identifier: GPL-2.0-only
#
# What every Kbuild file of this tree includes first:
#
#   - the rule that compiles .cpp, with the flags that the kernel gives to .c;
#   - the gate that every linked module object passes (see tools/build/gate);
#   - the include path and the warnings that are errors, for C and for C++;
#   - outside the kernel tree: which modules to build (outside.mk).
#
# Per-object and per-folder controls are the kernel's own: CFLAGS_x.o,
# CFLAGS_REMOVE_x.o, KASAN_SANITIZE_x.o, GCOV_PROFILE, OBJECT_FILES_NON_STANDARD_x.o, ...

amp-top := $(patsubst %/tools/build/cxx.mk,%,$(lastword $(MAKEFILE_LIST)))

include $(amp-top)/tools/build/outside.mk
include $(amp-top)/tools/build/probe.mk

ccflags-y += -I$(amp-top)/include -Wall -Werror

# sparse does not know the cleanup attribute: to it every guard() is a lock never given back. lockdep does know.
CHECKFLAGS += -Wno-context

# Flags that only the C front end knows, and what would bring in kernel headers.
cxx-c-only := -std=gnu% -I% -include %/compiler-version.h %/kconfig.h %/compiler_types.h \
	-Werror=strict-prototypes -Werror=implicit-function-declaration -Werror=implicit-int \
	-Werror=incompatible-pointer-types -Werror=designated-init \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wnested-externs \
	-Wno-pointer-sign -Wdeclaration-after-statement -Wno-override-init -Woverride-init \
	-Wno-incompatible-pointer-types -Wno-discarded-qualifiers -Wno-implicit-int \
	-Wenum-conversion -Wjump-misses-init -Wbad-function-cast -Wmissing-parameter-type \
	-Wold-style-declaration -Wabsolute-value -Wno-absolute-value -Wno-int-conversion \
	-Wno-alloc-size -Wno-missing-prototypes -Wno-old-style-definition \
	-fplugin=%/randomize_layout_plugin.so -DRANDSTRUCT -frandomize-layout-seed-file=%

# pahole does not understand every C++ type: BTF describes the C side only.
cxx-debug-$(CONFIG_DEBUG_INFO_BTF_MODULES) := -g0

cxx-own := -I$(amp-top)/include -std=gnu++20 -ffreestanding \
	-fno-exceptions -fno-rtti -fno-threadsafe-statics $(if $(CONFIG_CC_IS_GCC),-fno-gnu-unique) \
	-Wall -Wextra -Werror -Wundef -Wshadow -Wimplicit-fallthrough

# The kernel's c_flags carry the per-object sanitizer, gcov and ftrace decisions.
cxx_flags = $(filter-out $(cxx-c-only),$(c_flags)) $(cxx-own) $(cxx-debug-y)

# A template instance comes in a section group, which the module loader does not know, and
# of which the linker would drop the second copy while __mcount_loc and .orc_unwind still point
# into it. Without its group the second copy is a few dead bytes.
ifndef CONFIG_LTO_CLANG
cxx-drop-groups = ; $(OBJCOPY) --remove-section=.group $@
endif

# The driver picks the C++ front end by the suffix, so CC with all its wrappers serves.
quiet_cmd_cxx_o_cpp = CXX $(quiet_modtag) $@
      cmd_cxx_o_cpp = $(CC) $(cxx_flags) -c -o $@ $< $(cxx-drop-groups) $(cmd_objtool)

define rule_cxx_o_cpp
	$(call cmd_and_fixdep,cxx_o_cpp)
	$(call cmd,gen_objtooldep)
	$(call cmd,record_mcount)
endef

$(obj)/%.o: $(src)/%.cpp FORCE
	$(call if_changed_rule,cxx_o_cpp)

quiet_cmd_gate = GATE    $*
      cmd_gate = $(or $(PYTHON3),python3) $(amp-top)/tools/build/gate $< && touch $@

$(obj)/%.gate: $(obj)/%.o $(amp-top)/tools/build/gate FORCE
	$(call if_changed,gate)

# Expanded by Kbuild after the including file has filled obj-m.
always-m = $(patsubst %.o,%.gate,$(filter %.o,$(obj-m)))
clean-files := *.gate .probes
