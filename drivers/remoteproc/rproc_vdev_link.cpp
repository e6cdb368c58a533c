// SPDX-License-Identifier: GPL-2.0-only
/* C ABI of a link, remote end (rproc_vdev_remote_link.hpp). */
#include <amp/env_kernel.hpp>

#include "rproc_vdev_remote_link.hpp"

using namespace amp;

namespace
{

constexpr int kEinval = 22; // Linux's number, the same everywhere (uapi/asm-generic/errno-base.h)

} // namespace

struct amp_vdevs : rsc::RemoteLink<KernelEnv> {
	using RemoteLink::RemoteLink;
};

amp_size amp_vdevs_size()
{
	return sizeof(amp_vdevs);
}

void amp_vdevs_init(void *storage, const amp_vdevs_plan *plan)
{
	new (storage) amp_vdevs(*plan);
}

int amp_vdevs_check(amp_vdevs *vdevs, amp_vdev_complaint *complaint)
{
	return vdevs->check(*complaint).ok() ? 0 : -kEinval;
}

amp_table_news amp_vdevs_look_at_table(amp_vdevs *vdevs, amp_u32 random, amp_vdev_complaint *complaint)
{
	return vdevs->look_at_table(random, *complaint);
}

bool amp_vdevs_withdraw(amp_vdevs *vdevs)
{
	return vdevs->withdraw();
}

void amp_vdevs_look(amp_vdevs *vdevs, amp_u32 index, bool intact, bool fault, amp_vdev_news *news)
{
	*news = vdevs->vdev(index).look(intact, fault);
	news->complaint.vdev = int(index);
}

int amp_vdevs_vring(const amp_vdevs *vdevs, amp_u32 index, amp_u32 vring, amp_vring_memory *memory)
{
	return vdevs->vdev(index).vring(vring, memory) ? 0 : -kEinval;
}

void amp_vdevs_mark(amp_vdevs *vdevs, amp_u32 index)
{
	vdevs->vdev(index).mark();
}

int amp_vdevs_read_config(const amp_vdevs *vdevs, amp_u32 index, amp_u32 offset, void *to, amp_u32 len)
{
	const auto *entry = vdevs->vdev(index).entry();

	return entry && entry->read_config(offset, to, len).ok() ? 0 : -kEinval;
}

int amp_vdevs_write_config(amp_vdevs *vdevs, amp_u32 index, amp_u32 offset, const void *from, amp_u32 len)
{
	auto *entry = vdevs->vdev(index).entry();

	return entry && entry->write_config(offset, from, len).ok() ? 0 : -kEinval;
}

void amp_vdevs_view(const amp_vdevs *vdevs, amp_u32 index, amp_vdev_view *view)
{
	*view = vdevs->view(index);
}
