// SPDX-License-Identifier: GPL-2.0
#include <linux/init.h>
#include <linux/module.h>
#include "answer.h"

static int __init user_init(void)
{
	pr_info("user: %d\n", kmpack_test_answer(41));
	return 0;
}

static void __exit user_exit(void)
{
}

module_init(user_init);
module_exit(user_exit);
MODULE_DESCRIPTION("Uses a symbol of another module");
MODULE_LICENSE("GPL");
