/*
 * The standing cgroups of the slots, made, limited and removed by assay-keeper. Versions 1 and 2
 * differ in names, and in one rule: in v2 a group with processes cannot pass controllers on
 * (cgroup_v2.c).
 *
 *     <own cgroup>/assay.<supervisor pid>/slot-0, slot-1 ...
 *
 * The name carries the supervisor's pid so that a new keeper finds what a killed one left. A layer
 * is reported only after a limit was written and read back. Swap is switched off with the memory
 * limit, else a run that swaps is slow instead of over its limit.
 *
 * CPU time is only counted. Adding up what is reaped is not enough: a process that ignores SIGCHLD
 * has its children reaped by the kernel, and their time is in nobody's account but the cgroup's.
 */
#include "keeper/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "core/policy.h"
#include "keeper/cgroup_file.h"
#include "keeper/cgroup_v2.h"

#define MEMORY (1u << LAYER_CGROUP_MEMORY)
#define PIDS (1u << LAYER_CGROUP_PIDS)
#define CPU (1u << LAYER_CGROUP_CPU)
#define NAME_PREFIX "assay."
#define TEXT_BYTES (64 * 1024)
#define TRIAL_MEMORY_BYTES (64ull << 20)
#define TRIAL_PROCESSES 16

static const struct {
	uint32_t layer;
	const char *controller;    /* v1 */
	const char *controller_v2; /* NULL: every group has it */
	const char *file;          /* what the broker reads */
	const char *file_v2;
} controllers[CGROUP_LAYERS] = {
	{MEMORY, "memory", "memory", "memory.oom_control", "memory.events"},
	{PIDS, "pids", "pids", "pids.events", "pids.events"},
	{CPU, "cpuacct", NULL, "cpuacct.usage", "cpu.stat"},
};

static void slot_folder(const struct cgroup_tree *tree, uint32_t slot, char folder[])
{
	snprintf(folder, CGROUP_PATH_MAX + 16, "%s/slot-%u", tree->folder, slot);
}

/* ---- limits ---- */

/* memsw must never be less than the limit, so the order depends on the direction. */
static int limit_memory_v1(const char *folder, uint64_t bytes)
{
	const char *const limit = "memory.limit_in_bytes";
	const char *const with_swap = "memory.memsw.limit_in_bytes";
	int err = cgroup_file_limit(folder, limit, bytes);

	if (err == 0) {
		err = cgroup_file_limit(folder, with_swap, bytes);
	} else if (err == -EINVAL) {
		err = cgroup_file_limit(folder, with_swap, bytes);
		if (err == 0)
			err = cgroup_file_limit(folder, limit, bytes);
	}
	if (err == -ENOENT) /* no swap accounting: do not swap at all */
		err = cgroup_file_write_number(folder, "memory.swappiness", 0);
	return err;
}

static int limit_memory_v2(const char *folder, uint64_t bytes)
{
	int err = cgroup_file_write_number(folder, "memory.swap.max", 0);

	if (err < 0 && err != -ENOENT)
		return err;
	return cgroup_file_limit(folder, "memory.max", bytes);
}

int cgroup_limit(const struct cgroups *cgroups, uint32_t slot, uint64_t memory_bytes,
		 uint64_t processes)
{
	for (uint32_t i = 0; i < cgroups->n_trees; i++) {
		const struct cgroup_tree *tree = &cgroups->trees[i];
		char folder[CGROUP_PATH_MAX + 16];
		int err = 0;

		slot_folder(tree, slot, folder);
		if ((tree->layers & MEMORY) != 0)
			err = tree->place.is_v2 ? limit_memory_v2(folder, memory_bytes)
						: limit_memory_v1(folder, memory_bytes);
		if (err == 0 && (tree->layers & PIDS) != 0)
			err = cgroup_file_limit(folder, "pids.max", processes);
		if (err < 0)
			return err;
	}
	return 0;
}

/* ---- making ---- */

static void note_missing(struct cgroups *cgroups, uint32_t layers, const char *what, int err)
{
	for (size_t i = 0; i < CGROUP_LAYERS; i++)
		if ((layers & controllers[i].layer) != 0)
			snprintf(cgroups->why[i], sizeof(cgroups->why[i]), "%s: %s", what,
				 strerror(-err));
}

