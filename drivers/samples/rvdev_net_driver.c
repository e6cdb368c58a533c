// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device behind the main's virtio_net: an Ethernet interface of this Linux, joined to the main's by two vrings.
 * What one end sends the other receives; there is no switch, no offload and no second queue.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/of.h>
#include <linux/rvdev.h>
#include <linux/slab.h>
#include <uapi/amp/virtio_net.h>
#include <uapi/amp/virtio_ring.h>

#include "rvdev_net_frames.h"

#define RVDEV_NET_FEATURES							\
	(BIT_ULL(AMP_VIRTIO_NET_F_MAC) | BIT_ULL(AMP_VIRTIO_NET_F_MRG_RXBUF) |	\
	 BIT_ULL(AMP_VIRTIO_RING_F_EVENT_IDX))
#define RVDEV_NET_FRAME_MAX	(VLAN_ETH_HLEN + ETH_DATA_LEN)

/**
 * struct rvdev_net - one interface
 * @rvdev:	the vdev below it
 * @netdev:	the interface, of which this is the private part
 * @napi:	takes frames from the main
 * @lock:	one caller of @frames at a time
 * @frames:	the rings, while @up
 * @up:		the rings are there
 * @waiting:	the main was asked to ring for a buffer
 * @frame:	where a frame is copied to, by @napi alone
 */
struct rvdev_net {
	struct rvdev_device *rvdev;
	struct net_device *netdev;
	struct napi_struct napi;
	spinlock_t lock;
	struct amp_net_frames *frames;
	bool up;
	bool waiting;
	u8 frame[RVDEV_NET_FRAME_MAX];
};

static void rvdev_net_complain(struct rvdev_net *net, int err, const struct amp_rvdev_complaint *complaint)
{
	amp_rvdev_complain(net->rvdev, complaint);
	if (err == -EPROTO)
		net->rvdev->ops->fault(net->rvdev);
}

static void rvdev_net_deliver(struct rvdev_net *net, unsigned int size)
{
	struct net_device *netdev = net->netdev;
	struct sk_buff *skb = NULL;

	if (netif_running(netdev))
		skb = napi_alloc_skb(&net->napi, size);
	if (!skb) {
		netdev->stats.rx_dropped++;
		return;
	}
	skb_put_data(skb, net->frame, size);
	skb->protocol = eth_type_trans(skb, netdev);
	netdev->stats.rx_packets++;
	netdev->stats.rx_bytes += size;
	napi_gro_receive(&net->napi, skb);
}

/* One frame. True: there may be more. */
static bool rvdev_net_receive(struct rvdev_net *net)
{
	struct amp_rvdev_complaint complaint;
	int size;

	scoped_guard(spinlock, &net->lock)
		size = amp_net_frames_receive(net->frames, net->frame, sizeof(net->frame), &complaint);
	if (size >= 0) {
		rvdev_net_deliver(net, size);
		return true;
	}
	if (size == -EAGAIN)
		return false;
	net->netdev->stats.rx_errors++;
	rvdev_net_complain(net, size, &complaint);
	return size == -EBADMSG;
}

static int rvdev_net_poll(struct napi_struct *napi, int budget)
{
	struct rvdev_net *net = container_of(napi, struct rvdev_net, napi);
	bool kick, more = true;
	int done = 0;

	scoped_guard(spinlock, &net->lock)
		amp_net_frames_receive_hush(net->frames);
	while (done < budget) {
		more = rvdev_net_receive(net);
		if (!more)
			break;
		done++;
	}
	scoped_guard(spinlock, &net->lock)
		kick = amp_net_frames_receive_publish(net->frames);
	if (kick)
		net->rvdev->ops->kick(net->rvdev, AMP_VIRTIO_NET_TRANSMITQ);
	if (more || !napi_complete_done(napi, done))
		return done;
	scoped_guard(spinlock, &net->lock)
		more = amp_net_frames_receive_listen(net->frames);
	if (more)
		napi_schedule(napi);
	return done;
}

/* 1 kick the main, 0, or an error; -EAGAIN: none of its buffers is there, and it was asked to ring for the next. */
static int rvdev_net_send(struct rvdev_net *net, const struct sk_buff *skb, struct amp_rvdev_complaint *complaint)
{
	int ret;

	guard(spinlock)(&net->lock);
	if (!net->up)
		return -ENOTCONN;
	ret = amp_net_frames_send(net->frames, skb->data, skb->len, complaint);
	if (ret == -EAGAIN) {
		net->waiting = true;
		netif_stop_queue(net->netdev);
		if (amp_net_frames_send_listen(net->frames))
			netif_start_queue(net->netdev);
	} else if (net->waiting) {
		net->waiting = false;
		amp_net_frames_send_hush(net->frames);
	}
	return ret;
}

static netdev_tx_t rvdev_net_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct rvdev_net *net = netdev_priv(netdev);
	struct amp_rvdev_complaint complaint;
	int ret = rvdev_net_send(net, skb, &complaint);

	if (ret == -EAGAIN)
		return NETDEV_TX_BUSY;
	if (ret > 0)
		net->rvdev->ops->kick(net->rvdev, AMP_VIRTIO_NET_RECEIVEQ);
	if (ret >= 0) {
		netdev->stats.tx_packets++;
		netdev->stats.tx_bytes += skb->len;
	} else {
		netdev->stats.tx_errors++;
		if (ret != -ENOTCONN)
			rvdev_net_complain(net, ret, &complaint);
	}
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops rvdev_net_netdev_ops = {
	.ndo_start_xmit = rvdev_net_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
};

