// SPDX-License-Identifier: GPL-2.0
#include <linux/init.h>
#include <linux/module.h>

extern int kmpack_test_exported_nowhere(int value);

static int __init undefined_init(void)
{
	return kmpack_test_exported_nowhere(7);
}

module_init(undefined_init);
MODULE_DESCRIPTION("Needs a symbol that no kernel exports");
MODULE_LICENSE("GPL");
