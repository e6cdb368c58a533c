// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "table.hpp"

namespace rsctool
{

/*
 * A table as text, which people can read and write: an entry a line, what belongs to a vdev below it.
 *
 *	incarnation 0x12345678
 *	vdev 7 features 0x20000001
 *		vring 256 align 4096 da any notifyid 0
 *		vring 256 align 4096
 *		config 01 02 ff
 *	vdev-large 3 features 0x2
 *	carveout "vdev0buffer" da 0x50100000 pa 0x50100000 len 0x100000 flags 0
 *	devmem "uart" da 0x1000 len 0x1000
 *	trace "trace0" da 0x2000 len 0x4000
 *	vendor 128 00 01 02 03
 *
 * From a # on a line is a remark; a character of a name that is not printable, a blank, ", # or \ is \xNN.
 */
std::string describe(const Table &table);

/* The other way round. Throws Malformed with the number of the line. */
Table parse_description(const std::string &text);

} // namespace rsctool
