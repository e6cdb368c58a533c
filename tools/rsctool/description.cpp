// SPDX-License-Identifier: GPL-2.0-only
#include "description.hpp"

#include <charconv>
#include <cstdio>
#include <sstream>

namespace rsctool
{

namespace
{

constexpr struct {
	const char *name;
	u32 type;
} kMemory[] = {{"carveout", AMP_RSC_CARVEOUT}, {"devmem", AMP_RSC_DEVMEM}, {"trace", AMP_RSC_TRACE}};

constexpr struct {
	u8 bit;
	const char *name;
} kStatus[] = {
	{AMP_VIRTIO_STATUS_ACKNOWLEDGE, "ACKNOWLEDGE"}, {AMP_VIRTIO_STATUS_DRIVER, "DRIVER"},
	{AMP_VIRTIO_STATUS_FEATURES_OK, "FEATURES_OK"}, {AMP_VIRTIO_STATUS_DRIVER_OK, "DRIVER_OK"},
	{AMP_VIRTIO_STATUS_NEEDS_RESET, "NEEDS_RESET"}, {AMP_VIRTIO_STATUS_FAILED, "FAILED"},
};

std::string hex(u32 value)
{
	char text[16];

	std::snprintf(text, sizeof(text), "0x%x", value);
	return text;
}

std::string bytes(const std::vector<u8> &bytes)
{
	std::string text;
	char byte[4];

	for (const u8 value : bytes) {
		std::snprintf(byte, sizeof(byte), " %02x", value);
		text += byte;
	}
	return text;
}

/* What would not come back from a line of text, or would do something to a terminal, is written as \xNN. */
std::string quoted(const std::string &name)
{
	std::string text = "\"";
	char escape[8];

	for (const char c : name) {
		if (c > ' ' && c <= '~' && c != '"' && c != '#' && c != '\\') {
			text += c;
			continue;
		}
		std::snprintf(escape, sizeof(escape), "\\x%02x", static_cast<u8>(c));
		text += escape;
	}
	return text + "\"";
}

std::string address(u32 da)
{
	return da == AMP_RSC_ADDR_ANY ? "any" : hex(da);
}

/* -1 is how firmware asks the main for one. */
std::string number(u32 notifyid)
{
	return notifyid == AMP_RSC_ADDR_ANY ? "any" : std::to_string(notifyid);
}

void describe_entry(const Vdev &vdev, std::string &out)
{
	out += (vdev.large ? "vdev-large " : "vdev ") + std::to_string(vdev.id) + " features " + hex(vdev.features);
	if (vdev.status || vdev.taken) {
		out += " # in use: took " + hex(vdev.taken) + ", status " + hex(vdev.status);
		for (const auto &[bit, name] : kStatus)
			if (vdev.status & bit)
				out += std::string(" ") + name;
	}
	out += "\n";
	for (const auto &vring : vdev.vrings)
		out += "\tvring " + std::to_string(vring.num) + " align " + std::to_string(vring.align) + " da " +
		       address(vring.da) + " notifyid " + number(vring.notifyid) + "\n";
	if (!vdev.config.empty())
		out += "\tconfig" + bytes(vdev.config) + "\n";
}

void describe_entry(const Memory &memory, std::string &out)
{
	out += std::string(kMemory[memory.type].name) + " " + quoted(memory.name) + " da " + address(memory.da);
	if (memory.type != AMP_RSC_TRACE)
		out += " pa " + address(memory.pa);
	out += " len " + hex(memory.len);
	if (memory.type != AMP_RSC_TRACE)
		out += " flags " + hex(memory.flags);
	out += "\n";
}

void describe_entry(const Vendor &vendor, std::string &out)
{
	out += "vendor " + std::to_string(vendor.type) + bytes(vendor.bytes) + "\n";
}

/* One line, word by word. */
class Line {
public:
	Line(const std::string &text, unsigned number) : words_(text.substr(0, text.find('#'))), number_(number) {}

	[[noreturn]] void wrong(const std::string &what) const
	{
		throw Malformed("line " + std::to_string(number_) + ": " + what);
	}

