// SPDX-License-Identifier: GPL-2.0-only
#ifndef FUZZ_MUST_HPP
#define FUZZ_MUST_HPP

#include <cstdio>
#include <cstdlib>

// What holds whatever the peer does. A failure is a finding: libFuzzer keeps the input.
#define MUST(condition)                                                                                 \
	do {                                                                                            \
		if (!(condition)) {                                                                     \
			std::fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition); \
			std::abort();                                                                   \
		}                                                                                       \
	} while (0)

#endif
