/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Fixed-size integers for the wire formats: the compiler's own, so that kernels, firmware and hosted tools read one
 * text without any header of theirs.
 */
#ifndef _UAPI_AMP_TYPES_H
#define _UAPI_AMP_TYPES_H

typedef __UINT8_TYPE__ amp_u8;
typedef __UINT16_TYPE__ amp_u16;
typedef __UINT32_TYPE__ amp_u32;
typedef unsigned long long amp_u64; /* as in Linux, on every architecture */
typedef __SIZE_TYPE__ amp_size;

#endif
