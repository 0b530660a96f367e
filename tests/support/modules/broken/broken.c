// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init broken_init(void)
{
	return kmpack_test_declared_nowhere(7);
}

module_init(broken_init);
MODULE_DESCRIPTION("Does not compile");
MODULE_LICENSE("GPL");
