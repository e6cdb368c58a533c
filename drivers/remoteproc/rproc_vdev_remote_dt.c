// SPDX-License-Identifier: GPL-2.0-only
/* What devicetree says of a link and its vdevs: read, checked, and made into the plan that the C++ side follows. */
#include <linux/mailbox_controller.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <uapi/amp/rpmsg.h>
#include <uapi/amp/virtio_ring.h>

#include "rproc_vdev_remote.h"

static const char * const rproc_vdev_compatible[] = { "virtio,rproc", "rproc-virtio" };

static void rproc_vdev_device_release(struct device *dev)
{
	struct rproc_vdev_device *vdev = to_rproc_vdev_device(to_rvdev(dev));

	of_node_put(dev->of_node);
	kfree(vdev);
}

static int rproc_vdev_name_index(struct device_node *node, const char *property, const char *stem, unsigned int i)
{
	char name[16];

	snprintf(name, sizeof(name), "%s%u", stem, i);
	return of_property_match_string(node, property, name);
}

/* How many of "@stem0", "@stem1", ... the strings in @property name without a gap. */
static unsigned int rproc_vdev_count_names(struct device_node *node, const char *property, const char *stem)
{
	unsigned int i = 0;

	while (i <= AMP_VDEV_VRINGS_MAX && rproc_vdev_name_index(node, property, stem, i) >= 0)
		i++;
	return i;
}

static int rproc_vdev_describe_vrings(struct rproc_vdev_remote *remote, struct device_node *node,
				      struct amp_vdev_plan *plan)
{
	int sizes = of_property_count_u32_elems(node, "virtio,vring-sizes");
	unsigned int regions = rproc_vdev_count_names(node, "memory-region-names", "vring");
	unsigned int bells = rproc_vdev_count_names(node, "mbox-names", "vq");
	unsigned int i;

	if (remote->plan.build && sizes <= 0)
		return dev_err_probe(remote->dev, -EINVAL,
				     "%pOF: virtio,vring-sizes is missing, and the table is built from it\n", node);
	plan->vrings = sizes > 0 ? sizes : max(regions, bells);
	if (!plan->vrings || plan->vrings > AMP_VDEV_VRINGS_MAX)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: %u vrings described, expected 1 to %u\n", node,
				     plan->vrings, AMP_VDEV_VRINGS_MAX);
	if (bells && bells != plan->vrings)
		return dev_err_probe(remote->dev, -EINVAL,
				     "%pOF: %u mailboxes vq0.. for %u vrings: expected one each, or one named \"vq\"\n",
				     node, bells, plan->vrings);
	if ((regions || remote->plan.build) && regions < plan->vrings)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: memory-region \"vring%u\" is missing, of %u vrings\n",
				     node, regions, plan->vrings);
	if (regions > plan->vrings)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: memory-region \"vring%u\", but %u vrings\n",
				     node, regions - 1, plan->vrings);
	if (sizes > 0 && of_property_read_u32_array(node, "virtio,vring-sizes", plan->ring_num, sizes))
		return -EINVAL;
	plan->align = 4096;
	of_property_read_u32(node, "virtio,vring-align", &plan->align);
	for (i = 0; i < plan->vrings; i++)
		plan->ring_region[i] = AMP_VDEV_NO_REGION;
	return 0;
}

static int rproc_vdev_describe_regions(struct rproc_vdev_remote *remote, struct device_node *node,
				       struct amp_vdev_plan *plan)
{
	int count = of_count_phandle_with_args(node, "memory-region", NULL);
	struct amp_region *list;
	unsigned int n = 0;
	int i, ret;

	if (count <= 0)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: memory-region is missing\n", node);
	list = devm_kcalloc(remote->dev, count, sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct rproc_vdev_region *region;
		unsigned int at, ring;

		ret = rproc_vdev_region_get(remote, node, i, &region);
		if (ret)
			return ret;
		for (at = 0; at < n; at++)
			if (list[at].va == region->va)
				break;
		if (at == n)
			list[n++] = (struct amp_region){ .da = region->start, .va = region->va, .size = region->size };
		for (ring = 0; ring < plan->vrings; ring++)
			if (rproc_vdev_name_index(node, "memory-region-names", "vring", ring) == i)
				plan->ring_region[ring] = at;
	}
	plan->regions = list;
	plan->num_regions = n;
	return 0;
}

static int rproc_vdev_describe_config(struct rproc_vdev_remote *remote, struct device_node *node,
				      struct amp_vdev_plan *plan)
{
	int len = of_property_count_u8_elems(node, "virtio,config");
	u8 *config;

	if (len <= 0)
		return 0;
	config = devm_kzalloc(remote->dev, len, GFP_KERNEL);
	if (!config)
		return -ENOMEM;
	plan->config = config;
	plan->config_len = len;
	return of_property_read_u8_array(node, "virtio,config", config, len);
}

