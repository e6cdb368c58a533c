// SPDX-License-Identifier: GPL-2.0-only
#ifndef ORACLE_ENV_HPP
#define ORACLE_ENV_HPP

#include <amp/env_host.hpp>

#ifdef ORACLE_TSAN

extern "C" void oracle_acquire();
extern "C" void oracle_release();

// ThreadSanitizer does not see the kernel's accesses: what ours order is said as the kernel's barriers say it.
struct OracleEnv : amp::HostEnv {
	template <typename T> static T load_acquire(const T *from)
	{
		const T value = amp::HostEnv::load_acquire(from);
		oracle_acquire();
		return value;
	}
	template <typename T> static void store_release(T *to, T value)
	{
		oracle_release();
		amp::HostEnv::store_release(to, value);
	}
};

#else
using OracleEnv = amp::HostEnv;
#endif

#endif
