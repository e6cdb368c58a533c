/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of the main end: events/rproc_vdev/ in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rproc_vdev

#if !defined(RPROC_VDEV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define RPROC_VDEV_TRACE_H

#include <linux/tracepoint.h>

#include "rproc_vdev_main.h"

DECLARE_EVENT_CLASS(rproc_vdev_vring,
	TP_PROTO(const struct rproc_vdev_ring *ring),
	TP_ARGS(ring),
	TP_STRUCT__entry(
		__field(int, rproc)
		__field(u32, vdev)
		__field(u32, vring)
	),
	TP_fast_assign(
		__entry->rproc = ring->claim->host->rproc->index;
		__entry->vdev = ring->claim->entry.index;
		__entry->vring = ring->index;
	),
	TP_printk("remoteproc%d vdev%u vring%u", __entry->rproc, __entry->vdev, __entry->vring)
);

/* The virtio driver rings the remote. */
DEFINE_EVENT(rproc_vdev_vring, rproc_vdev_kick,
	TP_PROTO(const struct rproc_vdev_ring *ring),
	TP_ARGS(ring));

/* A mailbox of the subnode says: look into a vring. Or: the remoteproc driver did, and something was in it. */
DEFINE_EVENT(rproc_vdev_vring, rproc_vdev_interrupt,
	TP_PROTO(const struct rproc_vdev_ring *ring),
	TP_ARGS(ring));

TRACE_EVENT(rproc_vdev_status,
	TP_PROTO(const struct rproc_vdev_claim *claim, u8 status),
	TP_ARGS(claim, status),
	TP_STRUCT__entry(
		__field(int, rproc)
		__field(u32, vdev)
		__field(u8, status)
	),
	TP_fast_assign(
		__entry->rproc = claim->host->rproc->index;
		__entry->vdev = claim->entry.index;
		__entry->status = status;
	),
	TP_printk("remoteproc%d vdev%u status 0x%02x %s", __entry->rproc, __entry->vdev, __entry->status,
		  __print_flags(__entry->status, " ", { 0x01, "ACKNOWLEDGE" }, { 0x02, "DRIVER" },
				{ 0x08, "FEATURES_OK" }, { 0x04, "DRIVER_OK" }, { 0x80, "FAILED" }))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE rproc_vdev_trace
#include <trace/define_trace.h>
