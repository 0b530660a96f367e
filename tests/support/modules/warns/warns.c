// SPDX-License-Identifier: GPL-2.0
#include <linux/bug.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "where.h"

static int level;
module_param(level, int, 0444);
MODULE_PARM_DESC(level, "1 warns");

static int __init warns_init(void)
{
	void *room = kmalloc(16, GFP_KERNEL);

	WARN_ON(level == 1);
	BUG_ON(level == 2);
	pr_info("warns: %s %s\n", __FILE__, where());
	kfree(room);
	return 0;
}

static void __exit warns_exit(void)
{
}

module_init(warns_init);
module_exit(warns_exit);
MODULE_DESCRIPTION("File names in its data");
MODULE_LICENSE("GPL");
