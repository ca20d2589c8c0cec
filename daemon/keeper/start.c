/*
 * Start and end of assay-keeper. At the start everything that can be refused is refused: a cell of
 * each policy is built for trial, with its real mounts, and a layer that a policy requires and this
 * machine lacks ends the keeper with a text that says how to get it. Weaker isolation than asked
 * for is never silent.
 */
#include "keeper/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "keeper/cell.h"
#include "keeper/cgroup_file.h"
#include "keeper/keeper_msg.h"
#include "keeper/lock_material.h"
#include "keeper/plan_build.h"
#include "keeper/power.h"
#include "keeper/remedy.h"
#include "keeper/userns.h"

#define BIT(layer) (1u << (layer))

/* Every cell that can be built at all has these; a step that fails refuses the cell. */
#define LAYERS_ALWAYS                                                                           \
	(BIT(LAYER_USER_NAMESPACE) | BIT(LAYER_PID_NAMESPACE) | BIT(LAYER_MOUNT_NAMESPACE) |    \
	 BIT(LAYER_NETWORK_NAMESPACE) | BIT(LAYER_IPC_NAMESPACE) | BIT(LAYER_UTS_NAMESPACE) |   \
	 BIT(LAYER_CGROUP_NAMESPACE) | BIT(LAYER_READ_ONLY_ROOT) | BIT(LAYER_NO_CAPABILITIES) | \
	 BIT(LAYER_NO_NEW_PRIVILEGES) | BIT(LAYER_SECCOMP) | BIT(LAYER_RLIMITS))

/* ---- what we are ---- */

static bool has_capability(cap_value_t cap)
{
	cap_t now = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (now != NULL)
		(void)cap_get_flag(now, cap, CAP_EFFECTIVE, &value);
	cap_free(now);
	return value == CAP_SET;
}

static int find_power(struct keeper *keeper)
{
	const bool may_set_ids = has_capability(CAP_SYS_ADMIN) && has_capability(CAP_SETUID) &&
				 has_capability(CAP_SETGID);
	char map[4096];

	if (cgroup_file_read("/proc/self", "uid_map", map, sizeof(map)) < 0) {
		log_error("/proc/self/uid_map cannot be read; fix: mount /proc");
		return KEEPER_EXIT_UNABLE;
	}
	switch (userns_power_of(geteuid(), may_set_ids, map, keeper->table->uid_base,
				keeper->table->n_slots)) {
	case USERNS_ROOT:
		keeper->is_privileged = true;
		return 0;
	case USERNS_SELF:
		return 0;
	case USERNS_UNFIT:
		break;
	}
	log_error("running as root that may not give other host uids to candidates (needs "
		  "CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID, and uids from %u to exist)",
		  keeper->table->uid_base);
	log_error("fix: give assayd these capabilities, or run it as an ordinary user");
	return KEEPER_EXIT_UNABLE;
}

/*
 * Results name what held every cell, so what one policy leaves out counts as left out of all. The
 * names of refused calls come of the filter. Nothing is silent: each start says it.
 */
static int note_left_out(struct keeper *keeper)
{
	for (uint32_t i = 0; i < keeper->table->n_policies; i++)
		keeper->left_out |= keeper->table->policies[i].left_out_layers;
	if ((keeper->left_out & BIT(LAYER_SECCOMP)) != 0)
		keeper->left_out |= BIT(LAYER_SECCOMP_NOTIFY);
	for (int layer = 0; layer < LAYER_COUNT; layer++)
		if ((keeper->left_out & BIT(layer)) != 0)
			log_warning("a policy leaves out the layer %s",
				    policy_layer_name((enum policy_layer)layer));
	if (keeper->is_privileged || (keeper->left_out & BIT(LAYER_USER_NAMESPACE)) == 0)
		return 0;
	log_error("a policy leaves out the layer user-namespace, without which an ordinary user "
		  "can build no cell");
	log_error("fix: run assayd as root, or take it from leave_out");
	return KEEPER_EXIT_UNABLE;
}

/* Three descriptors a slot, more than the usual soft limit for many slots. */
static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- preparing ---- */

