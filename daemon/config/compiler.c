/*
 * Looking for the compilers, by assayd at its start. A cell could be built without one, and then
 * every candidate would be told that its code does not compile; so a language whose compiler is
 * missing is not served. A machine for Python alone needs no gcc, so that is no reason not to start
 * unless the language was asked for by name.
 */
#include "config/compiler.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

void policy_find_on_host(const struct policy *policy, const char *path, char *found, size_t size)
{
	found[0] = '\0';
	for (uint32_t i = 0; i < policy->n_mounts; i++) {
		const struct policy_mount *mount = &policy->mounts[i];
		const size_t len = strlen(mount->target);

		if (mount->kind == POLICY_MOUNT_BIND && strncmp(path, mount->target, len) == 0 &&
		    (path[len] == '/' || path[len] == '\0'))
			snprintf(found, size, "%s%s", mount->source, path + len);
	}
}

bool compiler_is_missing(const struct policy *policy)
{
	char path[2 * POLICY_PATH_MAX];

	if (!policy_has_compiler(policy))
		return false;
	policy_find_on_host(policy, policy->compile[0], path, sizeof(path));
	return access(path, X_OK) < 0;
}

const char *compiler_remedy(const struct policy *policy)
{
	static const struct {
		const char *name;
		const char *fix;
	} fixes[] = {
		{"gcc", "apt-get install gcc libc6-dev"},
		{"g++", "apt-get install g++"},
	};
	const char *slash = strrchr(policy->compile[0], '/');

	for (size_t i = 0; slash != NULL && i < sizeof(fixes) / sizeof(fixes[0]); i++)
		if (strcmp(slash + 1, fixes[i].name) == 0)
			return fixes[i].fix;
	return "install it, or name another one at `compile` in the policy's file";
}

static void take_out(struct policy_table *table, uint32_t index)
{
	table->n_policies--;
	memmove(&table->policies[index], &table->policies[index + 1],
		(table->n_policies - index) * sizeof(table->policies[0]));
}

int compilers_require(struct policy_table *table, bool are_named, struct config_error *error)
{
	uint32_t i = 0;

	while (i < table->n_policies) {
		const struct policy *policy = &table->policies[i];

		if (!compiler_is_missing(policy)) {
			i++;
			continue;
		}
		if (are_named || table->n_policies == 1)
			return config_error_set(
				error, "policy %s: the compiler %s is not there; fix: %s",
				policy->name, policy->compile[0], compiler_remedy(policy));
		log_warning("%s is not served: the compiler %s is not there; fix: %s",
			    policy->language, policy->compile[0], compiler_remedy(policy));
		take_out(table, i);
	}
	return 0;
}
