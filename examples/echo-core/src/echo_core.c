// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/module.h>

int echo_count(void);

static atomic_t calls = ATOMIC_INIT(0);

int echo_count(void)
{
	return atomic_inc_return(&calls);
}
EXPORT_SYMBOL_GPL(echo_count);

MODULE_DESCRIPTION("Counts for modules of another package");
MODULE_AUTHOR("Kernel Module Maintainers <modules@example.org>");
MODULE_VERSION("1.0");
MODULE_LICENSE("GPL");
