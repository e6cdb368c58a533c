// SPDX-License-Identifier: GPL-2.0-only
#ifndef RVDEV_RINGS_HPP
#define RVDEV_RINGS_HPP

#include <amp/vring/device_ring.hpp>
#include <amp/vring/packets.hpp>

#include "rvdev_rings.h"

namespace amp
{

// One way of a device end, with the private words that its ring needs.
template <typename Way> class RingOf : public Way {
public:
	// Vring @index of @rings; BadRing: it is refused with @complaint.
	Result<void> start(const amp_rvdev_rings &rings, u32 index, amp_rvdev_complaint &complaint)
	{
		const amp_vring_memory &memory = rings.memory[index];

		complaint.vring = index;
		if (memory.num > AMP_RVDEV_RING_NUM_MAX) {
			complaint.complaint = {"ring size, expected at most", memory.num, AMP_RVDEV_RING_NUM_MAX};
			return Fault::BadRing;
		}
		const auto started = this->ring_.start(memory, Regions(rings.regions, rings.num_regions),
						       rings.features & 1u << AMP_VIRTIO_RING_F_EVENT_IDX, lent_);
		if (!started.ok())
			complaint.complaint = this->ring_.complaint().for_c();
		return started;
	}

private:
	u32 lent_[Lent::words(AMP_RVDEV_RING_NUM_MAX)];
};

template <typename Env> using PacketsToMain = RingOf<PacketSender<DeviceRing<Env>>>;
template <typename Env> using PacketsFromMain = RingOf<PacketReceiver<DeviceRing<Env>>>;

} // namespace amp

#endif
