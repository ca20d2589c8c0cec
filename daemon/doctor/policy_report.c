/*
 * What each language may do, for `assay policies`: the policy as it was loaded, with what base.yaml
 * gives it, and the groups of its profile with their reasons, which only the file has. How many
 * system calls are reachable is counted by the keeper, whose libseccomp knows them all.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/policy_check.h"
#include "doctor/doctor.h"
#include "doctor/report.h"

#define COUNT_OF(text) ((json_int_t)strtoul(text, NULL, 10))

static json_t *limits_to_json(const struct limits *limits)
{
	return json_pack("{sI sI sI sI sI}", "cpu_ms", (json_int_t)limits->cpu_ms, "wall_ms",
			 (json_int_t)limits->wall_ms, "memory_bytes",
			 (json_int_t)limits->memory_bytes, "output_bytes",
			 (json_int_t)limits->output_bytes, "processes",
			 (json_int_t)limits->processes);
}

static json_t *cell_to_json(const struct policy *policy)
{
	return json_pack(
		"{sI sI sI sI sI sI}", "memory_bytes", (json_int_t)policy->cell_memory_bytes,
		"runs", (json_int_t)policy->runs_per_cell, "file_bytes",
		(json_int_t)policy->file_bytes, "open_files", (json_int_t)policy->open_files,
		"stack_bytes", (json_int_t)policy->stack_bytes, "code_bytes",
		(json_int_t)policy->code_bytes);
}

static json_t *mounts_to_json(const struct policy *policy)
{
	static const char *const kinds[] = {
		[POLICY_MOUNT_BIND] = "bind",       [POLICY_MOUNT_DEVICE] = "device",
		[POLICY_MOUNT_TMPFS] = "tmpfs",     [POLICY_MOUNT_PROC] = "proc",
		[POLICY_MOUNT_SYMLINK] = "symlink",
	};
	json_t *mounts = json_array();

	for (uint32_t i = 0; i < policy->n_mounts; i++) {
		const struct policy_mount *mount = &policy->mounts[i];
		json_t *object =
			json_pack("{ss ss}", "kind", kinds[mount->kind], "target", mount->target);

		if (mount->source[0] != '\0')
			json_object_set_new(object, "source", json_string(mount->source));
		if (mount->kind == POLICY_MOUNT_TMPFS) {
			json_object_set_new(object, "size_bytes",
					    json_integer((json_int_t)mount->size_bytes));
			json_object_set_new(object, "inodes",
					    json_integer((json_int_t)mount->inodes));
		}
		json_array_append_new(mounts, object);
	}
	return mounts;
}

static json_t *layers_to_json(uint32_t layers)
{
	json_t *names = json_array();

	for (int layer = 0; layer < LAYER_COUNT; layer++)
		if ((layers & 1u << layer) != 0)
			json_array_append_new(
				names, json_string(policy_layer_name((enum policy_layer)layer)));
	return names;
}

static json_t *words_to_json(const char (*words)[POLICY_PATH_MAX], uint32_t n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(words[i]));
	return list;
}

/* Of each group the comment, which is its reason, the action and the names, as the file has them.
 */
static json_t *groups_to_json(const char *path)
{
	json_t *profile = json_load_file(path, 0, NULL);
	json_t *groups = json_array();
	const json_t *group;
	size_t i;

	json_array_foreach(json_object_get(profile, "syscalls"), i, group)
	{
		const char *reason = json_string_value(json_object_get(group, "comment"));
		const json_t *names = json_object_get(group, "names");
		json_t *object = json_object();

		json_object_set_new(object, "reason", json_string(reason != NULL ? reason : ""));
		json_object_set(object, "action", json_object_get(group, "action"));
		json_object_set_new(object, "has_conditions",
				    json_boolean(json_array_size(json_object_get(group, "args"))));
		json_object_set_new(object, "names",
				    names != NULL
					    ? json_deep_copy(names)
					    : json_pack("[O]", json_object_get(group, "name")));
		json_array_append_new(groups, object);
	}
	json_decref(profile);
	return groups;
}

