// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware for a remote that we start: checked, and put where it belongs.
 *
 * Mainline's ELF loader copies the segments. The resource table comes from our file system, and the core works on a
 * private copy of it to the end: what lies in shared memory is written from that copy, as where we attach.
 */
#include <linux/firmware.h>
#include <linux/slab.h>

#include "shm_rproc_boot.h"

static int check_image(struct rproc *rproc, const struct firmware *fw)
{
	struct shm_rproc *shm = rproc->priv;
	struct amp_shm_image_complaint complaint;
	const struct amp_complaint *why = &complaint.why;
	struct shm_rproc_boot *boot = shm->boot;
	char where[24] = "";

	if (amp_shm_image_check(fw->data, fw->size, shm_rproc_machine(shm), boot->areas, boot->area_count,
				&boot->image, &complaint))
		return 0;
	if (complaint.segment != AMP_SHM_NO_SEGMENT)
		snprintf(where, sizeof(where), " segment %u:", complaint.segment);
	if (why->value > U16_MAX || why->limit > U16_MAX)
		dev_err(shm->dev, "firmware %s refused:%s %s 0x%llx, got 0x%llx\n", rproc->firmware, where, why->what,
			why->limit, why->value);
	else
		dev_err(shm->dev, "firmware %s refused:%s %s %llu, got %llu\n", rproc->firmware, where, why->what,
			why->limit, why->value);
	return -EINVAL;
}

static int firmware_sanity_check(struct rproc *rproc, const struct firmware *fw)
{
	struct shm_rproc *shm = rproc->priv;
	int ret = check_image(rproc, fw);

	return ret ?: shm->boot->mainline.sanity_check(rproc, fw);
}

static int add_dump_segments(struct shm_rproc *shm)
{
	struct shm_rproc_boot *boot = shm->boot;
	unsigned int i;
	int ret = rproc_coredump_set_elf_info(shm->rproc, boot->image.elf_class, boot->image.machine);

	for (i = 0; !ret && i < boot->area_count; i++)
		if (boot->image.loads & BIT_ULL(i))
			ret = rproc_coredump_add_segment(shm->rproc, boot->areas[i].da, boot->areas[i].size);
	return ret;
}

/* What the core must not see it does not see: the checks of a remote's table hold for that of a file, too. */
static int take_table(struct shm_rproc *shm)
{
	struct rproc *rproc = shm->rproc;
	struct amp_shm_complaint complaint;

	if (rproc->table_sz > shm->copy_size) {
		dev_err(shm->dev, "firmware %s refused: its resource table has %zu bytes, at most %zu are possible\n",
			rproc->firmware, rproc->table_sz, shm->copy_size);
		return -EINVAL;
	}
	memcpy(shm->copy, rproc->cached_table, rproc->table_sz);
	if (!amp_shm_table_adopt(shm->table, rproc->table_sz, &complaint)) {
		shm_rproc_tell_refusal(shm, &complaint, true);
		return -EINVAL;
	}
	/* Vdevs that the core would choke on are of another type now. */
	memcpy(rproc->cached_table, shm->copy, rproc->table_sz);
	return 0;
}

static int firmware_parse_fw(struct rproc *rproc, const struct firmware *fw)
{
	struct shm_rproc *shm = rproc->priv;
	int ret;

	ret = shm->boot->mainline.parse_fw(rproc, fw);
	if (!ret)
		ret = take_table(shm);
	if (!ret)
		ret = add_dump_segments(shm);
	if (ret == -ENOMEM)
		dev_err(&rproc->dev, "no memory to load firmware %s\n", rproc->firmware);
	if (ret) {
		kfree(rproc->cached_table);
		rproc->cached_table = NULL;
		rproc->table_ptr = NULL;
	}
	return ret;
}

static int firmware_load(struct rproc *rproc, const struct firmware *fw)
{
	struct shm_rproc *shm = rproc->priv;
	int ret;

	/* A recovery reads the file again, and asks nobody. */
	ret = check_image(rproc, fw);
	if (!ret)
		ret = shm_rproc_make_quiet(shm);
	return ret ?: shm->boot->mainline.load(rproc, fw);
}

