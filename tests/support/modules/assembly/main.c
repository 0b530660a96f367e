// SPDX-License-Identifier: GPL-2.0
#include <linux/init.h>
#include <linux/module.h>

extern const u32 kmpack_test_value;

static int __init assembly_init(void)
{
	pr_info("assembly: %u\n", kmpack_test_value);
	return 0;
}

static void __exit assembly_exit(void)
{
}

module_init(assembly_init);
module_exit(assembly_exit);
MODULE_DESCRIPTION("One object from assembly");
MODULE_LICENSE("GPL");
