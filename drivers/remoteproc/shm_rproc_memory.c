// SPDX-License-Identifier: GPL-2.0-only
/* Memory that we share with the remote: found in DT, checked, mapped once, offered to mainline as carve-outs. */
#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>
#include <linux/sizes.h>

#include "shm_rproc.h"

#define TABLE_NAME "rsc-table"
#define POOL_NAME "buffer"
#define TABLE_SIZE_MIN 16
#define TABLE_SIZE_MAX SZ_64K /* a table is some hundred bytes; the rest of a larger region is not looked at */

enum region_kind {
	REGION_TABLE,
	REGION_VRING,
	REGION_BUFFER,
	REGION_POOL,
	REGION_CONTROL,
	REGION_LOAD,
	REGION_UNKNOWN,
};

static bool is_declared(const struct shm_rproc *shm, unsigned int vdev)
{
	return shm->declared & BIT(vdev);
}

static enum region_kind region_kind(const struct shm_rproc *shm, const char *name, unsigned int *vdev,
				    unsigned int *vring)
{
	char again[32];

	if (!strcmp(name, TABLE_NAME))
		return REGION_TABLE;
	if (!strcmp(name, SHM_RPROC_CONTROL))
		return REGION_CONTROL;
	if (!strcmp(name, POOL_NAME))
		return REGION_POOL;
	if (sscanf(name, "vdev%uvring%u", vdev, vring) == 2 && *vdev < SHM_RPROC_VDEVS_MAX &&
	    *vring < (is_declared(shm, *vdev) ? SHM_RPROC_VDEV_VRINGS_MAX : RVDEV_NUM_VRINGS)) {
		snprintf(again, sizeof(again), "vdev%uvring%u", *vdev, *vring);
		if (!strcmp(name, again))
			return REGION_VRING;
	}
	if (sscanf(name, "vdev%ubuffer", vdev) == 1 && *vdev < SHM_RPROC_VDEVS_MAX) {
		snprintf(again, sizeof(again), "vdev%ubuffer", *vdev);
		if (!strcmp(name, again))
			return REGION_BUFFER;
	}
	/* Of a remote that we load, what is no misspelt part of a vdev is memory to load into. */
	if (shm->bootable && strncmp(name, "vdev", 4) && strlen(name) < sizeof(again))
		return REGION_LOAD;
	return REGION_UNKNOWN;
}

struct shm_rproc_region *shm_rproc_find_region(struct shm_rproc *shm, const char *name)
{
	unsigned int i;

	for (i = 0; i < shm->region_count; i++)
		if (!strcmp(shm->regions[i].name, name))
			return &shm->regions[i];
	return NULL;
}

static int check_region(struct shm_rproc *shm, const struct shm_rproc_region *region, enum region_kind kind,
			struct device_node *node)
{
	struct device *dev = shm->dev;
	const struct shm_rproc_region *other;

	if (shm_rproc_find_region(shm, region->name))
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\" is named twice\n", region->name);
	if (!of_property_read_bool(node, "no-map"))
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\": %pOF lacks no-map\n", region->name, node);
	if (kind == REGION_VRING && region->base + region->size - 1 > U32_MAX)
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\" at %pa: a resource table cannot name memory above 4 GiB\n",
				     region->name, &region->base);
	if (kind == REGION_TABLE && region->size < TABLE_SIZE_MIN)
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\" has %zu bytes, a resource table takes at least %d\n",
				     region->name, region->size, TABLE_SIZE_MIN);
	if (kind == REGION_TABLE && !IS_ALIGNED(region->base, sizeof(u64)))
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\" at %pa is not aligned to 8 bytes\n",
				     region->name, &region->base);
	if (kind == REGION_CONTROL && (region->size < sizeof(struct amp_boot_control) || !IS_ALIGNED(region->base, 64)))
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\" at %pa has %zu bytes, expected at least %zu aligned to 64\n",
				     region->name, &region->base, region->size, sizeof(struct amp_boot_control));
	if ((kind == REGION_BUFFER || kind == REGION_POOL) && !of_device_is_compatible(node, "shared-dma-pool"))
		return dev_err_probe(dev, -EINVAL, "memory region \"%s\": %pOF is no shared-dma-pool\n", region->name,
				     node);
	for (other = shm->regions; other < shm->regions + shm->region_count; other++)
		if (region->base < other->base + other->size && other->base < region->base + region->size)
			return dev_err_probe(dev, -EINVAL, "memory regions \"%s\" at %pa and \"%s\" at %pa overlap\n",
					     region->name, &region->base, other->name, &other->base);
	return 0;
}

