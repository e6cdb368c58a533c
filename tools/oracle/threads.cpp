// SPDX-License-Identifier: GPL-2.0-only
// threads [MESSAGES]: every pairing of ends, each end in a thread of its own that sleeps until it is notified.
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "pairing.hpp"
#include "results.hpp"

#ifdef ORACLE_TSAN
extern "C" void __tsan_acquire(void *);
extern "C" void __tsan_release(void *);

static char order;
extern "C" void oracle_acquire()
{
	__tsan_acquire(&order);
}
extern "C" void oracle_release()
{
	__tsan_release(&order);
}
#endif

namespace
{

constexpr auto kPatience = std::chrono::seconds(30);

class Bell {
public:
	void ring()
	{
		const std::lock_guard lock(mutex_);
		rung_ = true;
		condition_.notify_one();
	}
	// False: nobody rang.
	bool wait()
	{
		std::unique_lock lock(mutex_);
		const bool rung = condition_.wait_for(lock, kPatience, [this] { return rung_; });
		rung_ = false;
		return rung;
	}

private:
	std::mutex mutex_;
	std::condition_variable condition_;
	bool rung_ = false;
};

void put_all(End &end, std::uint32_t messages, Bell &ours, Bell &theirs)
{
	for (std::uint32_t put = 0; put < messages;) {
		end.hush();
		while (put < messages && end.put(Message(put)))
			if (++put % 4 == 0 && end.publish())
				theirs.ring();
		if (end.publish())
			theirs.ring();
		if (put < messages && !end.listen() && !ours.wait())
			throw Wrong("nobody told the source of free buffers, after " + std::to_string(put) +
				    " messages");
	}
}

void get_all(End &end, std::uint32_t messages, Bell &ours, Bell &theirs)
{
	for (std::uint32_t got = 0; got < messages;) {
		Message message;

		end.hush();
		while (end.get(message)) {
			if (message != Message(got))
				throw Wrong("message " + std::to_string(got) +
					    " came with other bytes, or another came");
			if (++got % 4 == 0 && end.publish())
				theirs.ring();
		}
		if (end.publish())
			theirs.ring();
		if (got < messages && !end.listen() && !ours.wait())
			throw Wrong("nobody told the sink of messages, after " + std::to_string(got));
	}
}

void pass_all(Ring &ring, std::uint32_t messages)
{
	Bell source_bell, sink_bell;
	std::exception_ptr failed;
	std::thread source([&] {
		try {
			put_all(ring.source(), messages, source_bell, sink_bell);
		} catch (...) {
			failed = std::current_exception();
			sink_bell.ring();
		}
	});

	try {
		get_all(ring.sink(), messages, sink_bell, source_bell);
	} catch (...) {
		source_bell.ring();
		source.join();
		throw;
	}
	source.join();
	if (failed)
		std::rethrow_exception(failed);
}

} // namespace

int main(int argc, char **argv)
{
	const auto messages = argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 0)) : 100000;
	Results results;

	for_each_pairing([&](const Pairing &pairing) {
		const std::string name = "two threads: " + pairing.name();

		try {
			for (const amp::u32 num : {2u, 16u, 256u}) {
				Ring ring(pairing, num, num);

				pass_all(ring, messages);
			}
			results.pass(name, "");
		} catch (const Wrong &wrong) {
			results.fail(name, wrong.what());
		}
	});
	return results.status();
}
