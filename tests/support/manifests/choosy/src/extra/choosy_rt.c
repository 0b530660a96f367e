// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/printk.h>

const char *choosy_kernel(void);

static int __init choosy_rt_init(void)
{
	pr_info("choosy: %s\n", choosy_kernel());
	return 0;
}
module_init(choosy_rt_init);

static void __exit choosy_rt_exit(void)
{
}
module_exit(choosy_rt_exit);

MODULE_DESCRIPTION("Only for kernels with real time");
MODULE_LICENSE("GPL");
