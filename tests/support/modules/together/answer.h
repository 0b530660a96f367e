/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KMPACK_TEST_ANSWER_H
#define KMPACK_TEST_ANSWER_H
int kmpack_test_answer(int question);
#endif
