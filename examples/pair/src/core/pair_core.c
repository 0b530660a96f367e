// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/module.h>

#include "pair.h"

static atomic_t sum = ATOMIC_INIT(0);

int pair_add(int number)
{
	return atomic_add_return(number, &sum);
}
EXPORT_SYMBOL_GPL(pair_add);

MODULE_DESCRIPTION("Adds numbers for other modules");
MODULE_AUTHOR("Kernel Module Maintainers <modules@example.org>");
MODULE_VERSION("1.0");
MODULE_LICENSE("GPL");
