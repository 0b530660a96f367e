// SPDX-License-Identifier: GPL-2.0-only
#include <linux/init.h>
#include <linux/module.h>

#include "pair.h"

static int __init pair_client_init(void)
{
	pr_info("pair: the sum is %d\n", pair_add(1));
	return 0;
}

static void __exit pair_client_exit(void)
{
}

module_init(pair_client_init);
module_exit(pair_client_exit);

MODULE_DESCRIPTION("Adds one with the help of pair_core");
MODULE_AUTHOR("Kernel Module Maintainers <modules@example.org>");
MODULE_VERSION("1.0");
MODULE_LICENSE("GPL");
