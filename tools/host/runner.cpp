// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the cases of drivers/kunit/cases on the host. One line per suite for people, one per case in the file that
 * AMP_RESULTS names. AMP_RESULTS_PREFIX goes before each name there: which compiler this is.
 */
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "../../drivers/kunit/cases/test.h"

#define AMP_CASE(suite, name) extern "C" void amp_case_##suite##_##name(amp_test *test);
#include "../../drivers/kunit/cases/list.h"
#undef AMP_CASE

namespace
{

struct Entry {
	const char *suite;
	const char *name;
	void (*run)(amp_test *);
};

constexpr Entry kEntries[] = {
#define AMP_CASE(suite, name) {#suite, #name, amp_case_##suite##_##name},
#include "../../drivers/kunit/cases/list.h"
#undef AMP_CASE
};

constexpr unsigned kFailuresMax = 10; // of one case: what follows says no more

class Case : public testing::Test {
public:
	explicit Case(const Entry &entry) : entry_(entry) {}

	void TestBody() override
	{
		static constexpr amp_test_services services = {zalloc, failed, stop, breathe};
		amp_test test = {&services, this, 0};

		entry_.run(&test);
	}

	~Case() override
	{
		for (void *one : allocations_)
			std::free(one);
	}

private:
	static void *zalloc(amp_test *test, amp_size size)
	{
		void *const made = std::calloc(1, size ? size : 1);

		if (!made) {
			std::fputs("out of memory\n", stderr);
			std::abort();
		}
		static_cast<Case *>(test->context)->allocations_.push_back(made);
		return made;
	}
	static void failed(amp_test *test, const char *file, int line, const char *text, amp_u64 left, amp_u64 right)
	{
		if (++test->failures > kFailuresMax)
			return;
		ADD_FAILURE_AT(file, line) << "expected " << text << ", but the values were " << left << " and "
					   << right << std::hex << " (0x" << left << ", 0x" << right << ")";
	}
	[[noreturn]] static void stop(amp_test *test, const char *why)
	{
		const auto &entry = static_cast<Case *>(test->context)->entry_;

		std::fprintf(stderr, "%s.%s does not end: %s\n", entry.suite, entry.name, why);
		std::abort();
	}

	static void breathe(amp_test *) {}

	const Entry &entry_;
	std::vector<void *> allocations_;
};

class Report : public testing::EmptyTestEventListener {
public:
	Report()
	{
		if (const char *const path = std::getenv("AMP_RESULTS"))
			results_ = std::fopen(path, "a");
		if (const char *const prefix = std::getenv("AMP_RESULTS_PREFIX"))
			prefix_ = prefix;
	}
	~Report() override
	{
		if (results_)
			std::fclose(results_);
	}

private:
	void OnTestPartResult(const testing::TestPartResult &part) override
	{
		if (part.failed())
			std::printf("        %s:%d: %s\n", part.file_name(), part.line_number(), part.message());
	}
	void OnTestEnd(const testing::TestInfo &info) override
	{
		const bool passed = info.result()->Passed();

		if (results_) {
			std::fprintf(results_, "%s %s%s.%s\n", passed ? "pass" : "fail", prefix_.c_str(),
				     info.test_suite_name(), info.name());
			std::fflush(results_);
		}
		if (!passed)
			std::printf("  fail  %s%s.%s\n", prefix_.c_str(), info.test_suite_name(), info.name());
		std::fflush(stdout);
	}
	void OnTestSuiteEnd(const testing::TestSuite &suite) override
	{
		std::printf("  %s  %s%s: %d of %d cases, %d ms\n", suite.Passed() ? "pass" : "fail", prefix_.c_str(),
			    suite.name(), suite.successful_test_count(), suite.test_to_run_count(),
			    static_cast<int>(suite.elapsed_time()));
		std::fflush(stdout);
	}

	std::FILE *results_ = nullptr;
	std::string prefix_;
};

} // namespace

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	for (const Entry &entry : kEntries)
		testing::RegisterTest(entry.suite, entry.name, nullptr, nullptr, __FILE__, __LINE__,
				      [&entry]() -> testing::Test * { return new Case(entry); });
	auto &listeners = testing::UnitTest::GetInstance()->listeners();
	delete listeners.Release(listeners.default_result_printer());
	listeners.Append(new Report);
	return RUN_ALL_TESTS();
}
