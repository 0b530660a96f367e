// SPDX-License-Identifier: GPL-2.0-only
#include <linux/init.h>
#include <linux/module.h>

/* Of the package echo-core. */
int echo_count(void);

static int __init echo_client_init(void)
{
	pr_info("echo_client: call %d\n", echo_count());
	return 0;
}

static void __exit echo_client_exit(void)
{
}

module_init(echo_client_init);
module_exit(echo_client_exit);
MODULE_DESCRIPTION("Calls a module of another package");
MODULE_AUTHOR("Kernel Module Maintainers <modules@example.org>");
MODULE_VERSION("1.0");
MODULE_LICENSE("GPL");
