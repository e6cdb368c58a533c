/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of rpmsg_remote work on: a vdev of our own on the rvdev bus, on memory of this kernel, with a main
 * end that the test plays; an rpmsg driver; threads that end with the case, whatever happens.
 */
#ifndef RPMSG_REMOTE_KUNIT_BENCH_H
#define RPMSG_REMOTE_KUNIT_BENCH_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/rpmsg.h>
#include <linux/rvdev.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <uapi/amp/virtio_ring.h>

#include "../rpmsg/rpmsg_remote.h"
#include "rpmsg_remote_kunit_main.h"

#define BENCH_NAME		"kunit-vdev"
#define BENCH_NUM		16	/* descriptors of a ring, unless the case wants others */
#define BENCH_BUFFER		AMP_RPMSG_BUFFER_SIZE
#define BENCH_MTU		(BENCH_BUFFER - (int)sizeof(struct amp_rpmsg_header))
#define BENCH_MAIN		0x64u	/* where the main's messages come from */
#define BENCH_SERVICE		0x400u	/* our channel, unless the case wants another */

/* Whatever is awaited comes within this time, also on a busy and emulated processor; sooner than a send times out. */
#define BENCH_PATIENCE		(10 * HZ)
#define BENCH_AT_ONCE		(10 * HZ)

/* Exported by the rpmsg core for buses and its own drivers; no public header declares them. */
struct rpmsg_device *rpmsg_create_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);
int rpmsg_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);
struct device *rpmsg_find_device(struct device *parent, struct rpmsg_channel_info *chinfo);

/**
 * struct inbox - what an endpoint received
 * @lock:	guards the rest
 * @wait:	woken for each message
 * @count:	messages
 * @first:	the first word of each of them
 * @src:	of the last one
 * @len:	of the last one
 * @data:	the last one
 */
struct inbox {
	spinlock_t lock;
	wait_queue_head_t wait;
	unsigned int count;
	u32 first[256];
	u32 src;
	int len;
	u8 data[BENCH_BUFFER];
};

/**
 * struct bench_plan - what a case wants; 0 stands for the usual
 * @num:	descriptors of each ring
 * @buffer_size: of the main's buffers
 * @to_main:	buffers that the main offers us; so many messages go before one has to wait
 * @from_main:	buffers that the main has for what it sends
 * @features:	negotiated, less NS
 * @no_ns:	the name service is not negotiated
 */
struct bench_plan {
	unsigned int num;
	unsigned int buffer_size;
	unsigned int to_main;
	unsigned int from_main;
	u64 features;
	bool no_ns;
};

/**
 * struct bench - one vdev, its main and what belongs to a case
 * @test:	the case
 * @rvdev:	on the bus from bench_open() to bench_close(); frees itself
 * @released:	nobody holds @rvdev any more
 * @control:	a device of the bus, to create others with
 * @main:	the other end
 * @main_lock:	serializes the calls to @main
 * @memory:	of the vrings and buffers
 * @features:	negotiated
 * @rung:	woken when our end rings or reports a fault
 * @kicks:	how often it rang vring 0 and 1
 * @faults:	how often it gave the rings up
 * @vring_error: what the transport says when asked for a vring
 * @inbox:	of the channels
 * @callback:	if set, called instead
 * @probe:	if set, called at the end of the driver's probe
 * @remove:	if set, called by the driver's remove
 * @threads:	still to be joined
 */
struct bench {
	struct kunit *test;
	struct rvdev_device *rvdev;
	struct completion released;
	struct rpmsg_device *control;
	struct amp_main *main;
	spinlock_t main_lock;
	struct amp_main_plan memory;
	u64 features;
	wait_queue_head_t rung;
	atomic_t kicks[2];
	atomic_t faults;
	int vring_error;
	struct inbox inbox;
	rpmsg_rx_cb_t callback;
	int (*probe)(struct bench *bench, struct rpmsg_device *rpdev);
	void (*remove)(struct bench *bench, struct rpmsg_device *rpdev);
	struct list_head threads;
};

/* The driver of channels called "kunit" and "kunit-other". */
extern struct rpmsg_driver bench_driver;

/* The one whose vdev @dev is. */
struct bench *bench_from_device(struct device *dev);

/* A vdev that is down. Every failure ends the case. */
struct bench *bench_open(struct kunit *test, const struct bench_plan *plan);
/* The same, and up. */
struct bench *bench_open_up(struct kunit *test, const struct bench_plan *plan);
/* Off the bus; the case fails where somebody still holds the vdev. For the exit of every suite. */
void bench_close(struct kunit *test);
/* The main makes new rings, and DRIVER_OK. 0 or the driver's errno. */
int bench_up(struct bench *bench);
void bench_down(struct bench *bench);
/* Rings alone. */
void bench_make_rings(struct bench *bench);
struct rpmsg_remote *bench_remote(struct bench *bench);
/* A counter from debugfs. */
u64 bench_counter(struct bench *bench, const char *name);

/* The main sends; waits for a buffer where there is none. */
void bench_send(struct bench *bench, u32 src, u32 dst, const void *payload, int len);
/* One whose payload is a number. */
void bench_send_number(struct bench *bench, u32 dst, u32 number);
/* The main waits for a message; its buffer goes back at once. False, and the case fails: none came. */
bool bench_receive(struct bench *bench, struct amp_frame *frame, void *payload, u32 *used_len);
/* The main finds no message. */
bool bench_nothing_received(struct bench *bench);
/* A sender waits for a buffer, or @count of them do. */
void bench_await_waiters(struct bench *bench, unsigned int count);

/* A channel "kunit" at BENCH_SERVICE whose messages go to BENCH_MAIN, and its announcement taken. */
struct rpmsg_endpoint *bench_channel(struct bench *bench);
struct rpmsg_device *bench_create_channel(struct bench *bench, const char *name, u32 src, u32 dst);
int bench_release_channel(struct bench *bench, const char *name, u32 src, u32 dst);
struct rpmsg_endpoint *bench_endpoint(struct bench *bench, u32 src, rpmsg_rx_cb_t cb, void *priv);

void inbox_init(struct inbox *inbox);
void inbox_put(struct inbox *inbox, const void *data, int len, u32 src);
/* Waits until @count messages came in all. */
bool inbox_await(struct inbox *inbox, unsigned int count);
/* An endpoint's callback: priv is an inbox. */
int inbox_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src);

struct bench_thread {
	struct list_head node;
	struct task_struct *task;
	struct completion done;
	int (*run)(void *data);
	void *data;
	int result;
};

struct bench_thread *bench_spawn(struct bench *bench, int (*run)(void *data), void *data);
/* What it returned; fails the case where it does not end within @timeout. */
int bench_join(struct bench *bench, struct bench_thread *thread, long timeout);

/* Waits for a state that has no event; the case fails where it does not come. */
#define bench_await(bench, condition)							\
({											\
	const unsigned long until = jiffies + BENCH_PATIENCE;				\
	bool came;									\
											\
	while (!(came = (condition)) && time_before(jiffies, until))			\
		usleep_range(100, 500);							\
	KUNIT_EXPECT_TRUE_MSG((bench)->test, came, "never came: " #condition);		\
})

/* Lines of the kernel's log that have @text in them, from kunit_log_start() on. */
void kunit_log_start(struct kunit *test, const char *text);
unsigned int kunit_log_count(struct kunit *test);
/* As many as the usual limit of messages lets through since kunit_log_start(), where there was more to say. */
void kunit_log_expect_limited(struct kunit *test);
void kunit_log_stop(void);

#endif