static int map_region(struct shm_rproc *shm, struct shm_rproc_region *region)
{
	bool coherent = of_dma_is_coherent(shm->dev->of_node);

	region->va = devm_memremap(shm->dev, region->base, region->size, coherent ? MEMREMAP_WB : MEMREMAP_WC);
	if (!IS_ERR_OR_NULL(region->va))
		return 0;
	return dev_err_probe(shm->dev, region->va ? PTR_ERR(region->va) : -ENOMEM,
			     "memory region \"%s\": cannot map %zu bytes at %pa\n", region->name, region->size,
			     &region->base);
}

static int read_region(struct shm_rproc *shm, unsigned int index)
{
	struct shm_rproc_region region = {};
	struct device *dev = shm->dev;
	struct reserved_mem *memory;
	struct device_node *node;
	unsigned int vdev, vring;
	enum region_kind kind;
	int ret;

	if (of_property_read_string_index(dev->of_node, "memory-region-names", index, &region.name))
		return dev_err_probe(dev, -EINVAL, "memory-region-names lacks a name for memory-region %u\n", index);
	kind = region_kind(shm, region.name, &vdev, &vring);
	if (kind == REGION_UNKNOWN)
		return dev_err_probe(dev, -EINVAL, "memory-region-names: \"%s\" is none of buffer, rsc-table, vdevNvringM, vdevNbuffer (N up to %d, M up to %d)\n",
				     region.name, SHM_RPROC_VDEVS_MAX - 1, RVDEV_NUM_VRINGS - 1);

	node = of_parse_phandle(dev->of_node, "memory-region", index);
	memory = node ? of_reserved_mem_lookup(node) : NULL;
	if (!memory || !memory->size) {
		ret = dev_err_probe(dev, -EINVAL, "memory region \"%s\": %pOF is not in /reserved-memory\n",
				    region.name, node);
		goto put;
	}
	if (kind == REGION_POOL && index) {
		ret = dev_err_probe(dev, -EINVAL, "memory region \"" POOL_NAME "\" is region %u, and looked for as the first\n",
				    index);
		goto put;
	}
	region.base = memory->base;
	region.size = memory->size;

	ret = check_region(shm, &region, kind, node);
	if (!ret && kind != REGION_BUFFER && kind != REGION_POOL)
		ret = map_region(shm, &region);
	if (ret)
		goto put;

	if (kind == REGION_VRING && !is_declared(shm, vdev))
		shm->carveouts[vdev * RVDEV_NUM_VRINGS + vring] = (struct amp_shm_carveout){
			.da = region.base,
			.size = min_t(u64, region.size, U32_MAX),
		};
	region.loadable = kind == REGION_LOAD || kind == REGION_TABLE;
	region.named = kind != REGION_TABLE && kind != REGION_CONTROL && kind != REGION_POOL &&
		       region.base + region.size - 1 <= U32_MAX;
	if (region.named)
		shm->names[shm->name_count++] = region.name;
	shm->regions[shm->region_count++] = region;
put:
	of_node_put(node);
	return ret;
}

/*
 * Whatever mainline does not find as a carve-out of ours it allocates from memory that the remote does not see: each
 * vdev is complete, or has a subnode, or is not there.
 */
