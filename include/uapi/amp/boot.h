/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Control block: how a main processor starts and stops a remote in which a resident stub (boot ROM, monitor, boot
 * loader) waits for it. It lies in memory that both processors see; whoever writes rings the other's doorbell.
 *
 *   0   main    written by the main only: a command, and which one it is
 *   64  remote  written by the remote only: what it does, and the last command that it has answered
 *
 * A line of 64 bytes for each writer, since one of them may have to flush its cache. Byte order: that of the
 * processors, which share it.
 */
#ifndef _UAPI_AMP_BOOT_H
#define _UAPI_AMP_BOOT_H

#include "types.h"

#define AMP_BOOT_VERSION 1u

/* amp_boot_main.command */
#define AMP_BOOT_NONE 0u
#define AMP_BOOT_START 1u /* run what was loaded, from entry on */
#define AMP_BOOT_STOP 2u /* touch nothing of what was loaded any more, come back to the stub */

/* amp_boot_remote.state */
#define AMP_BOOT_IDLE 1u /* the stub waits; nothing that was loaded runs, nothing was stopped */
#define AMP_BOOT_RUNNING 2u
#define AMP_BOOT_STOPPED 3u /* as AMP_BOOT_IDLE, after a stop */
#define AMP_BOOT_CRASHED 4u /* reason says why; the stub still takes commands */

struct amp_boot_main {
	amp_u32 version; /* AMP_BOOT_VERSION */
	amp_u32 command;
	amp_u64 entry; /* of the image; with START */
	amp_u64 table; /* address of the resource table; with START */
	amp_u32 table_size; /* in bytes; 0: there is none */
	amp_u32 sequence; /* written last: another value is another command */
	amp_u32 reserved[8]; /* 0 */
};

struct amp_boot_remote {
	amp_u32 version; /* 0 while there is no stub; AMP_BOOT_VERSION when the rest is valid, written last */
	amp_u32 state;
	amp_u32 reason; /* of a crash or of a refusal; the remote's own numbers, 0: none */
	amp_u32 sequence; /* of the command that state answers; written after state */
	amp_u32 machine; /* e_machine of the ELF files that it can run; 0: does not say */
	amp_u32 reserved[11]; /* 0 */
};

struct amp_boot_control {
	struct amp_boot_main main;
	struct amp_boot_remote remote;
};

#endif
