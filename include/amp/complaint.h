/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/* A Complaint (complaint.hpp) as it crosses a C ABI. */
#ifndef AMP_COMPLAINT_H
#define AMP_COMPLAINT_H

#include <uapi/amp/types.h>

struct amp_complaint {
	const char *what; /* static text: which word, and what it has to be */
	amp_u64 value; /* what stood there */
	amp_u64 limit; /* the bound that it broke */
};

#endif