static void remove_tree(const struct cgroup_tree *tree, uint32_t n_slots)
{
	char folder[CGROUP_PATH_MAX + 16];

	for (uint32_t slot = 0; slot < n_slots; slot++) {
		int err;

		slot_folder(tree, slot, folder);
		err = cgroup_file_remove(folder);
		if (err < 0)
			log_error("removing %s: %s", folder, strerror(-err));
	}
}

static int make_folder(const char *path)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_slots(const struct cgroup_tree *tree, uint32_t n_slots)
{
	char folder[CGROUP_PATH_MAX + 16];

	for (uint32_t slot = 0; slot < n_slots; slot++) {
		int err;

		slot_folder(tree, slot, folder);
		err = make_folder(folder);
		if (err < 0)
			return err;
	}
	return 0;
}

static int prepare_v2(struct cgroups *cgroups, struct cgroup_tree *tree)
{
	return cgroup_v2_delegate(tree, cgroups->supervisor, (tree->layers & MEMORY) != 0,
				  (tree->layers & PIDS) != 0);
}

/* The old keeper of this supervisor may have had more slots than we have. */
static void remove_own_leftovers(const struct cgroup_tree *tree)
{
	if (access(tree->folder, F_OK) == 0)
		remove_tree(tree, POLICY_SLOTS_MAX);
}

static void remove_empty(const char *folder)
{
	char slot[CGROUP_PATH_MAX + 32];

	for (uint32_t i = 0; i < POLICY_SLOTS_MAX; i++) {
		snprintf(slot, sizeof(slot), "%s/slot-%u", folder, i);
		if (rmdir(slot) < 0 && errno != ENOENT)
			return;
	}
	if (rmdir(folder) == 0)
		log_info("removed the empty %s of a daemon that was killed", folder);
}

/*
 * What a supervisor left that was killed together with its keeper. Only empty groups, and only if
 * no process has the supervisor's number: it may live in a pid namespace that we do not see.
 */
static void remove_orphans(const char *own)
{
	DIR *folder = opendir(own);

	for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
		char path[CGROUP_PATH_MAX + 16];
		char *end;
		long pid;

		if (strncmp(entry->d_name, NAME_PREFIX, sizeof(NAME_PREFIX) - 1) != 0)
			continue;
		pid = strtol(entry->d_name + sizeof(NAME_PREFIX) - 1, &end, 10);
		if (*end != '\0' || pid <= 1 || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%.*s/" NAME_PREFIX "%ld", CGROUP_PATH_MAX - 32, own,
			 pid);
		remove_empty(path);
	}
	if (folder != NULL)
		closedir(folder);
}

/* Adds the hierarchy that gives `layers`; on failure the layers are noted as missing. */
static void add_tree(struct cgroups *cgroups, const struct cgroup_place *place, uint32_t layers)
{
	struct cgroup_tree *tree = &cgroups->trees[cgroups->n_trees];
	const char *what = "making groups below our own cgroup";
	int err;

	*tree = (struct cgroup_tree){.place = *place, .layers = layers};
	snprintf(tree->folder, sizeof(tree->folder), "%.*s/" NAME_PREFIX "%d", CGROUP_PATH_MAX - 32,
		 place->path, (int)cgroups->supervisor);
	remove_orphans(place->path);
	remove_own_leftovers(tree);
	err = make_folder(tree->folder);
	if (err == 0 && place->is_v2) {
		what = "passing controllers on to groups below our own cgroup";
		err = prepare_v2(cgroups, tree);
	}
	if (err == 0)
		err = make_slots(tree, cgroups->n_slots);
	if (err < 0) {
		note_missing(cgroups, layers, what, err);
		remove_tree(tree, cgroups->n_slots);
		if (place->is_v2)
			cgroup_v2_take_back(tree);
		(void)rmdir(tree->folder);
		return;
	}
	cgroups->layers |= layers;
	cgroups->n_trees++;
}

/* A layer that cannot set a limit is none. */
static void try_limits(struct cgroups *cgroups)
{
	for (uint32_t slot = 0; slot < cgroups->n_slots; slot++) {
		int err = cgroup_limit(cgroups, slot, TRIAL_MEMORY_BYTES, TRIAL_PROCESSES);

		if (err == 0)
			continue;
		note_missing(cgroups, cgroups->layers, "setting a limit", err);
		cgroup_close(cgroups);
		return;
	}
}

