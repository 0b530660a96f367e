/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/linkage.h>

	.section .rodata, "a"
	.balign 4
	.globl kmpack_test_value
kmpack_test_value:
	.long 4711