static int prepare_policies(struct keeper *keeper)
{
	const struct policy_table *table = keeper->table;

	for (uint32_t i = 0; i < table->n_policies + table->n_variants; i++) {
		const struct policy *policy = &table->policies[i];
		struct prepared *prepared = &keeper->prepared[i];

		if (runtime_files_open(&prepared->runtime, table->runtime_path, policy->runtime) <
		    0)
			return KEEPER_EXIT_UNABLE;
		prepared->lock_fd = lock_material_build(policy, keeper->layers);
		if (prepared->lock_fd < 0) {
			log_error("policy %s: its filter cannot be compiled: %s", policy->name,
				  strerror(-prepared->lock_fd));
			return KEEPER_EXIT_UNABLE;
		}
	}
	return 0;
}

static int try_policies(struct keeper *keeper)
{
	for (uint32_t i = 0; i < keeper->table->n_policies; i++) {
		struct failure failure;

		if (cell_try(keeper, i, &failure) == 0)
			continue;
		log_error("policy %s: no cell can be built here: step %s: %s: %s",
			  keeper->table->policies[i].name, failure.step, failure.detail,
			  strerror(failure.error));
		log_error("fix: %s", remedy_for_failure(&failure));
		return KEEPER_EXIT_UNABLE;
	}
	return 0;
}

static void explain_missing(const struct keeper *keeper, enum policy_layer layer)
{
	struct remedy remedy;

	remedy_for_layer(keeper, layer, &remedy);
	log_error("fix: %s%s%s", remedy.fix, remedy.why[0] != '\0' ? "; here: " : "", remedy.why);
	log_error("or go without it: assayd --allow-weaker %s", policy_layer_name(layer));
}

static int check_required(const struct keeper *keeper)
{
	int status = 0;

	for (uint32_t i = 0; i < keeper->table->n_policies; i++) {
		const struct policy *policy = &keeper->table->policies[i];

		for (int layer = 0; layer < LAYER_COUNT; layer++) {
			if ((policy->required_layers & ~keeper->layers & BIT(layer)) == 0)
				continue;
			log_error(
				"policy %s requires the layer %s, which this machine does not give",
				policy->name, policy_layer_name((enum policy_layer)layer));
			explain_missing(keeper, (enum policy_layer)layer);
			status = KEEPER_EXIT_UNABLE;
		}
	}
	return status;
}

static void init_slots(struct keeper *keeper)
{
	for (uint32_t i = 0; i < POLICY_SLOTS_MAX; i++) {
		keeper->slots[i].pidfd = -1;
		keeper->slots[i].channel = -1;
	}
}

int keeper_prepare(struct keeper *keeper, const struct policy_table *table, size_t table_size)
{
	const char *wrong = plan_check_table(table, table_size);
	int status;
	int err;

	*keeper = (struct keeper){.table = table};
	init_slots(keeper);
	if (wrong != NULL) {
		log_error("the policies handed over are not well-formed: %s", wrong);
		return EXIT_FAILURE;
	}
	status = find_power(keeper);
	if (status != 0)
		return status;
	status = note_left_out(keeper);
	if (status != 0)
		return status;
	raise_open_files();
	err = power_reduce(keeper->is_privileged);
	if (err < 0) {
		log_error("cannot give up capabilities: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	keeper->layers = lock_material_layers();
	status = prepare_policies(keeper);
	if (status != 0)
		return status;
	cgroup_open(&keeper->cgroups, table->n_slots, (pid_t)table->supervisor_pid,
		    keeper->left_out);
	keeper->layers |= LAYERS_ALWAYS | keeper->cgroups.layers |
			  (keeper->is_privileged ? BIT(LAYER_HOST_UID) : 0);
	keeper->layers &= ~keeper->left_out;
	return 0;
}

int keeper_start(struct keeper *keeper, const struct policy_table *table, size_t table_size)
{
	int status = keeper_prepare(keeper, table, table_size);

	if (status == 0)
		status = check_required(keeper);
	return status != 0 ? status : try_policies(keeper);
}

void keeper_stop(struct keeper *keeper)
{
	for (uint32_t i = 0; i < POLICY_SLOTS_MAX; i++)
		if (keeper->slots[i].state == SLOT_PRESENT)
			cell_kill(&keeper->slots[i]);
	for (uint32_t i = 0; i < POLICY_SLOTS_MAX; i++)
		if (keeper->slots[i].state != SLOT_ABSENT)
			(void)cell_reap(&keeper->slots[i]);
	cgroup_close(&keeper->cgroups);
}
