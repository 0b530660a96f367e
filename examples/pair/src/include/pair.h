/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAIR_H
#define PAIR_H

/* The sum so far, after adding one number to it. */
int pair_add(int number);

#endif
