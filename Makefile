# SPDX-License-Identifier: GPL-2.0-only
#
# For people; Kbuild reads Kbuild. "make help" lists the targets.

KDIR ?= /lib/modules/$(shell uname -r)/build

.DEFAULT_GOAL := modules
MAKEFLAGS += --no-print-directory
TOP := $(CURDIR)

# Each kernel gets its own objects: a folder of links to our sources under build/.
OUT ?= $(TOP)/build/$(shell tools/build/name-of-kernel '$(KDIR)' '$(ARCH)$(LLVM)')
kbuild = $(MAKE) -C $(KDIR) M=$(OUT)

all: modules

modules:
	@tools/build/link-sources $(OUT)
	+@$(kbuild) modules
	@echo "modules are in $(OUT:$(TOP)/%=%)/drivers/*/"

modules_install: modules
	+@$(kbuild) modules_install

clean:
	@rm -rf build

help:
	@sed -n 's/^#h //p' Makefile

.PHONY: all modules modules_install clean help

#h Build, for the kernel in KDIR (default: the running one):
#h   make [modules]         all modules, one folder of objects per kernel under build/
#h   make modules_install   install them (INSTALL_MOD_PATH=, as for any kernel module)
#h   make clean             remove build/
#h     variables: KDIR=  ARCH=  CROSS_COMPILE=  LLVM=1  V=1  C=2 (sparse)  OUT= (object folder)
