# SPDX-License-Identifier: GPL-2.0-only
#
# For people; Kbuild reads Kbuild. "make help" lists the targets.

KDIR ?= /lib/modules/$(shell uname -r)/build
MAKEFLAGS += --no-print-directory

# Each kernel gets its own objects: a folder of links to our sources under build/.
OUT ?= $(CURDIR)/build/$(shell tools/build/name-of-kernel '$(KDIR)' '$(ARCH)$(LLVM)')
kbuild = $(MAKE) -C $(KDIR) M=$(OUT)
# The tests choose kernels of their own unless KDIR is given.
given = $(if $(filter command environment,$(firstword $(origin KDIR))),KDIR=$(KDIR))

all: modules

modules: kernel
	@tools/build/link-sources $(OUT)
	+@$(kbuild) modules
	@echo "modules: $(OUT:$(CURDIR)/%=%)/drivers/*/*.ko"

modules_install: modules
	+@$(kbuild) modules_install

kernel:
	@test -e $(KDIR)/Makefile || { echo "KDIR=$(KDIR) is no kernel tree to build modules with." \
		"Give one: make KDIR=...; Debian's is in linux-headers-$$(uname -r)." >&2; false; }

clean:
	@rm -rf build

check:
	@$(given) tools/build/check

check-host:
	@$(MAKE) -C tools/host check

check-gate:
	@tools/build/gate-check

check-build:
	@tools/build/build-check
	@tools/build/in-tree-check

matrix:
	@tools/build/matrix

lint:
	@$(given) tools/build/lint

format:
	@clang-format -i $$(git ls-files '*.cpp' '*.hpp')

demo soak bench:
	@$(given) tools/qemu/board $@

fuzz:
	@$(MAKE) -C tools/fuzz run

help:
	@sed -n 's/^#h \?//p' Makefile

.PHONY: all modules modules_install kernel clean check check-host check-gate check-build matrix lint format demo soak bench fuzz help

#h Build, for the kernel in KDIR= (default: the running one)
#h   make [modules]        all modules; objects of each kernel in a folder of their own under build/
#h   make modules_install  install them (INSTALL_MOD_PATH=, INSTALL_MOD_DIR= as for any module)
#h   make clean            remove build/
#h   with  KDIR=  ARCH=  CROSS_COMPILE=  LLVM=1  V=1  C=2 (sparse)  OUT= (folder for objects)
#h         CONFIG_X=n (leave a module out; Kconfig names them)
#h
#h See it work (KDIR= takes an arm64 kernel of your own)
#h   make demo             two emulated processors exchange messages; prepares all it needs
#h   make soak             the long scenarios, ten times as long as in make check; only the counted ones: LENGTH=;
#h                         only the hostile main: MINUTES=
#h   make bench            what a message costs, next to the kernel's rings and bus and to a bare doorbell
#h
#h Test
#h   make check            every test there is, closing with "N passed, N failed, N skipped"
#h   make check-host       the core under sanitizers on this machine: no kernel, under a minute
#h   make fuzz             libFuzzer on all that reads the other processor's memory (TARGET=, MINUTES=)
#h   make check-build      every processor and compiler, and inside a kernel tree
#h   make matrix           Linux 6.1, 6.12 and 7.2 on every processor: all modules build, the board boots (KERNELS=, ARCHES=)
#h   make check-gate       see the gate refuse each kind of bad object
#h   make lint             sparse, checkpatch, kernel-doc, clang-format, clang-tidy, bindings
#h   make format           lay out the C++ as clang-format has it
