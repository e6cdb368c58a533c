// SPDX-License-Identifier: GPL-2.0-only
#ifndef RVDEV_CONSOLE_PORTS_HPP
#define RVDEV_CONSOLE_PORTS_HPP

#include <amp/errno.hpp>
#include <uapi/amp/virtio_console.h>

#include "rvdev_rings.hpp"

#define _Bool bool
#include "rvdev_console_ports.h"

namespace amp
{

/*
 * The device end of a virtio console (virtio 1.2, 5.3) whose ports say back what they hear. Control messages are
 * answered as the main is able to take answers: what a port still owes it are bits, so that no number of questions makes
 * us remember more than that.
 *
 *   word                     writer  may the peer lie?
 *   control.id               main    yes: below the number of ports, else the message is dropped and counted
 *   control.event            main    yes: one of those that a driver sends, else as above
 *   control.value            main    every value is legal
 *   size of what a port got  main    yes: it ends with its buffer; up to kHeldMax
 *
 *   Port:  Unknown --(DEVICE_READY)--> owes PORT_ADD --(PORT_READY)--> owes PORT_NAME, PORT_OPEN --> talks
 */
template <typename Env> class ConsolePorts {
public:
	static_assert(sizeof(amp_virtio_console_control) == 8);

	static constexpr u32 kPortsMax = AMP_RVDEV_RINGS_MAX / 2 - 1;
	static constexpr usize kHeldMax = 65536; // the most that Linux's driver sends at once: a pipe's 16 pages
	static constexpr u32 kBudget = 64; // buffers in one look at a ring, good or bad: a main can offer without end

	static constexpr u32 count(u32 vrings, u64 features)
	{
		if (!multiport(features))
			return vrings >= 2 ? 1 : 0;
		return vrings >= 4 && vrings % 2 == 0 && vrings <= AMP_RVDEV_RINGS_MAX ? vrings / 2 - 1 : 0;
	}

	Result<void> start(const amp_rvdev_rings &rings, amp_rvdev_complaint &complaint)
	{
		multiport_ = multiport(rings.features);
		ports_ = count(rings.count, rings.features);
		for (u32 i = 0; i < ways(); i++) {
			AMP_TRY(to_main_[i].start(rings, to_vring(i), complaint));
			AMP_TRY(from_main_[i].start(rings, from_vring(i), complaint));
		}
		return {};
	}

	bool intact() const
	{
		for (u32 i = 0; i < ways(); i++)
			if (to_main_[i].ring().remade() || from_main_[i].ring().remade())
				return false;
		return true;
	}

	void work(amp_console_news &news)
	{
		news = {};
		if (multiport_)
			control(news);
		for (u32 port = 0; port < ports_ && news.err != -kEproto; port++)
			echo(news, port);
		if (news.err != -kEproto)
			listen(news);
		news.bad = bad_;
	}

private:
	static constexpr u32 kControl = 1; // the way of control messages, where there is one

	// Messages that a port owes the main.
	static constexpr u8 kAdd = 1;
	static constexpr u8 kName = 2;
	static constexpr u8 kOpen = 4;

	struct Port {
		u8 owed = 0;
		u32 held = 0; // bytes that the main has no buffer for yet
		u32 said = 0; // of them, those that went
		u8 bytes[kHeldMax];
	};

	static constexpr bool multiport(u64 features) { return features & 1u << AMP_VIRTIO_CONSOLE_F_MULTIPORT; }

	// Two vrings are a way: port 0, control messages, port 1, ...
	u32 ways() const { return multiport_ ? ports_ + 1 : ports_; }
	static constexpr u32 way_of(u32 port) { return port ? port + 1 : 0; }
	static constexpr u32 to_vring(u32 way) { return 2 * way; }
	static constexpr u32 from_vring(u32 way) { return 2 * way + 1; }

	void control(amp_console_news &news)
	{
		auto &from = from_main_[kControl];

		left_ = kBudget;
		while (may_go_on()) {
			amp_virtio_console_control message;
			const auto got = from.receive(&message, sizeof(message), nullptr, 0);

			if (got.ok())
				hear(message, news);
			else if (!refused(got.fault(), from_vring(kControl), from, news))
				break;
		}
		publish(kControl, news);
		left_ = kBudget;
		for (u32 port = 0; port < ports_ && news.err != -kEproto; port++)
			if (!pay(port, news))
				break;
	}

	void hear(const amp_virtio_console_control &message, amp_console_news &news)
	{
		const u32 id = Env::wire(message.id);
		const u16 event = Env::wire(message.event);
		const bool yes = Env::wire(message.value);

		if (event == AMP_VIRTIO_CONSOLE_DEVICE_READY) { // its id means nothing
			for (u32 port = 0; port < ports_; port++)
				port_[port].owed = yes ? kAdd : 0;
			return;
		}
		if (id >= ports_) {
			stray("port of a control message, expected below", id, ports_, news);
			return;
		}
		Port &port = port_[Env::confine(id, ports_)];
		if (event == AMP_VIRTIO_CONSOLE_PORT_READY)
			port.owed = yes ? kName | kOpen : 0;
		else if (event != AMP_VIRTIO_CONSOLE_PORT_OPEN)
			stray("event of a control message, expected PORT_READY or PORT_OPEN, at most", event,
			      AMP_VIRTIO_CONSOLE_PORT_OPEN, news);
		else if (!yes)
			port.said = port.held; // nobody waits for the rest any more
	}

	// Send what port @index owes. False: the main has no more buffers, or a ring is dead.
	bool pay(u32 index, amp_console_news &news)
	{
		Port &port = port_[index];
		const char name[] = {'e', 'c', 'h', 'o', char('0' + index)};

		return pay_one(port, kAdd, {index, AMP_VIRTIO_CONSOLE_PORT_ADD, 1}, nullptr, 0, news) &&
		       pay_one(port, kName, {index, AMP_VIRTIO_CONSOLE_PORT_NAME, 1}, name, sizeof(name), news) &&
		       pay_one(port, kOpen, {index, AMP_VIRTIO_CONSOLE_PORT_OPEN, 1}, nullptr, 0, news);
	}
	bool pay_one(Port &port, u8 what, const amp_virtio_console_control &plain, const void *name, usize size,
		     amp_console_news &news)
	{
		const amp_virtio_console_control message = {Env::wire(plain.id), Env::wire(plain.event),
							    Env::wire(plain.value)};
		auto &to = to_main_[kControl];

		while (port.owed & what) {
			if (!may_go_on())
				return false;
			const auto sent = to.send(&message, sizeof(message), name, size);

			if (sent.ok()) {
				port.owed &= u8(~what);
				kick(to_vring(kControl), sent.value().kick, news);
			} else if (!refused(sent.fault(), to_vring(kControl), to, news)) {
				return false;
			}
		}
		return true;
	}

	// Say back what was heard. A main that gives no buffers is not listened to either, once one piece is held.
	void echo(amp_console_news &news, u32 index)
	{
		const u32 way = way_of(index);
		auto &from = from_main_[way];
		Port &port = port_[index];

		left_ = kBudget;
		while (say(port, way, news) && may_go_on()) {
			const auto got = from.receive(nullptr, 0, port.bytes, kHeldMax);

			if (got.ok()) {
				port.held = u32(got.value());
				port.said = 0;
			} else if (!refused(got.fault(), from_vring(way), from, news)) {
				break;
			}
		}
		publish(way, news);
	}
	// True: nothing is held any more.
	bool say(Port &port, u32 way, amp_console_news &news)
	{
		auto &to = to_main_[way];

		while (port.said < port.held) {
			if (!may_go_on())
				return false;
			const auto sent = to.send_some(port.bytes + port.said, port.held - port.said);

			if (sent.ok()) {
				port.said += u32(sent.value().size);
				kick(to_vring(way), sent.value().kick, news);
			} else if (!refused(sent.fault(), to_vring(way), to, news)) {
				return false;
			}
		}
		return true;
	}

	// False: this look was long enough; listen() sees whether there is more.
	bool may_go_on() { return left_ && left_--; }

	// Ask to be kicked for all that is waited for.
	void listen(amp_console_news &news)
	{
		for (u32 way = 0; way < ways(); way++) {
			const bool control = multiport_ && way == kControl;
			const bool waits = owes(way);
			auto &to = to_main_[way].ring();

			if (waits)
				news.again |= to.listen();
			else
				to.hush();
			if (control || !waits)
				news.again |= from_main_[way].ring().listen();
		}
	}
	bool owes(u32 way) const
	{
		if (multiport_ && way == kControl) {
			u8 owed = 0;
			for (u32 port = 0; port < ports_; port++)
				owed |= port_[port].owed;
			return owed;
		}
		const Port &port = port_[way ? way - 1 : 0];
		return port.said < port.held;
	}

	void publish(u32 way, amp_console_news &news)
	{
		if (news.err != -kEproto)
			kick(from_vring(way), from_main_[way].publish(), news);
	}
	static void kick(u32 vring, bool needed, amp_console_news &news) { news.kick |= u32(needed) << vring; }

	// True: it was one buffer that was bad, go on. There may just be none, or the ring is dead.
	template <typename Way> bool refused(Fault fault, u32 vring, const Way &way, amp_console_news &news)
	{
		if (fault == Fault::Again)
			return false;
		bad_++;
		news.err = to_errno(fault);
		news.complaint = {vring, way.complaint().for_c()};
		return fault == Fault::BadChain;
	}
	void stray(const char *what, u64 value, u64 limit, amp_console_news &news)
	{
		bad_++;
		news.err = -kEbadmsg;
		news.complaint = {from_vring(kControl), Complaint{what, value, limit}.for_c()};
	}

	bool multiport_ = false;
	u32 ports_ = 0;
	u32 left_ = 0; // of the budget
	u32 bad_ = 0;
	PacketsToMain<Env> to_main_[kPortsMax + 1];
	PacketsFromMain<Env> from_main_[kPortsMax + 1];
	Port port_[kPortsMax];
};

} // namespace amp

#endif
