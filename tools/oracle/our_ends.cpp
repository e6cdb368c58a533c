// SPDX-License-Identifier: GPL-2.0-only
#include <string>
#include <vector>

#include <amp/vring/device_ring.hpp>
#include <amp/vring/driver_ring.hpp>

#include "end.hpp"
#include "env.hpp"

using namespace amp;

namespace
{

[[noreturn]] void wrong(const char *who, const Complaint &complaint)
{
	throw Wrong(std::string(who) + ": " + (complaint.what ? complaint.what : "?") + ": " +
		    std::to_string(complaint.value) + ", " + std::to_string(complaint.limit));
}

// What both of our rings have in common.
template <typename Ring> class Ours : public End {
public:
	explicit Ours(u32 num) : storage_(Ring::words(num)) {}

	bool publish() override
	{
		ring_.publish();
		return ring_.kick_needed();
	}
	bool listen() override { return ring_.listen(); }
	void hush() override { ring_.hush(); }

protected:
	bool take(u16 &head)
	{
		const auto taken = ring_.take();
		if (taken.fault() == Fault::BadRing)
			wrong("our ring", ring_.complaint());
		head = taken.value();
		return taken.ok();
	}
	template <typename Cursor> void check(const Result<void> &copied, const Cursor &cursor)
	{
		if (!copied.ok())
			wrong("our buffer", cursor.complaint());
	}

	Ring ring_;
	std::vector<u32> storage_;
};

class OurDevice : public Ours<DeviceRing<OracleEnv>> {
public:
	explicit OurDevice(const Shape &shape) : Ours(shape.ring.num), buffers_(shape.buffers)
	{
		if (!ring_.start(shape.ring, Regions(&buffers_, 1), shape.event_idx, storage_.data()).ok())
			wrong("our device", ring_.complaint());
	}
	bool put(const Message &message) override
	{
		u16 head;
		if (!take(head))
			return false;
		auto cursor = ring_.writer(head);
		check(cursor.write(message.bytes.data(), message.size), cursor);
		ring_.give(head, message.size);
		return true;
	}
	bool get(Message &message) override
	{
		u16 head;
		if (!take(head))
			return false;
		message = Message();
		message.size = u32(ring_.reader(head).room(Message::kMost).value());
		auto cursor = ring_.reader(head);
		check(cursor.read(message.bytes.data(), message.size), cursor);
		ring_.give(head, 0);
		return true;
	}

private:
	amp_region buffers_;
};

template <typename Ring> class OurDriver : public Ours<Ring> {
public:
	explicit OurDriver(const Shape &shape) : Ours<Ring>(shape.ring.num)
	{
		if (!this->ring_
			     .start(shape.ring, {shape.buffers, Message::kMost}, shape.event_idx, this->storage_.data())
			     .ok())
			wrong("our driver", this->ring_.complaint());
	}
};

class OurSource : public OurDriver<DriverTxRing<OracleEnv>> {
public:
	using OurDriver::OurDriver;
	bool put(const Message &message) override
	{
		u16 head;
		if (!take(head))
			return false;
		auto cursor = ring_.writer(head);
		check(cursor.write(message.bytes.data(), message.size), cursor);
		ring_.give(head, message.size);
		return true;
	}
	bool get(Message &) override { throw Wrong("our transmitting driver gets nothing"); }
};

class OurSink : public OurDriver<DriverRxRing<OracleEnv>> {
public:
	using OurDriver::OurDriver;
	bool put(const Message &) override { throw Wrong("our receiving driver puts nothing"); }
	bool get(Message &message) override
	{
		u16 head;
		if (!take(head))
			return false;
		auto cursor = ring_.reader(head);
		message = Message();
		message.size = u32(cursor.room(Message::kMost).value());
		check(cursor.read(message.bytes.data(), message.size), cursor);
		ring_.give(head, 0);
		return true;
	}
};

} // namespace

std::unique_ptr<End> make_our_driver(const Shape &shape)
{
	if (shape.direction == Direction::ToDevice)
		return std::make_unique<OurSource>(shape);
	return std::make_unique<OurSink>(shape);
}

std::unique_ptr<End> make_our_device(const Shape &shape)
{
	return std::make_unique<OurDevice>(shape);
}
