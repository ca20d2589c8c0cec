/*
 * How a cell is built, in words, by assay-keeper. The steps are those of inside/inside.c, in its
 * order and with its names, and the details those of the plan that plan_build() makes of the
 * policy: the same that cell.c gives to the child. Only what the keeper does around them is listed
 * here, beside the functions that do it.
 */
#include "keeper/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inside/inside.h"
#include "inside/lock.h"
#include "keeper/cell.h"
#include "keeper/plan_build.h"

#define MIB (1024 * 1024)

struct telling {
	const struct policy *policy;
	const struct plan *plan;
};

static void tell(const struct telling *telling, const char *who, const char *step, const char *what)
{
	printf("step\t%s\t%s\t%s\t%s\n", telling->policy->name, who, step, what);
}

static void tell_mounts(const struct telling *telling)
{
	static const char *const kinds[] = {
		[PLAN_MOUNT_BIND] = "read-only",  [PLAN_MOUNT_DEVICE] = "device",
		[PLAN_MOUNT_TMPFS] = "tmpfs",     [PLAN_MOUNT_PROC] = "proc",
		[PLAN_MOUNT_SYMLINK] = "symlink",
	};
	char text[2 * POLICY_PATH_MAX + 128];

	for (uint32_t i = 0; i < telling->plan->n_mounts; i++) {
		const struct plan_mount *mount = &telling->plan->mounts[i];
		int len = snprintf(text, sizeof(text), "%s %s", kinds[mount->kind], mount->target);

		if (mount->kind == PLAN_MOUNT_TMPFS)
			snprintf(text + len, sizeof(text) - (size_t)len,
				 ", %" PRIu64 " MiB, %" PRIu64 " inodes", mount->size_bytes / MIB,
				 mount->inodes);
		else if (mount->kind != PLAN_MOUNT_PROC)
			snprintf(text + len, sizeof(text) - (size_t)len, " from %s%s",
				 mount->source, mount->is_optional ? ", if it is there" : "");
		tell(telling, "inside", "mounts", text);
	}
}

static void tell_limits(const struct telling *telling)
{
	char text[64];

	snprintf(text, sizeof(text), "at most %" PRIu32 " descriptors a process",
		 telling->plan->open_files);
	tell(telling, "inside", "rlimits", text);
}

static void tell_exec(const struct telling *telling)
{
	char text[1024];
	size_t len = 0;

	for (uint32_t i = 0; i < telling->policy->n_argv && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? " " : "",
					telling->plan->arguments[i]);
	tell(telling, "inside", "exec", text);
	for (char *const *variable = telling->plan->environment; *variable != NULL; variable++)
		tell(telling, "inside", "exec", *variable);
}

static void tell_inside(const struct telling *telling)
{
	static const struct {
		const char *step;
		void (*tell)(const struct telling *);
	} details[] = {{"mounts", tell_mounts}, {"rlimits", tell_limits}, {"exec", tell_exec}};
	const char *purpose;
	const char *step;

	for (size_t i = 0; (step = inside_step(i, &purpose)) != NULL; i++) {
		if ((telling->plan->skipped_steps & 1u << i) != 0)
			continue;
		tell(telling, "inside", step, purpose);
		for (size_t k = 0; k < sizeof(details) / sizeof(details[0]); k++)
			if (strcmp(details[k].step, step) == 0)
				details[k].tell(telling);
	}
}

static void tell_keeper(const struct telling *telling)
{
	const struct policy *policy = telling->policy;
	char text[160];

	snprintf(text, sizeof(text),
		 "the slot's cgroup gets the default limits: %" PRIu64 " MiB and %" PRIu64
		 " for the runtime itself, %" PRIu32 " processes and one",
		 policy->default_limits.memory_bytes / MIB, policy->cell_memory_bytes / MIB,
		 policy->default_limits.processes);
	tell(telling, "keeper", "cgroup", text);
	cell_name_namespaces(geteuid() == 0, policy->left_out_layers, text, sizeof(text));
	tell(telling, "keeper", "namespaces", text);
	tell(telling, "keeper", "cgroup", "moves the new process into the slot's cgroup");
	tell(telling, "keeper", "map-ids",
	     geteuid() == 0 ? "one id, of a host uid that is the slot's own"
			    : "one id, of the user who runs assayd");
}

static void tell_runtime(const struct telling *telling)
{
	const char *purpose;
	const char *step;
	char text[64];

	snprintf(text, sizeof(text),
		 "imports %" PRIu32 " modules, so that no candidate pays for it",
		 telling->policy->n_imports);
	tell(telling, "runtime", "warm-up", text);
	for (size_t i = 0; (step = lock_step(i, &purpose)) != NULL; i++)
		tell(telling, "runtime", step, purpose);
	tell(telling, "runtime", "fork", "one candidate is one fork of what stands here");
}

void explain_plan(const struct policy *policy)
{
	struct plan plan;
	const struct telling telling = {.policy = policy, .plan = &plan};

	plan_build(&plan, policy);
	tell_keeper(&telling);
	tell_inside(&telling);
	tell_runtime(&telling);
}