static int rproc_vdev_describe(struct rproc_vdev_remote *remote, struct device_node *node)
{
	struct rproc_vdev_device *vdev;
	struct amp_vdev_plan *plan;
	u32 index, id;
	int ret;

	if (of_property_read_u32(node, "reg", &index) || index >= AMP_VDEVS_MAX)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: reg is missing or not below %u\n", node,
				     AMP_VDEVS_MAX);
	if (remote->vdev[index])
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: reg %u is that of %pOF already\n", node, index,
				     remote->vdev[index]->rvdev.dev.of_node);
	if (of_property_read_u32(node, "virtio,id", &id) || !id)
		return dev_err_probe(remote->dev, -EINVAL,
				     "%pOF: virtio,id is missing or 0, expected a virtio device id such as 7, rpmsg\n",
				     node);

	plan = &remote->plan.vdev[index];
	plan->id = id;
	plan->features = BIT(AMP_VIRTIO_RING_F_EVENT_IDX);
	if (id == AMP_VIRTIO_ID_RPMSG)
		plan->features |= BIT(AMP_VIRTIO_RPMSG_F_NS);
	of_property_read_u32(node, "virtio,device-features", &plan->features);
	ret = rproc_vdev_describe_vrings(remote, node, plan);
	if (ret)
		return ret;
	ret = rproc_vdev_describe_regions(remote, node, plan);
	if (ret)
		return ret;
	ret = rproc_vdev_describe_config(remote, node, plan);
	if (ret)
		return ret;

	vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);
	if (!vdev)
		return -ENOMEM;
	vdev->remote = remote;
	vdev->plan = plan;
	vdev->rvdev.id.device = id;
	vdev->rvdev.index = index;
	vdev->rvdev.num_vrings = plan->vrings;
	vdev->rvdev.ops = &rproc_vdev_rvdev_ops;
	rvdev_init(&vdev->rvdev);
	vdev->rvdev.dev.parent = remote->dev;
	vdev->rvdev.dev.release = rproc_vdev_device_release;
	device_set_node(&vdev->rvdev.dev, of_fwnode_handle(of_node_get(node)));
	remote->vdev[index] = vdev;
	return dev_set_name(&vdev->rvdev.dev, "%s:vdev%u", dev_name(remote->dev), index);
}

static int rproc_vdev_describe_link(struct rproc_vdev_remote *remote)
{
	struct device_node *node = remote->dev->of_node;
	struct rproc_vdev_region *table;
	int index, ret;

	if (of_property_read_bool(node, "virtio,cached"))
		return dev_err_probe(remote->dev, -EOPNOTSUPP,
				     "%pOF: virtio,cached: memory that is cached but not coherent is not served yet\n",
				     node);
	index = of_property_match_string(node, "memory-region-names", "rsc-table");
	if (index < 0)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: memory-region \"rsc-table\" is missing\n", node);
	ret = rproc_vdev_region_get(remote, node, index, &table);
	if (ret)
		return ret;
	remote->plan.table = table->va;
	remote->plan.table_size = table->size;
	remote->plan.build = of_property_read_bool(node, "virtio,build-resource-table");
	return 0;
}

/**
 * rproc_vdev_remote_describe() - fill in the plan and make the vdevs, not yet on the bus
 * @remote:	the link
 *
 * Return: 0 or an errno, which was reported; rproc_vdev_remote_forget() undoes it either way.
 */
int rproc_vdev_remote_describe(struct rproc_vdev_remote *remote)
{
	struct device_node *node;
	unsigned int i;
	int ret;

	ret = rproc_vdev_describe_link(remote);
	if (ret)
		return ret;
	for_each_available_child_of_node(remote->dev->of_node, node) {
		for (i = 0; i < ARRAY_SIZE(rproc_vdev_compatible); i++)
			if (of_device_is_compatible(node, rproc_vdev_compatible[i]))
				break;
		if (i == ARRAY_SIZE(rproc_vdev_compatible))
			ret = dev_err_probe(remote->dev, -EINVAL, "%pOF: expected compatible \"%s\"\n", node,
					    rproc_vdev_compatible[0]);
		else
			ret = rproc_vdev_describe(remote, node);
		if (ret) {
			of_node_put(node);
			return ret;
		}
		remote->plan.vdevs++;
	}
	if (!remote->plan.vdevs)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: has no vdev@N node\n", remote->dev->of_node);
	for (i = 0; i < remote->plan.vdevs; i++)
		if (!remote->vdev[i])
			return dev_err_probe(remote->dev, -EINVAL, "%pOF: %u vdevs, but none has reg %u\n",
					     remote->dev->of_node, remote->plan.vdevs, i);
	return 0;
}

static void rproc_vdev_count_ring(struct rproc_vdev_device *vdev)
{
	struct device *dev = &vdev->rvdev.dev;

	if (device_may_wakeup(dev))
		pm_wakeup_dev_event(dev, 0, true);
	atomic_long_inc(&vdev->count.kicks_in);
}

static void rproc_vdev_rung_vring(struct rproc_vdev_doorbell *bell)
{
	struct rproc_vdev_device *vdev = container_of(bell - bell->message, struct rproc_vdev_device, bells[0]);

	rproc_vdev_count_ring(vdev);
	rvdev_notify(&vdev->rvdev, bell->message);
	if (!READ_ONCE(vdev->rvdev.up))
		rproc_vdev_look_soon(vdev->remote);
}

