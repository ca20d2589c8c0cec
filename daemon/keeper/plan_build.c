/*
 * Deriving the plan of a cell from its policy, in assay-keeper. Everything that needs a decision is
 * decided here; the inside only executes. No system call is made here, so all of it is testable.
 */
#include "keeper/plan_build.h"

#include <string.h>

#include "inside/inside.h"

#define OPEN_FILES_MIN 64
#define TERMINATED(text) (memchr((text), '\0', sizeof(text)) != NULL)

_Static_assert(PLAN_MOUNTS_MAX >= POLICY_MOUNTS_MAX, "a plan holds all mounts of a policy");
_Static_assert(PLAN_ARGUMENTS_MAX >= POLICY_ARGV_MAX + POLICY_IMPORTS_MAX,
	       "a plan holds all arguments and imports of a policy");
_Static_assert(PLAN_ENVIRONMENT_MAX >= POLICY_ENVIRONMENT_MAX,
	       "a plan holds the environment of a policy");
_Static_assert((int)PLAN_MOUNT_BIND == (int)POLICY_MOUNT_BIND &&
		       (int)PLAN_MOUNT_DEVICE == (int)POLICY_MOUNT_DEVICE &&
		       (int)PLAN_MOUNT_TMPFS == (int)POLICY_MOUNT_TMPFS &&
		       (int)PLAN_MOUNT_PROC == (int)POLICY_MOUNT_PROC &&
		       (int)PLAN_MOUNT_SYMLINK == (int)POLICY_MOUNT_SYMLINK,
	       "kinds of mounts are the same");

static const char *check_mount(const struct policy_mount *mount)
{
	if (mount->kind > POLICY_MOUNT_SYMLINK)
		return "a mount is of no known kind";
	if (!TERMINATED(mount->source) || !TERMINATED(mount->target))
		return "a mount's path is not terminated";
	if (mount->target[0] != '/' || mount->target[1] == '\0' ||
	    mount->target[strlen(mount->target) - 1] == '/')
		return "a mount's target is not an absolute path";
	if ((mount->kind == POLICY_MOUNT_BIND || mount->kind == POLICY_MOUNT_DEVICE) &&
	    mount->source[0] != '/')
		return "a mount's source is not an absolute path";
	if (mount->kind == POLICY_MOUNT_SYMLINK && mount->source[0] == '\0')
		return "a symbolic link leads nowhere";
	if (mount->kind == POLICY_MOUNT_TMPFS && (mount->size_bytes == 0 || mount->inodes == 0))
		return "a tmpfs has no size";
	return NULL;
}

static const char *check_texts(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->n_argv; i++)
		if (!TERMINATED(policy->argv[i]))
			return "an argument is not terminated";
	for (uint32_t i = 0; i < policy->n_environment; i++)
		if (!TERMINATED(policy->environment[i]))
			return "the environment is not terminated";
	for (uint32_t i = 0; i < policy->n_imports; i++)
		if (!TERMINATED(policy->imports[i]))
			return "an import is not terminated";
	for (uint32_t i = 0; i < policy->n_syscalls; i++)
		if (!TERMINATED(policy->syscalls[i].name))
			return "the name of a system call is not terminated";
	return NULL;
}

static const char *check_policy(const struct policy *policy)
{
	const char *wrong;

	if (!TERMINATED(policy->name) || !TERMINATED(policy->runtime))
		return "a name is not terminated";
	if (policy->runtime[0] == '\0' || policy->runtime[0] == '.' ||
	    strchr(policy->runtime, '/') != NULL)
		return "the runtime is not the name of a folder";
	if ((policy->left_out_layers & (policy->required_layers | POLICY_LAYERS_ESSENTIAL)) != 0)
		return "a layer is left out that is needed";
	if (policy->n_argv == 0 || policy->n_argv > POLICY_ARGV_MAX ||
	    policy->n_environment > POLICY_ENVIRONMENT_MAX ||
	    policy->n_imports > POLICY_IMPORTS_MAX || policy->n_mounts > POLICY_MOUNTS_MAX ||
	    policy->n_syscalls > POLICY_SYSCALLS_MAX)
		return "a count is out of range";
	wrong = check_texts(policy);
	for (uint32_t i = 0; wrong == NULL && i < policy->n_mounts; i++)
		wrong = check_mount(&policy->mounts[i]);
	if (wrong == NULL && policy->argv[0][0] != '/')
		return "the program is not an absolute path";
	return wrong;
}

