// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "config.h"

/* Which kernel configure saw. */
const char *choosy_kernel(void)
{
	return CHOOSY_KERNEL;
}
EXPORT_SYMBOL_GPL(choosy_kernel);

MODULE_DESCRIPTION("Tells which kernel it was configured for");
MODULE_LICENSE("GPL");
