// SPDX-License-Identifier: GPL-2.0-only
#ifndef ORACLE_PAIRING_HPP
#define ORACLE_PAIRING_HPP

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include "end.hpp"

// Who works which end of a ring, which way messages go, and how notifications are held back.
struct Pairing {
	bool kernel_drives;
	bool kernel_is_device;
	Direction direction;
	bool event_idx;

	std::string name() const
	{
		return std::string(kernel_drives ? "virtio_ring.c" : "DriverRing") +
		       (direction == Direction::ToDevice ? " to " : " from ") +
		       (kernel_is_device ? "vringh.c" : "DeviceRing") + (event_idx ? ", event index" : ", flags");
	}
};

template <typename Each> void for_each_pairing(Each each)
{
	for (const bool kernel_drives : {true, false})
		for (const bool kernel_is_device : {false, true})
			for (const Direction direction : {Direction::ToDevice, Direction::FromDevice})
				for (const bool event_idx : {false, true})
					each(Pairing{kernel_drives, kernel_is_device, direction, event_idx});
}

// A ring of @num, its buffers, and both of its ends.
class Ring {
public:
	static constexpr amp::u32 kAlign = 4096;

	Ring(const Pairing &pairing, amp::u32 num, unsigned seed)
	{
		const auto size = amp::VringLayout::of(num, kAlign).size;
		const auto buffers = static_cast<amp::usize>(num) * Message::kMost;

		ring_ = allocate(size);
		buffers_ = allocate(buffers);
		// The kernel's ends translate nothing: an address in a descriptor is one of ours.
		const Shape shape = {{ring_, size, num, kAlign},
				     {reinterpret_cast<amp::uptr>(buffers_), buffers_, buffers},
				     pairing.direction,
				     pairing.event_idx};

		driver_ = pairing.kernel_drives ? make_kernel_driver(shape, seed) : make_our_driver(shape);
		device_ = pairing.kernel_is_device ? make_kernel_device(shape) : make_our_device(shape);
		source_ = pairing.direction == Direction::ToDevice ? driver_.get() : device_.get();
		sink_ = pairing.direction == Direction::ToDevice ? device_.get() : driver_.get();
		driver_->publish(); // the buffers that it offers to be filled
	}
	~Ring()
	{
		driver_.reset();
		device_.reset();
		std::free(ring_);
		std::free(buffers_);
	}
	Ring(const Ring &) = delete;
	Ring &operator=(const Ring &) = delete;

	End &source() { return *source_; }
	End &sink() { return *sink_; }

private:
	static void *allocate(amp::usize size)
	{
		const auto whole = (size + kAlign - 1) / kAlign * kAlign;
		void *const memory = std::aligned_alloc(kAlign, whole);
		if (!memory)
			throw std::bad_alloc();
		std::fill_n(static_cast<char *>(memory), whole, char(0));
		return memory;
	}

	void *ring_ = nullptr;
	void *buffers_ = nullptr;
	std::unique_ptr<End> driver_, device_;
	End *source_ = nullptr;
	End *sink_ = nullptr;
};

#endif