static void find_places(struct cgroups *cgroups, uint32_t left_out, const char *cgroup,
			const char *mountinfo)
{
	struct cgroup_place places[CGROUP_LAYERS];
	uint32_t found = 0;

	for (size_t i = 0; i < CGROUP_LAYERS; i++) {
		int err;

		if ((left_out & controllers[i].layer) != 0)
			continue;
		err = cgroup_place_find(&places[i], controllers[i].controller, cgroup, mountinfo);

		if (err == 0 && places[i].is_v2)
			err = cgroup_v2_adopt(&places[i], cgroups->supervisor,
					      controllers[i].controller_v2);
		if (err < 0)
			note_missing(cgroups, controllers[i].layer, "no such cgroup controller",
				     err);
		else
			found |= controllers[i].layer;
	}
	for (size_t i = 0; i < CGROUP_LAYERS; i++) {
		uint32_t layers = found & controllers[i].layer;

		if (layers == 0)
			continue;
		for (size_t k = i + 1; k < CGROUP_LAYERS; k++)
			if ((found & controllers[k].layer) != 0 &&
			    strcmp(places[i].path, places[k].path) == 0)
				layers |= controllers[k].layer;
		found &= ~layers;
		add_tree(cgroups, &places[i], layers);
	}
}

void cgroup_open(struct cgroups *cgroups, uint32_t n_slots, pid_t supervisor, uint32_t left_out)
{
	static char cgroup[TEXT_BYTES];
	static char mountinfo[TEXT_BYTES];

	*cgroups = (struct cgroups){.n_slots = n_slots, .supervisor = supervisor};
	if (cgroup_file_read("/proc/self", "cgroup", cgroup, sizeof(cgroup)) < 0 ||
	    cgroup_file_read("/proc/self", "mountinfo", mountinfo, sizeof(mountinfo)) < 0) {
		note_missing(cgroups, MEMORY | PIDS | CPU, "/proc/self", -ENOENT);
		return;
	}
	find_places(cgroups, left_out, cgroup, mountinfo);
	try_limits(cgroups);
}

void cgroup_close(struct cgroups *cgroups)
{
	for (uint32_t i = 0; i < cgroups->n_trees; i++) {
		struct cgroup_tree *tree = &cgroups->trees[i];

		remove_tree(tree, cgroups->n_slots);
		if (tree->place.is_v2)
			cgroup_v2_take_back(tree);
		if (rmdir(tree->folder) < 0 && errno != ENOENT)
			log_error("removing %s: %s", tree->folder, strerror(errno));
	}
	cgroups->n_trees = 0;
	cgroups->layers = 0;
}

/* ---- using ---- */

int cgroup_place_process(const struct cgroups *cgroups, uint32_t slot, pid_t pid)
{
	for (uint32_t i = 0; i < cgroups->n_trees; i++) {
		char folder[CGROUP_PATH_MAX + 16];
		int err;

		slot_folder(&cgroups->trees[i], slot, folder);
		err = cgroup_file_write_number(folder, "cgroup.procs", (uint64_t)pid);
		if (err < 0)
			return err;
	}
	return 0;
}

int cgroup_open_events(const struct cgroups *cgroups, uint32_t slot, int fds[CGROUP_LAYERS])
{
	int n = 0;

	for (size_t i = 0; i < CGROUP_LAYERS; i++) {
		for (uint32_t k = 0; k < cgroups->n_trees; k++) {
			const struct cgroup_tree *tree = &cgroups->trees[k];
			char folder[CGROUP_PATH_MAX + 16];

			if ((tree->layers & controllers[i].layer) == 0)
				continue;
			slot_folder(tree, slot, folder);
			fds[n] = cgroup_file_open(folder,
						  tree->place.is_v2 ? controllers[i].file_v2
								    : controllers[i].file,
						  O_RDONLY);
			if (fds[n] < 0) {
				int err = fds[n];

				while (n > 0)
					fd_close(&fds[--n]);
				return err;
			}
			n++;
		}
	}
	return n;
}
