/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's barriers between the ends of a ring, on any host. The kernel's files are not instrumented for
 * ThreadSanitizer, which could not follow their plain accesses; under it each barrier says what it orders.
 */
#ifndef ORACLE_SHIM_BARRIER_H
#define ORACLE_SHIM_BARRIER_H

#include <stdlib.h>

#ifdef ORACLE_TSAN
void oracle_acquire(void);
void oracle_release(void);
#else
static inline void oracle_acquire(void) {}
static inline void oracle_release(void) {}
#endif

#define barrier() asm volatile("" ::: "memory")

#define virt_rmb()					\
do {							\
	__atomic_thread_fence(__ATOMIC_ACQUIRE);	\
	oracle_acquire();				\
} while (0)
#define virt_wmb()					\
do {							\
	oracle_release();				\
	__atomic_thread_fence(__ATOMIC_RELEASE);	\
} while (0)
#define virt_mb()					\
do {							\
	oracle_release();				\
	__atomic_thread_fence(__ATOMIC_SEQ_CST);	\
	oracle_acquire();				\
} while (0)
#define virt_store_mb(var, value)			\
do {							\
	WRITE_ONCE(var, value);				\
	virt_mb();					\
} while (0)

/* For rings towards another processor; the ends here share one coherent memory. */
#define mb() abort()
#define dma_rmb() abort()
#define dma_wmb() abort()

#endif
