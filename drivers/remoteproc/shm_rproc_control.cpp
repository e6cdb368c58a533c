// SPDX-License-Identifier: GPL-2.0-only
#include "shm_rproc_control.h"

#include <amp/env_kernel.hpp>

#include "shm_rproc_control.hpp"

struct amp_shm_control : amp::Control<amp::KernelEnv> {
	using Control::Control;
};

static_assert(alignof(amp_shm_control) <= 8);

namespace
{

amp_shm_sign sign_of(const amp::Answer &answer)
{
	if (!answer.present)
		return AMP_SHM_ABSENT_STUB;
	if (!answer.current)
		return AMP_SHM_SILENT;
	if (answer.quiet())
		return AMP_SHM_QUIET;
	if (answer.running())
		return AMP_SHM_RUNNING;
	return answer.state == AMP_BOOT_CRASHED ? AMP_SHM_CRASHED : AMP_SHM_SILENT;
}

} // namespace

amp_size amp_shm_control_footprint()
{
	return sizeof(amp_shm_control);
}

void amp_shm_control_init(amp_shm_control *control, void *memory, amp_size size)
{
	new (control) amp_shm_control({static_cast<amp::u8 *>(memory), size});
	control->begin();
}

void amp_shm_control_start(amp_shm_control *control, amp_u64 entry, amp_u64 table, amp_u32 table_size)
{
	control->command(AMP_BOOT_START, {entry, table, table_size});
}

void amp_shm_control_stop(amp_shm_control *control)
{
	control->command(AMP_BOOT_STOP, {});
}

void amp_shm_control_look(const amp_shm_control *control, amp_shm_answer *answer)
{
	amp::Complaint why;
	const auto seen = control->look(why);

	*answer = {};
	if (!seen.ok()) {
		answer->sign = AMP_SHM_NONSENSE;
		answer->why = why.for_c();
		return;
	}
	answer->sign = sign_of(seen.value());
	answer->reason = seen.value().reason;
	answer->machine = seen.value().machine;
}