static void set_counts(json_t *object, const struct answer *answer, const char *policy)
{
	struct answer_cursor cursor = {0};

	while (answer_next(answer, &cursor, "syscalls")) {
		if (strcmp(cursor.fields[0], policy) != 0)
			continue;
		json_object_set_new(object, "reachable", json_integer(COUNT_OF(cursor.fields[1])));
		json_object_set_new(object, "conditional",
				    json_integer(COUNT_OF(cursor.fields[2])));
		json_object_set_new(object, "known", json_integer(COUNT_OF(cursor.fields[3])));
	}
}

/* null: the code runs as it is. */
static json_t *compiler_to_json(const struct policy *policy)
{
	if (!policy_has_compiler(policy))
		return json_null();
	return json_pack("{ss so so so}", "source", policy->source, "command",
			 words_to_json(policy->compile, policy->n_compile), "link",
			 words_to_json(policy->link, policy->n_link), "limits",
			 limits_to_json(&policy->compile_limits));
}

static json_t *policy_to_json(const struct doctor_places *places, const struct policy *policy,
			      const struct answer *answer)
{
	char path[POLICY_PATH_MAX + POLICY_NAME_MAX + 32];
	json_t *imports = json_array();
	json_t *environment = json_array();
	json_t *calls = json_object();

	snprintf(path, sizeof(path), "%s/%s/seccomp.json", places->policies_path, policy->name);
	for (uint32_t i = 0; i < policy->n_imports; i++)
		json_array_append_new(imports, json_string(policy->imports[i]));
	for (uint32_t i = 0; i < policy->n_environment; i++)
		json_array_append_new(environment, json_string(policy->environment[i]));
	set_counts(calls, answer, policy->name);
	json_object_set_new(calls, "groups", groups_to_json(path));
	return json_pack("{ss ss ss so so so so so so so so so}", "name", policy->name, "language",
			 policy->language, "runtime", policy->runtime, "default_limits",
			 limits_to_json(&policy->default_limits), "maximum_limits",
			 limits_to_json(&policy->maximum_limits), "cell", cell_to_json(policy),
			 "mounts", mounts_to_json(policy), "imports", imports, "environment",
			 environment, "required_layers", layers_to_json(policy->required_layers),
			 "compiler", compiler_to_json(policy), "system_calls", calls);
}

int doctor_list_policies(const struct doctor_places *places, const struct policy_table *table)
{
	struct answer answer;
	json_t *policies;

	if (report_ask(places, table, "--describe-policies", &answer) < 0)
		return EXIT_FAILURE;
	policies = json_array();
	for (uint32_t i = 0; i < table->n_policies; i++)
		json_array_append_new(policies,
				      policy_to_json(places, &table->policies[i], &answer));
	answer_deinit(&answer);
	return report_print(json_pack("{so}", "policies", policies), EXIT_SUCCESS);
}

/* ---- one file ---- */

static int refuse(const char *file, const char *kind, const char *error)
{
	return report_print(
		json_pack("{ss ss sb ss}", "file", file, "kind", kind, "ok", 0, "error", error),
		EXIT_FAILURE);
}

static json_t *unknown_names(const struct answer *answer)
{
	struct answer_cursor cursor = {0};
	json_t *names = json_array();

	while (answer_next(answer, &cursor, "unknown"))
		json_array_append_new(names, json_string(cursor.fields[1]));
	return names;
}

int doctor_check_file(const struct doctor_places *places, struct policy_table *table,
		      const char *file)
{
	static const char *const kinds[] = {
		[POLICY_CHECK_PROFILE] = "profile",
		[POLICY_CHECK_POLICY] = "policy",
	};
	struct config_error error = {""};
	enum policy_check_kind kind = POLICY_CHECK_POLICY;
	struct answer answer;
	json_t *report;
	int status;

	if (policy_check_file(file, places->policies_path, table, &kind, &error) < 0)
		return refuse(file, kinds[kind], error.text);
	if (report_ask(places, table, "--describe-policies", &answer) < 0)
		return EXIT_FAILURE;
	if (answer.status != 0) {
		status = refuse(file, kinds[kind], answer.complaints);
	} else {
		report = json_pack("{ss ss sb so}", "file", file, "kind", kinds[kind], "ok", 1,
				   "unknown", unknown_names(&answer));
		set_counts(report, &answer, table->policies[0].name);
		status = report_print(report, EXIT_SUCCESS);
	}
	answer_deinit(&answer);
	return status;
}
