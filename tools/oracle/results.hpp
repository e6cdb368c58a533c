// SPDX-License-Identifier: GPL-2.0-only
#ifndef ORACLE_RESULTS_HPP
#define ORACLE_RESULTS_HPP

#include <cstdio>
#include <cstdlib>
#include <string>

// A line for people for each result, and one in the file that AMP_RESULTS names.
class Results {
public:
	void pass(const std::string &name, const std::string &more)
	{
		std::printf("  pass  %s%s%s\n", name.c_str(), more.empty() ? "" : ": ", more.c_str());
		write("pass", name);
	}
	void fail(const std::string &name, const std::string &why)
	{
		std::printf("  fail  %s: %s\n", name.c_str(), why.c_str());
		write("fail", name);
		failed_ = true;
	}
	int status() const { return failed_; }

private:
	static void write(const char *status, const std::string &name)
	{
		std::fflush(stdout);
		if (const char *const path = std::getenv("AMP_RESULTS"))
			if (std::FILE *const file = std::fopen(path, "a")) {
				std::fprintf(file, "%s %s\n", status, name.c_str());
				std::fclose(file);
			}
	}

	bool failed_ = false;
};

#endif
