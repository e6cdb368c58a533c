/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C ABI of the ports of rvdev_console (rvdev_console_ports.cpp): all that touches the rings and their buffers. None of
 * these sleeps or allocates; one caller at a time.
 */
#ifndef RVDEV_CONSOLE_PORTS_H
#define RVDEV_CONSOLE_PORTS_H

#include "rvdev_rings.h"

#ifdef __cplusplus
extern "C" {
#endif

struct amp_console_ports;

/* What a look at all rings brought. */
struct amp_console_news {
	amp_u32 kick; /* bit N: kick vring N */
	_Bool again; /* there is more to do: look again */
	int err; /* 0; -EBADMSG: something of the main's was refused; -EPROTO: a ring is dead until it is made anew */
	struct amp_rvdev_complaint complaint; /* with err */
	amp_u32 bad; /* of the main's buffers and messages since start */
};

amp_size amp_console_ports_size(void);
/* How many ports such a device has; 0: the number of vrings fits none. */
amp_u32 amp_console_ports_count(amp_u32 vrings, amp_u64 features);
/* Begin on rings that the main has made, in zeroed memory or again. 0, or -EPROTO with @complaint. */
int amp_console_ports_start(void *storage, const struct amp_rvdev_rings *rings, struct amp_rvdev_complaint *complaint);
/* Are the rings still those that start was given? */
_Bool amp_console_ports_intact(const struct amp_console_ports *ports);
/* Do what there is to do, and ask to be kicked for more. */
void amp_console_ports_work(struct amp_console_ports *ports, struct amp_console_news *news);

#ifdef __cplusplus
}
#endif

#endif
