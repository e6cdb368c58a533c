/* SPDX-License-Identifier: GPL-2.0-only */
/* Nobody executes it: the host plays the processor, and looks whether each byte is in its place. */
	.section .text, "ax"
	.global _start
	.ascii	"not the entry..."
_start:
	.ascii	"entry of " MARK
	.balign	16

	.section .resource_table, TABLE_FLAGS
	.balign	8
	.zero	512

	.section .data, "aw"
	.ascii	"data of " MARK
	.balign	16

	.section .bss, "aw", %nobits
	.zero	256
