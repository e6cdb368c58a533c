// SPDX-License-Identifier: GPL-2.0-only
/*
 * schedules [MESSAGES]: every pairing of ends, on rings of every size, in an order of steps that chance gives. An end
 * that finds nothing to do asks for a notification and sleeps until it comes; where both sleep before all messages are
 * there, one was lost. SEED= repeats a run.
 */
#include <algorithm>
#include <cstdlib>
#include <random>

#include "pairing.hpp"
#include "results.hpp"

namespace
{

class Schedule {
public:
	Schedule(Ring &ring, unsigned seed, std::uint32_t messages) : ring_(ring), random_(seed), messages_(messages) {}

	void run()
	{
		while (got_ < messages_) {
			if (source_asleep_ && sink_asleep_)
				throw Wrong("a notification is lost: both ends sleep after " + std::to_string(got_) +
					    " messages, " + std::to_string(put_) + " were sent");
			if (sink_asleep_ || (!source_asleep_ && chance(2)))
				step_source();
			else
				step_sink();
		}
		Message message;
		if (ring_.sink().get(message))
			throw Wrong("a message came that nobody sent");
	}
	std::uint64_t notifications() const { return notifications_; }

private:
	bool chance(unsigned of) { return random_() % of == 0; }

	void notify(bool wanted, bool &asleep, End &end)
	{
		if (!wanted)
			return;
		++notifications_;
		if (asleep && chance(2))
			end.hush();
		asleep = false;
	}

	void step_source()
	{
		End &end = ring_.source();

		if (source_stuck_) {
			source_stuck_ = false;
			source_asleep_ = !end.listen();
			return;
		}
		for (unsigned burst = 1 + random_() % 8; burst && put_ < messages_ && !source_stuck_; --burst)
			end.put(Message(put_)) ? void(++put_) : void(source_stuck_ = true);
		if (put_ < messages_ && !source_stuck_ && chance(2))
			return; // what is there is shown later, with more
		notify(end.publish(), sink_asleep_, ring_.sink());
		source_asleep_ = put_ == messages_;
	}
	void step_sink()
	{
		End &end = ring_.sink();
		Message message;

		if (sink_empty_) {
			sink_empty_ = false;
			sink_asleep_ = !end.listen();
			return;
		}
		for (unsigned burst = 1 + random_() % 8; burst && !sink_empty_; --burst)
			if (!end.get(message))
				sink_empty_ = true;
			else if (message != Message(got_))
				throw Wrong("message " + std::to_string(got_) +
					    " came with other bytes, or another came");
			else
				++got_;
		if (sink_empty_ || chance(2))
			notify(end.publish(), source_asleep_, ring_.source());
	}

	Ring &ring_;
	std::minstd_rand random_;
	std::uint32_t messages_;
	std::uint32_t put_ = 0;
	std::uint32_t got_ = 0;
	std::uint64_t notifications_ = 0;
	bool source_stuck_ = false; // found no buffer, and asks for a notification next
	bool sink_empty_ = false; // found no message, as above
	bool source_asleep_ = false;
	bool sink_asleep_ = false;
};

} // namespace

int main(int argc, char **argv)
{
	const char *const given = std::getenv("SEED");
	const unsigned seed = given ? static_cast<unsigned>(std::strtoul(given, nullptr, 0)) : std::random_device{}();
	const auto messages = argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 0)) : 70000;
	Results results;

	std::printf("SEED=%u, %u messages on each ring of 2 to 32768\n", seed, messages);
	for_each_pairing([&](const Pairing &pairing) {
		const std::string name = "oracle: " + pairing.name();
		amp::u32 num = 2;

		try {
			std::uint64_t notifications = 0;

			for (; num <= 32768; num *= 2) {
				Ring ring(pairing, num, seed + num);
				Schedule schedule(ring, seed ^ num, messages);

				schedule.run();
				notifications += schedule.notifications();
			}
			results.pass(name, std::to_string(notifications) + " notifications");
		} catch (const Wrong &wrong) {
			results.fail(name, "ring of " + std::to_string(num) + ", SEED=" + std::to_string(seed) + ": " +
						   wrong.what());
		}
	});
	return results.status();
}