static int check_complete(struct shm_rproc *shm)
{
	unsigned int i;

	if (!shm->bootable && !shm_rproc_find_region(shm, TABLE_NAME))
		return dev_err_probe(shm->dev, -EINVAL, "memory-region-names lacks \"" TABLE_NAME "\"\n");
	for (i = 0; i < ARRAY_SIZE(shm->carveouts); i++) {
		char name[32];

		if (!shm->carveouts[i].size)
			continue;
		snprintf(name, sizeof(name), "vdev%ubuffer", i / RVDEV_NUM_VRINGS);
		if (!shm_rproc_find_region(shm, name) && !shm_rproc_find_region(shm, POOL_NAME))
			return dev_err_probe(shm->dev, -EINVAL, "memory-region-names lacks \"%s\"\n", name);
	}
	return 0;
}

/**
 * shm_rproc_read_regions() - read memory-region of our node, check it and map what we touch
 * @shm:	with dev set
 *
 * Context: process, at probe. Return: 0, or an errno after one message that names the property or the region.
 */
int shm_rproc_read_regions(struct shm_rproc *shm)
{
	struct device *dev = shm->dev;
	int count = of_count_phandle_with_args(dev->of_node, "memory-region", NULL);
	int i, ret;

	if (count <= 0)
		return dev_err_probe(dev, -EINVAL, "memory-region is missing\n");
	if (count > SHM_RPROC_REGIONS_MAX)
		return dev_err_probe(dev, -EINVAL, "memory-region has %d entries, at most %zu are possible\n", count,
				     (size_t)SHM_RPROC_REGIONS_MAX);
	shm->regions = devm_kcalloc(dev, count, sizeof(*shm->regions), GFP_KERNEL);
	shm->names = devm_kcalloc(dev, count, sizeof(*shm->names), GFP_KERNEL);
	if (!shm->regions || !shm->names)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		ret = read_region(shm, i);
		if (ret)
			return ret;
	}
	return check_complete(shm);
}

/**
 * shm_rproc_add_carveouts() - give the core our regions under the names that it looks for
 * @shm:	with regions read
 *
 * The core forgets them at every detach. Context: process, rproc->lock held. Return: 0 or -ENOMEM.
 */
int shm_rproc_add_carveouts(struct shm_rproc *shm)
{
	unsigned int i;

	for (i = 0; i < shm->region_count; i++) {
		struct shm_rproc_region *region = &shm->regions[i];
		struct rproc_mem_entry *entry;

		if (!region->named)
			continue;
		/* Where code lies shm_rproc_boot.c says to the core, which cuts addresses to 32 bits. */
		if (region->va)
			entry = rproc_mem_entry_init(shm->dev, region->loadable ? NULL : region->va, region->base,
						     region->size, region->base, NULL, NULL, "%s", region->name);
		else
			entry = rproc_of_resm_mem_entry_init(shm->dev, i, region->size, region->base, "%s",
							     region->name);
		if (!entry)
			return -ENOMEM;
		rproc_add_carveout(shm->rproc, entry);
	}
	return 0;
}

/**
 * shm_rproc_init_table() - set up the table that stands between the remote and the core
 * @shm:	with regions and doorbells
 *
 * Context: process, at probe. Return: 0 or -ENOMEM.
 */
int shm_rproc_init_table(struct shm_rproc *shm)
{
	struct shm_rproc_region *region = shm_rproc_find_region(shm, TABLE_NAME);
	size_t size = region ? min_t(size_t, region->size, TABLE_SIZE_MAX) : TABLE_SIZE_MAX;
	struct amp_shm_limits limits = {
		.carveouts = shm->carveouts,
		.carveout_count = ARRAY_SIZE(shm->carveouts),
		.names = shm->names,
		.name_count = shm->name_count,
		.bells = shm->one_bell ? U32_MAX : shm->bells,
		.page_size = PAGE_SIZE,
		.declared = shm->declared,
	};
	void *base;

	shm->table = devm_kzalloc(shm->dev, amp_shm_table_footprint(), GFP_KERNEL);
	shm->copy = devm_kzalloc(shm->dev, size, GFP_KERNEL);
	base = devm_kzalloc(shm->dev, size, GFP_KERNEL);
	if (!shm->table || !shm->copy || !base)
		return -ENOMEM;
	shm->copy_size = size;
	amp_shm_table_init(shm->table, region ? region->va : NULL, shm->copy, base, size, &limits);
	return 0;
}
