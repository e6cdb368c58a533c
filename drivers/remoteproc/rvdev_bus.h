/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVDEV_BUS_H
#define RVDEV_BUS_H

int rvdev_bus_init(void);
void rvdev_bus_exit(void);

#endif
