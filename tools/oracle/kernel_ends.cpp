// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "end.hpp"
#include "kernel_ends.h"

namespace
{

// Buffers of one to three parts, wherever there are free descriptors.
class KernelDriver : public End {
public:
	KernelDriver(const Shape &shape, unsigned seed)
		: driver_(kernel_driver_new(shape.ring.va, shape.ring.num, shape.ring.align, shape.event_idx)),
		  to_device_(shape.direction == Direction::ToDevice), random_(seed)
	{
		for (amp::u32 i = 0; i < shape.ring.num; i++)
			slots_.push_back({static_cast<std::uint8_t *>(shape.buffers.va) + i * Message::kMost, 0});
		for (auto &slot : slots_)
			if (to_device_)
				free_.push_back(&slot);
			else if (!offer(slot, Message::kMost))
				free_.push_back(&slot);
	}
	~KernelDriver() override { kernel_driver_free(driver_); }

	bool put(const Message &message) override
	{
		reclaim();
		if (free_.empty())
			return false;
		Slot &slot = *free_.back();
		std::copy_n(message.bytes.begin(), message.size, slot.at);
		if (!offer(slot, message.size))
			return false;
		free_.pop_back();
		return true;
	}
	bool get(Message &message) override
	{
		unsigned len = 0;
		auto *const slot = static_cast<Slot *>(kernel_driver_get(driver_, &len));
		if (!slot)
			return false;
		in_order(*slot);
		if (len > Message::kMost)
			throw Wrong("used.len " + std::to_string(len) + ", the buffer has " +
				    std::to_string(Message::kMost));
		message = Message();
		message.size = len;
		std::copy_n(slot->at, len, message.bytes.begin());
		free_.push_back(slot);
		while (!free_.empty() && offer(*free_.back(), Message::kMost))
			free_.pop_back();
		return true;
	}
	bool publish() override { return kernel_driver_kick(driver_); }
	bool listen() override { return kernel_driver_listen(driver_); }
	void hush() override { kernel_driver_hush(driver_); }

private:
	struct Slot {
		std::uint8_t *at;
		std::uint64_t number; // in the order of their offers
	};

	bool offer(Slot &slot, unsigned size)
	{
		oracle_part parts[3];
		unsigned count = 0;
		const unsigned most = std::min({3u, size, static_cast<unsigned>(slots_.size())});

		for (unsigned wanted = 1 + static_cast<unsigned>(random_()) % most, at = 0; wanted; --wanted) {
			const unsigned left = size - at;
			const unsigned part =
				wanted == 1 ? left : 1 + static_cast<unsigned>(random_()) % (left - wanted + 1);

			parts[count++] = {slot.at + at, part};
			at += part;
		}
		if (!kernel_driver_add(driver_, parts, count, to_device_, &slot))
			return false;
		slot.number = offered_++;
		return true;
	}
	// None of these devices works out of order.
	void in_order(const Slot &slot)
	{
		if (slot.number != returned_++)
			throw Wrong("buffer " + std::to_string(slot.number) + " came back, expected " +
				    std::to_string(returned_ - 1));
	}
	void reclaim()
	{
		unsigned len = 0;

		while (auto *const slot = static_cast<Slot *>(kernel_driver_get(driver_, &len))) {
			in_order(*slot);
			if (len)
				throw Wrong("used.len " + std::to_string(len) + " for a buffer that was only read");
			free_.push_back(slot);
		}
	}

	kernel_driver *driver_;
	bool to_device_;
	std::minstd_rand random_;
	std::vector<Slot> slots_;
	std::vector<Slot *> free_;
	std::uint64_t offered_ = 0;
	std::uint64_t returned_ = 0;
};

class KernelDevice : public End {
public:
	explicit KernelDevice(const Shape &shape)
		: device_(kernel_device_new(shape.ring.va, shape.ring.num, shape.ring.align, shape.event_idx))
	{
	}
	~KernelDevice() override { kernel_device_free(device_); }

	bool put(const Message &message) override
	{
		if (!take())
			return false;
		if (kernel_device_write(device_, message.bytes.data(), message.size) != message.size)
			throw Wrong("vringh: no room for the message");
		return give(message.size);
	}
	bool get(Message &message) override
	{
		if (!take())
			return false;
		message = Message();
		message.size = static_cast<std::uint32_t>(
			kernel_device_read(device_, message.bytes.data(), message.bytes.size()));
		return give(0);
	}
	bool publish() override { return kernel_device_kick(device_); }
	bool listen() override { return kernel_device_listen(device_); }
	void hush() override { kernel_device_hush(device_); }

private:
	bool take()
	{
		const int taken = kernel_device_take(device_);
		if (taken < 0)
			throw Wrong("vringh refuses the ring: " + std::to_string(taken));
		return taken;
	}
	bool give(unsigned written)
	{
		if (!kernel_device_give(device_, written))
			throw Wrong("vringh cannot complete a buffer");
		return true;
	}

	kernel_device *device_;
};

} // namespace

std::unique_ptr<End> make_kernel_driver(const Shape &shape, unsigned seed)
{
	return std::make_unique<KernelDriver>(shape, seed);
}

std::unique_ptr<End> make_kernel_device(const Shape &shape)
{
	return std::make_unique<KernelDevice>(shape);
}