/* The core copies its table there, and works on it while the remote runs. */
static struct resource_table *firmware_find_loaded_rsc_table(struct rproc *rproc, const struct firmware *fw)
{
	struct shm_rproc *shm = rproc->priv;

	return shm->copy;
}

static void *find_area(struct shm_rproc *shm, u64 da, size_t size)
{
	const struct amp_region *area;

	for (area = shm->boot->areas; area < shm->boot->areas + shm->boot->area_count; area++)
		if (da >= area->da && da - area->da <= area->size && size <= area->size - (da - area->da))
			return area->va + (da - area->da);
	return NULL;
}

/**
 * shm_rproc_da_to_va() - where is that memory of the remote's?
 * @rproc:	of which we are the driver
 * @da:		address
 * @size:	bytes from there
 * @is_iomem:	not touched: nothing of it is
 *
 * Context: any. Return: NULL where not all of it is in one region to load into.
 */
void *shm_rproc_da_to_va(struct rproc *rproc, u64 da, size_t size, bool *is_iomem)
{
	return find_area(rproc->priv, da, size);
}

/**
 * shm_rproc_lay_table() - show the remote its resource table
 * @shm:	us
 * @da:		set to where it is: where the file says, for firmware that knows it from its linker; else in the region
 *		for it
 *
 * Context: process, rproc->lock held. Return: 0, or an errno after a message. Undone by shm_rproc_let_go().
 */
int shm_rproc_lay_table(struct shm_rproc *shm, u64 *da)
{
	const struct shm_rproc_region *region = shm_rproc_find_region(shm, "rsc-table");
	size_t size = shm->rproc->table_sz;
	void *va;

	*da = shm->boot->image.table;
	if (!*da && region)
		*da = region->base;
	va = find_area(shm, *da, size);
	if (!va || !IS_ALIGNED((unsigned long)va, sizeof(u64))) {
		dev_err(shm->dev, "firmware %s: no region to load into has %zu bytes at 0x%llx, aligned to 8, for its resource table\n",
			shm->rproc->firmware, size, *da);
		return -EINVAL;
	}
	if (!amp_shm_table_lay(shm->table, va, size)) {
		dev_err(shm->dev, "the remote writes into the resource table before it runs\n");
		return -EPROTO;
	}
	amp_shm_table_claim(shm->table);
	shm->claimed = true;
	return 0;
}

static int collect_areas(struct shm_rproc *shm)
{
	struct shm_rproc_boot *boot = shm->boot;
	unsigned int i;

	for (i = 0; i < shm->region_count; i++) {
		const struct shm_rproc_region *region = &shm->regions[i];

		if (!region->loadable)
			continue;
		if (boot->area_count == ARRAY_SIZE(boot->areas))
			return dev_err_probe(shm->dev, -EINVAL, "memory-region-names has more than %d regions to load into\n",
					     SHM_RPROC_LOADS_MAX);
		boot->areas[boot->area_count++] = (struct amp_region){
			.da = region->base,
			.va = region->va,
			.size = region->size,
		};
	}
	if (!boot->area_count)
		return dev_err_probe(shm->dev, -EINVAL, "memory-region-names lacks a region to load into, such as \"firmware\"\n");
	return 0;
}

/**
 * shm_rproc_init_firmware() - from now on it is us who load
 * @shm:	with regions, and with a rproc that was not added yet
 *
 * Context: process, at probe. Return: 0, or an errno after one message.
 */
int shm_rproc_init_firmware(struct shm_rproc *shm)
{
	struct rproc_ops *ops = shm->rproc->ops;
	int ret = collect_areas(shm);

	if (ret)
		return ret;
	/* Without a load() of ours mainline has put in its own, which is not declared for us to call. */
	shm->boot->mainline = *ops;
	ops->sanity_check = firmware_sanity_check;
	ops->parse_fw = firmware_parse_fw;
	ops->load = firmware_load;
	ops->find_loaded_rsc_table = firmware_find_loaded_rsc_table;
	return 0;
}
