/* SPDX-License-Identifier: GPL-2.0 */
static inline const char *where(void)
{
	return __FILE__;
}
