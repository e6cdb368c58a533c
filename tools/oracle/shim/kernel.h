/* SPDX-License-Identifier: GPL-2.0-only */
/* Given to the compiler before each of the kernel's files: what its headers for user space have not kept up with. */
#ifndef ORACLE_SHIM_KERNEL_H
#define ORACLE_SHIM_KERNEL_H

#define MODULE_DESCRIPTION(text)
#define data_race(expression) (expression)

#endif
