// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/rpmsg_remote/<vdev>/counters: one "name value" a line. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "rpmsg_remote.h"

static struct dentry *rpmsg_remote_root;

static void rpmsg_remote_show_direction(struct seq_file *file, const char *name,
					const struct amp_link_counters *counters)
{
	seq_printf(file, "%s_messages %llu\n", name, counters->messages);
	seq_printf(file, "%s_bytes %llu\n", name, counters->bytes);
	seq_printf(file, "%s_bad_buffers %llu\n", name, counters->bad_buffers);
	seq_printf(file, "%s_kicks %llu\n", name, counters->kicks);
	seq_printf(file, "%s_kicks_saved %llu\n", name, counters->kicks_saved);
}

static int rpmsg_remote_counters_show(struct seq_file *file, void *unused)
{
	struct rpmsg_remote *remote = file->private;
	struct rpmsg_remote_transmit *t = &remote->transmit;
	struct rpmsg_remote_receive *rx = &remote->receive;
	struct amp_link_counters counters;

	scoped_guard(spinlock_irqsave, &t->lock)
		amp_link_transmit_counters(remote->link, &counters);
	rpmsg_remote_show_direction(file, "transmit", &counters);
	seq_printf(file, "transmit_refused_down %llu\n", atomic64_read(&t->refused_down));
	seq_printf(file, "transmit_refused_full %llu\n", atomic64_read(&t->refused_full));
	seq_printf(file, "transmit_refused_unknown %llu\n", atomic64_read(&t->refused_unknown));
	seq_printf(file, "transmit_abandoned %llu\n", t->abandoned);

	scoped_guard(mutex, &rx->lock)
		amp_link_receive_counters(remote->link, &counters);
	rpmsg_remote_show_direction(file, "receive", &counters);
	seq_printf(file, "receive_batches %llu\n", rx->batches);
	seq_printf(file, "receive_no_endpoint %llu\n", rx->no_endpoint);
	seq_printf(file, "receive_refused %llu\n", rx->refused);
	seq_printf(file, "receive_bad_announcements %llu\n", rx->bad_announcements);
	seq_printf(file, "receive_parked %llu\n", rx->parked);

	seq_printf(file, "incarnation %u\n", remote->incarnation);
	seq_printf(file, "restarts %llu\n", remote->restarts);
	seq_printf(file, "channels_refused %llu\n", remote->channels_refused);
	seq_printf(file, "announcements_lost %llu\n", remote->announcements_lost);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rpmsg_remote_counters);

void rpmsg_remote_debugfs_add(struct rpmsg_remote *remote)
{
	remote->debugfs = debugfs_create_dir(dev_name(&remote->rvdev->dev), rpmsg_remote_root);
	debugfs_create_file("counters", 0400, remote->debugfs, remote, &rpmsg_remote_counters_fops);
}

void rpmsg_remote_debugfs_remove(struct rpmsg_remote *remote)
{
	debugfs_remove_recursive(remote->debugfs);
}

void rpmsg_remote_debugfs_init(void)
{
	rpmsg_remote_root = debugfs_create_dir("rpmsg_remote", NULL);
}

void rpmsg_remote_debugfs_exit(void)
{
	debugfs_remove_recursive(rpmsg_remote_root);
}
