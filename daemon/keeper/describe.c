/*
 * assay-keeper asked instead of ordered. It answers from what it does in service: the layers of
 * start.c, a trial cell, the rules of the filter. Nothing is told from a text that could differ
 * from the code; the plan is in explain.c.
 */
#include "keeper/describe.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "keeper/cell.h"
#include "keeper/explain.h"
#include "keeper/filter.h"
#include "keeper/keeper_msg.h"
#include "keeper/plan_build.h"
#include "keeper/remedy.h"
#include "keeper/start.h"

/* Beyond every number of the table that x86-64 uses. */
#define NUMBERS_MAX 1024

/* ---- the machine ---- */

static void tell_layers(const struct keeper *keeper)
{
	for (int layer = 0; layer < LAYER_COUNT; layer++) {
		struct remedy remedy = {.fix = ""};
		bool is_there = (keeper->layers & 1u << layer) != 0;

		if (!is_there)
			remedy_for_layer(keeper, (enum policy_layer)layer, &remedy);
		printf("layer\t%s\t%s\t%s\t%s\n", policy_layer_name((enum policy_layer)layer),
		       is_there ? "yes" : "no", remedy.why, remedy.fix);
	}
}

static void tell_cells(struct keeper *keeper)
{
	for (uint32_t i = 0; i < keeper->table->n_policies; i++) {
		const char *name = keeper->table->policies[i].name;
		struct failure failure;

		if (cell_try(keeper, i, &failure) == 0)
			printf("cell\t%s\tyes\t\t\t\n", name);
		else
			printf("cell\t%s\tno\t%s\t%s: %s\t%s\n", name, failure.step, failure.detail,
			       strerror(failure.error), remedy_for_failure(&failure));
	}
}

int describe_machine(const struct policy_table *table, size_t size)
{
	struct keeper *keeper = xcalloc(1, sizeof(*keeper));
	int status = keeper_prepare(keeper, table, size);

	if (status == 0) {
		printf("power\t%s\n", keeper->is_privileged ? "root" : "user");
		tell_layers(keeper);
		tell_cells(keeper);
	}
	keeper_stop(keeper);
	free(keeper);
	return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}

/* ---- policies ---- */

/* 0: refused; 1: only with certain arguments; 2: allowed. */
static int reach_of(const struct policy *policy, const char *name)
{
	int reach = 0;

	for (uint32_t i = 0; i < policy->n_syscalls; i++) {
		const struct policy_syscall *rule = &policy->syscalls[i];

		if (rule->action != POLICY_SYSCALL_ALLOW || strcmp(rule->name, name) != 0)
			continue;
		if (rule->n_arguments == 0)
			return 2;
		reach = 1;
	}
	return reach;
}

static void tell_filter(const struct policy *policy)
{
	unsigned int n_known = 0;
	unsigned int n_reach[3] = {0};

	for (int number = 0; number < NUMBERS_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);

		if (name == NULL)
			continue;
		n_known++;
		n_reach[reach_of(policy, name)]++;
		free(name);
	}
	printf("syscalls\t%s\t%u\t%u\t%u\n", policy->name, n_reach[1] + n_reach[2], n_reach[1],
	       n_known);
}

static bool is_first_of_its_name(const struct policy *policy, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(policy->syscalls[i].name, policy->syscalls[index].name) == 0)
			return false;
	return true;
}

static void tell_unknown(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->n_syscalls; i++) {
		const char *name = policy->syscalls[i].name;

		if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR &&
		    is_first_of_its_name(policy, i))
			printf("unknown\t%s\t%s\n", policy->name, name);
	}
}

/* Contradictions between rules show only there; they are logged. */
static bool can_compile(const struct policy *policy)
{
	_cleanup_fd_ int fd = filter_compile(policy, false);

	return fd >= 0;
}

int describe_policies(const struct policy_table *table, size_t size)
{
	const char *wrong = plan_check_table(table, size);
	int status = 0;

	if (wrong != NULL) {
		log_error("the policies handed over are not well-formed: %s", wrong);
		return EXIT_FAILURE;
	}
	for (uint32_t i = 0; i < table->n_policies; i++) {
		const struct policy *policy = &table->policies[i];

		tell_filter(policy);
		tell_unknown(policy);
		explain_plan(policy);
		if (!can_compile(policy))
			status = KEEPER_EXIT_UNABLE;
	}
	return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}
