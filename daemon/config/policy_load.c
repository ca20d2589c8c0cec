/*
 * From a folder to struct policy_table. Run by assayd once, before any split: afterwards nobody
 * opens these files again, so that they can be changed while the daemon runs without two halves of
 * it disagreeing.
 *
 * Those whose code is not compiled come first: what is first is what idle slots have a cell of, and
 * only the interpreters take long to get warm.
 *
 * A language's policy is base.yaml with <name>/policy.yaml laid over it and the system calls of
 * <name>/seccomp.json. Two policies for one language are refused, because requests name languages.
 */
#include "config/policy_load.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/config_file.h"
#include "config/policy_file.h"
#include "config/profile_file.h"

struct profile_kernel policy_load_kernel(void)
{
	struct profile_kernel kernel = {0};
	struct utsname names;
	const char *rest;

	if (uname(&names) < 0 || profile_kernel_parse(names.release, &kernel, &rest) < 0)
		log_warning("cannot tell the kernel's version; it counts as old");
	return kernel;
}

static int load_policy(const char *folder, const struct config_file *base, const char *name,
		       struct policy *policy, struct config_error *error)
{
	const struct profile_kernel kernel = policy_load_kernel();
	_cleanup_config_file_ struct config_file language = {0};
	_cleanup_config_file_ struct config_file profile = {0};
	char path[POLICY_PATH_MAX + POLICY_NAME_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(policy->name, sizeof(policy->name), "%.31s", name);
	policy->required_layers = POLICY_LAYERS_ALL; /* fail closed: less must be written down */
	err = config_file_read(&language, path, "policy.yaml", error);
	if (err == 0)
		err = config_file_read(&profile, path, "seccomp.json", error);
	if (err == 0)
		err = policy_file_apply(base->name, base->bytes, base->len, policy, error);
	if (err == 0)
		err = policy_file_apply(language.name, language.bytes, language.len, policy, error);
	if (err == 0)
		err = profile_file_parse(profile.name, profile.bytes, profile.len, &kernel, policy,
					 error);
	if (err == 0)
		err = policy_file_check(language.name, policy, error);
	return err;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* The folders below `folder` that have a policy.yaml, in alphabetic order. */
static int find_names(const char *folder, char names[POLICY_MAX][POLICY_NAME_MAX], size_t *n_names,
		      struct config_error *error)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	if (stream == NULL)
		return config_error_set(error, "%s: %s", folder, strerror(errno));
	while ((entry = readdir(stream)) != NULL) {
		char path[POLICY_NAME_MAX + 16];

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= POLICY_NAME_MAX)
			continue;
		snprintf(path, sizeof(path), "%.31s/policy.yaml", entry->d_name);
		if (faccessat(dirfd(stream), path, F_OK, 0) < 0)
			continue;
		if (n == POLICY_MAX) {
			closedir(stream);
			return config_error_set(error, "%s: more than %d policies", folder,
						POLICY_MAX);
		}
		snprintf(names[n++], POLICY_NAME_MAX, "%.31s", entry->d_name);
	}
	closedir(stream);
	if (n == 0)
		return config_error_set(error, "%s: has no folder with a policy.yaml", folder);
	qsort(names, n, POLICY_NAME_MAX, compare_names);
	*n_names = n;
	return 0;
}

static int add_policy(const char *folder, const struct config_file *base, const char *name,
		      struct policy_table *table, struct config_error *error)
{
	struct policy *policy = &table->policies[table->n_policies];
	int other;
	int err;

	memset(policy, 0, sizeof(*policy));
	err = load_policy(folder, base, name, policy, error);
	if (err < 0)
		return err;
	other = policy_table_find(table, policy->language);
	if (other >= 0)
		return config_error_set(error, "%s/%s: language '%s' already has the policy '%s'",
					folder, name, policy->language,
					table->policies[other].name);
	table->n_policies++;
	return 0;
}

/* Else the order stays. */
static void put_interpreters_first(struct policy_table *table)
{
	for (uint32_t i = 1; i < table->n_policies; i++) {
		struct policy *policy = xmemdup(&table->policies[i], sizeof(*policy));
		uint32_t place = i;

		for (; !policy_has_compiler(policy) && place > 0 &&
		       policy_has_compiler(&table->policies[place - 1]);
		     place--)
			table->policies[place] = table->policies[place - 1];
		table->policies[place] = *policy;
		free(policy);
	}
}

int policy_load(const char *folder, const char (*names)[POLICY_NAME_MAX], size_t n_names,
		struct policy_table *table, struct config_error *error)
{
	char found[POLICY_MAX][POLICY_NAME_MAX];
	_cleanup_config_file_ struct config_file base = {0};
	int err;

	if (n_names == 0) {
		err = find_names(folder, found, &n_names, error);
		if (err < 0)
			return err;
		names = (const char(*)[POLICY_NAME_MAX])found;
	}
	err = config_file_read(&base, folder, "base.yaml", error);
	table->n_policies = 0;
	for (size_t i = 0; i < n_names && err == 0; i++)
		err = add_policy(folder, &base, names[i], table, error);
	if (err == 0)
		put_interpreters_first(table);
	return err;
}