static void rproc_vdev_ring_all(struct rproc_vdev_device *vdev)
{
	unsigned int i;

	rproc_vdev_count_ring(vdev);
	for (i = 0; i < vdev->rvdev.num_vrings; i++)
		rvdev_notify(&vdev->rvdev, i);
	if (!READ_ONCE(vdev->rvdev.up))
		rproc_vdev_look_soon(vdev->remote);
}

static void rproc_vdev_rung_vdev(struct rproc_vdev_doorbell *bell)
{
	rproc_vdev_ring_all(container_of(bell, struct rproc_vdev_device, bells[0]));
}

static void rproc_vdev_rung_link(struct rproc_vdev_doorbell *bell)
{
	struct rproc_vdev_remote *remote = container_of(bell, struct rproc_vdev_remote, all);
	unsigned int i;

	for (i = 0; i < remote->plan.vdevs; i++)
		rproc_vdev_ring_all(remote->vdev[i]);
}

static void rproc_vdev_rung_ctrl(struct rproc_vdev_doorbell *bell)
{
	rproc_vdev_look_soon(container_of(bell, struct rproc_vdev_remote, ctrl));
}

/* @dev has the node with the mailbox @name. -ENOENT, silently: it names none. */
static int rproc_vdev_open(struct rproc_vdev_remote *remote, struct rproc_vdev_doorbell *bell, struct device *dev,
			   const char *name, void (*rung)(struct rproc_vdev_doorbell *bell))
{
	int ret;

	bell->rung = rung;
	ret = rproc_vdev_doorbell_open(bell, dev, name);
	if (ret == -ENOENT)
		return ret;
	if (ret)
		return dev_err_probe(remote->dev, ret, "%pOF: mailbox \"%s\" is %s\n", dev->of_node, name,
				     ret == -EPROBE_DEFER ? "not there yet" :
				     ret == -EBUSY ? "in use by somebody else" : "not one of its controller's");
	/* The controller goes away after us only. */
	if (!device_link_add(remote->dev, bell->chan->mbox->dev, DL_FLAG_AUTOPROBE_CONSUMER))
		return dev_err_probe(remote->dev, -ENODEV, "%pOF: mailbox \"%s\": no device link to its controller\n",
				     dev->of_node, name);
	return 0;
}

static int rproc_vdev_open_vdev(struct rproc_vdev_remote *remote, struct rproc_vdev_device *vdev)
{
	struct device *dev = &vdev->rvdev.dev;
	unsigned int i;
	char name[8];
	int ret;

	ret = rproc_vdev_open(remote, &vdev->bells[0], dev, "vq", rproc_vdev_rung_vdev);
	if (!ret)
		vdev->num_bells = 1;
	if (ret != -ENOENT)
		return ret;
	for (i = 0; i < vdev->plan->vrings; i++) {
		snprintf(name, sizeof(name), "vq%u", i);
		vdev->bells[i].message = i;
		ret = rproc_vdev_open(remote, &vdev->bells[i], dev, name, rproc_vdev_rung_vring);
		if (ret)
			break;
		vdev->num_bells++;
	}
	if (ret == -ENOENT && !i && remote->all.chan)
		return 0;
	if (ret == -ENOENT)
		return dev_err_probe(remote->dev, -EINVAL, "%pOF: mailbox \"vq%u\" is missing\n", dev->of_node, i);
	return ret;
}

/**
 * rproc_vdev_remote_doorbells() - take the mailboxes of a link
 * @remote:	described
 *
 * Return: 0, -EPROBE_DEFER, or an errno, which was reported; rproc_vdev_remote_forget() undoes it either way.
 */
int rproc_vdev_remote_doorbells(struct rproc_vdev_remote *remote)
{
	unsigned int i;
	int ret;

	ret = rproc_vdev_open(remote, &remote->ctrl, remote->dev, "ctrl", rproc_vdev_rung_ctrl);
	if (ret && ret != -ENOENT)
		return ret;
	ret = rproc_vdev_open(remote, &remote->all, remote->dev, "vq", rproc_vdev_rung_link);
	if (ret && ret != -ENOENT)
		return ret;
	for (i = 0; i < remote->plan.vdevs; i++) {
		ret = rproc_vdev_open_vdev(remote, remote->vdev[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * rproc_vdev_remote_forget() - undo describe and doorbells
 * @remote:	its vdevs are off the bus
 */
void rproc_vdev_remote_forget(struct rproc_vdev_remote *remote)
{
	unsigned int i, bell;

	rproc_vdev_doorbell_close(&remote->all);
	rproc_vdev_doorbell_close(&remote->ctrl);
	for (i = 0; i < AMP_VDEVS_MAX; i++) {
		struct rproc_vdev_device *vdev = remote->vdev[i];

		if (!vdev)
			continue;
		for (bell = 0; bell < AMP_VDEV_VRINGS_MAX; bell++)
			rproc_vdev_doorbell_close(&vdev->bells[bell]);
		remote->vdev[i] = NULL;
		put_device(&vdev->rvdev.dev);
	}
}
