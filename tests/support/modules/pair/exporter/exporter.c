// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include "answer.h"

int kmpack_test_answer(int question)
{
	return question + 1;
}
EXPORT_SYMBOL_GPL(kmpack_test_answer);

MODULE_DESCRIPTION("Exports one symbol");
MODULE_LICENSE("GPL");