static void rvdev_net_notify(struct rvdev_device *rvdev, unsigned int index)
{
	struct rvdev_net *net = rvdev_get_drvdata(rvdev);

	if (index == AMP_VIRTIO_NET_RECEIVEQ)
		netif_wake_queue(net->netdev);
	else if (index == AMP_VIRTIO_NET_TRANSMITQ)
		napi_schedule(&net->napi);
}

static int rvdev_net_up(struct rvdev_device *rvdev)
{
	struct rvdev_net *net = rvdev_get_drvdata(rvdev);
	struct amp_rvdev_complaint complaint;
	struct amp_rvdev_rings *rings;
	int err;

	if (rvdev->ops->features(rvdev) & ~RVDEV_NET_FEATURES) {
		dev_err(&rvdev->dev, "main chose features 0x%llx, expected none but 0x%llx\n",
			rvdev->ops->features(rvdev), RVDEV_NET_FEATURES);
		return -EOPNOTSUPP;
	}
	rings = kzalloc(sizeof(*rings), GFP_KERNEL);
	if (!rings)
		return -ENOMEM;
	err = amp_rvdev_rings_get(rvdev, rings);
	if (!err) {
		err = amp_net_frames_start(net->frames, rings, &complaint);
		if (err)
			amp_rvdev_complain(rvdev, &complaint);
	}
	kfree(rings);
	if (err)
		return err;
	scoped_guard(spinlock_bh, &net->lock) {
		net->up = true;
		net->waiting = false;
	}
	napi_enable(&net->napi);
	netif_carrier_on(net->netdev);
	dev_info(&rvdev->dev, "%s is connected to the main's virtio_net\n", netdev_name(net->netdev));
	return 0;
}

static void rvdev_net_down(struct rvdev_device *rvdev)
{
	struct rvdev_net *net = rvdev_get_drvdata(rvdev);

	netif_carrier_off(net->netdev);
	napi_disable(&net->napi);
	scoped_guard(spinlock_bh, &net->lock)
		net->up = false;
	dev_info(&rvdev->dev, "%s is disconnected\n", netdev_name(net->netdev));
}

static bool rvdev_net_intact(struct rvdev_device *rvdev)
{
	struct rvdev_net *net = rvdev_get_drvdata(rvdev);

	guard(spinlock_bh)(&net->lock);
	return amp_net_frames_intact(net->frames);
}

/* The main's neighbour: its address but for the last bit, so that it is the same each time. */
static void rvdev_net_set_address(struct net_device *netdev, struct device_node *node)
{
	struct amp_virtio_net_config config;

	if (of_property_read_u8_array(node, "virtio,config", config.mac, sizeof(config.mac)) ||
	    !is_valid_ether_addr(config.mac)) {
		eth_hw_addr_random(netdev);
		return;
	}
	config.mac[ETH_ALEN - 1] ^= 1;
	eth_hw_addr_set(netdev, config.mac);
}

static int rvdev_net_probe(struct rvdev_device *rvdev)
{
	struct net_device *netdev;
	struct rvdev_net *net;
	int err;

	if (rvdev->num_vrings != 2) {
		dev_err(&rvdev->dev, "%u vrings, expected 2\n", rvdev->num_vrings);
		return -EINVAL;
	}
	netdev = alloc_etherdev(sizeof(*net));
	if (!netdev)
		return -ENOMEM;
	SET_NETDEV_DEV(netdev, &rvdev->dev);
	netdev->netdev_ops = &rvdev_net_netdev_ops;
	rvdev_net_set_address(netdev, rvdev->dev.of_node);
	netif_carrier_off(netdev);

	net = netdev_priv(netdev);
	net->rvdev = rvdev;
	net->netdev = netdev;
	spin_lock_init(&net->lock);
	netif_napi_add(netdev, &net->napi, rvdev_net_poll);
	net->frames = kzalloc(amp_net_frames_size(), GFP_KERNEL);
	err = net->frames ? register_netdev(netdev) : -ENOMEM;
	if (err) {
		kfree(net->frames);
		free_netdev(netdev);
		return err;
	}
	rvdev_set_drvdata(rvdev, net);
	return 0;
}

static void rvdev_net_remove(struct rvdev_device *rvdev)
{
	struct rvdev_net *net = rvdev_get_drvdata(rvdev);

	unregister_netdev(net->netdev);
	kfree(net->frames);
	free_netdev(net->netdev);
}

static const struct rvdev_id rvdev_net_ids[] = {
	{ AMP_VIRTIO_ID_NET },
	{ }
};

static struct rvdev_driver rvdev_net_driver = {
	.driver.name = "rvdev_net",
	.id_table = rvdev_net_ids,
	.probe = rvdev_net_probe,
	.remove = rvdev_net_remove,
	.up = rvdev_net_up,
	.down = rvdev_net_down,
	.notify = rvdev_net_notify,
	.intact = rvdev_net_intact,
};
module_rvdev_driver(rvdev_net_driver);

MODULE_DESCRIPTION("The device behind a main processor's virtio_net");
MODULE_AUTHOR("Linux Remote project");
MODULE_LICENSE("GPL");
MODULE_ALIAS(RVDEV_ALIAS(1));
