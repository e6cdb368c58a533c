// SPDX-License-Identifier: GPL-2.0-only
// The Envs that the cases run on: this machine's own, and what is made of it.
#ifndef AMP_CASES_ENV_HPP
#define AMP_CASES_ENV_HPP

#include <amp/env_hostile.hpp>
#include <amp/env_swapped.hpp>

#ifdef __KERNEL__
#include <amp/env_kernel.hpp>
#else
#include <amp/env_host.hpp>
#endif

namespace amp::cases
{

#ifdef __KERNEL__
using Plain = KernelEnv;
#else
using Plain = HostEnv;
#endif
using Swapped = SwappedEnv<Plain>;
using Hostile = HostileEnv<Plain>;

} // namespace amp::cases

#endif