	std::string word()
	{
		std::string text;

		words_ >> text;
		return text;
	}
	u32 number(const std::string &what, u32 least, u32 most)
	{
		const std::string text = word();
		const bool in_hex = text.starts_with("0x");
		u32 value = 0;
		const char *const first = text.data() + (in_hex ? 2 : 0), *const last = text.data() + text.size();
		const auto [end, error] = std::from_chars(first, last, value, in_hex ? 16 : 10);

		if (error != std::errc{} || end != last || value < least || value > most)
			wrong(what + " is a number from " + std::to_string(least) + " to " + std::to_string(most) +
			      ", not \"" + text + "\"");
		return value;
	}
	u32 address(const std::string &what)
	{
		const auto at = words_.tellg();

		if (word() == "any")
			return AMP_RSC_ADDR_ANY;
		words_.clear();
		words_.seekg(at);
		return number(what, 0, UINT32_MAX);
	}
	std::string name()
	{
		const std::string text = word();

		if (text.size() < 2 || text.front() != '"' || text.back() != '"')
			wrong("expected a name in quotes without a space in it, not \"" + text + "\"");
		std::string name;

		for (std::size_t i = 1; i < text.size() - 1; ++i)
			name += text[i] == '\\' ? escaped(text, i) : text[i];
		if (name.size() >= AMP_RSC_NAME_SIZE)
			wrong("a name has at most " + std::to_string(AMP_RSC_NAME_SIZE - 1) + " characters, not " +
			      std::to_string(name.size()));
		return name;
	}
	std::vector<u8> bytes()
	{
		std::vector<u8> bytes;

		for (std::string text; words_ >> text;) {
			unsigned value = 0;
			const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);

			if (error != std::errc{} || end != text.data() + text.size() || value > 0xff)
				wrong("\"" + text + "\" is no byte in hex");
			bytes.push_back(u8(value));
		}
		return bytes;
	}
	/* The rest: pairs of a word and what it says. */
	template <typename Take> void pairs(Take take)
	{
		for (std::string key; words_ >> key;)
			if (!take(key))
				wrong("unknown word \"" + key + "\"");
	}

private:
	/* \xNN at @i, which moves to its end. */
	char escaped(const std::string &text, std::size_t &i) const
	{
		u8 value = 0;
		const char *const first = text.data() + i + 2;

		if (i + 4 >= text.size() || text[i + 1] != 'x' ||
		    std::from_chars(first, first + 2, value, 16).ptr != first + 2)
			wrong("in a name a backslash begins \\xNN, not in " + text);
		i += 3;
		return static_cast<char>(value);
	}

	std::istringstream words_;
	unsigned number_;
};

Vdev parse_vdev(Line &line, bool large)
{
	Vdev vdev;

	vdev.large = large;
	vdev.id = line.number("the virtio device id", 1, UINT32_MAX);
	line.pairs([&](const std::string &key) {
		if (key != "features")
			return false;
		vdev.features = line.number(key, 0, UINT32_MAX);
		return true;
	});
	return vdev;
}

VringWords parse_vring(Line &line)
{
	VringWords vring = {AMP_RSC_ADDR_ANY, 4096, line.number("the size of a vring", 1, AMP_VRING_NUM_MAX), 0};

	line.pairs([&](const std::string &key) {
		if (key == "align")
			vring.align = line.number(key, 4, UINT32_MAX);
		else if (key == "da")
			vring.da = line.address(key);
		else if (key == "notifyid")
			vring.notifyid = line.address(key);
		else
			return false;
		return true;
	});
	return vring;
}

Memory parse_memory(Line &line, u32 type)
{
	Memory memory;

	memory.type = type;
	memory.name = line.name();
	line.pairs([&](const std::string &key) {
		if (key == "da")
			memory.da = line.address(key);
		else if (key == "len")
			memory.len = line.number(key, 0, UINT32_MAX);
		else if (key == "pa" && type != AMP_RSC_TRACE)
			memory.pa = line.address(key);
		else if (key == "flags" && type != AMP_RSC_TRACE)
			memory.flags = line.number(key, 0, UINT32_MAX);
		else
			return false;
		return true;
	});
	return memory;
}

void parse_line(Line &line, Table &table)
{
	const std::string what = line.word();
	Vdev *const vdev = table.entries.empty() ? nullptr : std::get_if<Vdev>(&table.entries.back());

	if (what.empty())
		return;
	for (const auto &[name, type] : kMemory)
		if (what == name) {
			table.entries.emplace_back(parse_memory(line, type));
			return;
		}
	if (what == "vdev" || what == "vdev-large") {
		table.entries.emplace_back(parse_vdev(line, what != "vdev"));
	} else if (what == "vring" || what == "config") {
		if (!vdev)
			line.wrong(what + " stands below no vdev");
		if (what == "config")
			vdev->config = line.bytes();
		else
			vdev->vrings.push_back(parse_vring(line));
	} else if (what == "vendor") {
		const u32 type = line.number("a vendor's type", AMP_RSC_VENDOR_FIRST, AMP_RSC_VENDOR_LAST);

		if (type == AMP_RSC_VDEV_LARGE)
			line.wrong("a vendor's type " + std::to_string(type) + " is written as vdev-large");
		table.entries.emplace_back(Vendor{type, line.bytes()});
	} else if (what == "incarnation") {
		table.incarnation = line.number(what, 0, UINT32_MAX);
	} else {
		line.wrong("unknown entry \"" + what + "\"");
	}
}

} // namespace

std::string describe(const Table &table)
{
	std::string out;

	if (table.incarnation)
		out += "incarnation " + hex(table.incarnation) + "\n";
	for (const auto &entry : table.entries)
		std::visit([&](const auto &one) { describe_entry(one, out); }, entry);
	return out;
}

Table parse_description(const std::string &text)
{
	std::istringstream lines(text);
	Table table;
	unsigned number = 0;

	for (std::string each; std::getline(lines, each);) {
		Line line(each, ++number);

		parse_line(line, table);
	}
	return table;
}

} // namespace rsctool