const char *plan_check_table(const struct policy_table *table, size_t size)
{
	const char *wrong = NULL;

	if (size != sizeof(*table))
		return "size of the policy table";
	if (table->magic != POLICY_TABLE_MAGIC)
		return "magic number of the policy table";
	if (table->n_slots == 0 || table->n_slots > POLICY_SLOTS_MAX)
		return "number of slots";
	if (table->n_policies == 0 || table->n_policies > POLICY_MAX ||
	    table->n_variants > POLICY_MAX - table->n_policies)
		return "number of policies";
	if (!TERMINATED(table->runtime_path) || table->runtime_path[0] != '/')
		return "path of the runtimes";
	for (uint32_t i = 0; wrong == NULL && i < table->n_policies + table->n_variants; i++)
		wrong = check_policy(&table->policies[i]);
	return wrong;
}

/* The steps that make up a layer, where steps do: without it they are skipped. */
static const struct {
	enum policy_layer layer;
	const char *step;
} steps_of[] = {
	{LAYER_CGROUP_NAMESPACE, "cgroup-namespace"},
	{LAYER_UTS_NAMESPACE, "host-name"}, /* else it would be the host's that is changed */
	{LAYER_READ_ONLY_ROOT, "read-only-root"},
	{LAYER_USER_NAMESPACE, "user-namespace"},
	{LAYER_USER_NAMESPACE, "no-nested-namespaces"}, /* likewise: the host's count */
	{LAYER_RLIMITS, "rlimits"},
	{LAYER_NO_CAPABILITIES, "capabilities"},
};

static uint32_t find_skipped(const struct policy *policy)
{
	uint32_t skipped = 0;
	const char *purpose;
	const char *step;

	for (size_t i = 0; (step = inside_step(i, &purpose)) != NULL; i++)
		for (size_t k = 0; k < sizeof(steps_of) / sizeof(steps_of[0]); k++)
			if ((policy->left_out_layers & 1u << steps_of[k].layer) != 0 &&
			    strcmp(step, steps_of[k].step) == 0)
				skipped |= 1u << i;
	return skipped;
}

static void build_arguments(struct plan *plan, const struct policy *policy)
{
	size_t n = 0;

	/* execve(2) wants char *const but does not write. */
	for (uint32_t i = 0; i < policy->n_argv; i++)
		plan->arguments[n++] = (char *)policy->argv[i];
	for (uint32_t i = 0; i < policy->n_imports; i++)
		plan->arguments[n++] = (char *)policy->imports[i];
	for (uint32_t i = 0; i < policy->n_environment; i++)
		plan->environment[i] = (char *)policy->environment[i];
}

void plan_build(struct plan *plan, const struct policy *policy)
{
	*plan = (struct plan){
		.n_mounts = policy->n_mounts,
		.open_files =
			policy->open_files < OPEN_FILES_MIN ? OPEN_FILES_MIN : policy->open_files,
		.control_fd = -1,
		.lock_fd = -1,
		.channel_fd = -1,
		.skipped_steps = find_skipped(policy),
		.id = PLAN_INSIDE_ID,
	};
	build_arguments(plan, policy);
	for (uint32_t i = 0; i < policy->n_mounts; i++) {
		const struct policy_mount *mount = &policy->mounts[i];

		plan->mounts[i] = (struct plan_mount){
			.kind = (enum plan_mount_kind)mount->kind,
			.is_optional = mount->is_optional,
			.source = mount->source,
			.target = mount->target,
			.size_bytes = mount->size_bytes,
			.inodes = mount->inodes,
		};
	}
}
