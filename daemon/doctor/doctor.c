/*
 * Examining and explaining, in assayd instead of serving. Two sources: the machine's files
 * (machine.c), and the keeper, which is started to tell what it finds (ask_keeper.c). A finding is
 * "missing" only if a policy requires it: then, and only then, the daemon would not start.
 */
#include "doctor/doctor.h"

#include <errno.h>
#include <jansson.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "config/compiler.h"
#include "config/variant.h"
#include "doctor/ask_keeper.h"
#include "doctor/finding.h"
#include "doctor/layers.h"
#include "doctor/machine.h"
#include "doctor/report.h"

/* ---- the keeper's answers ---- */

int report_ask(const struct doctor_places *places, const struct policy_table *table,
	       const char *word, struct answer *answer)
{
	_cleanup_fd_ int policies_fd = fd_sealed_copy("assay-policies", table, sizeof(*table));
	int err = policies_fd < 0 ? policies_fd
				  : ask_keeper(places->keeper_path, word, policies_fd, answer);

	if (err < 0)
		log_error("cannot ask %s: %s", places->keeper_path, strerror(-err));
	return err;
}

int report_print(json_t *report, int status)
{
	int err = json_dumpf(report, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(report);
	if (err == 0)
		putchar('\n');
	return err == 0 && fflush(stdout) == 0 ? status : EXIT_FAILURE;
}

/* ---- examining ---- */

static uint32_t required_by_any(const struct policy_table *table)
{
	uint32_t layers = 0;

	for (uint32_t i = 0; i < table->n_policies; i++)
		layers |= table->policies[i].required_layers;
	return layers;
}

static void add_layers(const struct answer *answer, uint32_t required, json_t *findings)
{
	struct answer_cursor cursor = {0};

	while (answer_next(answer, &cursor, "layer")) {
		const char *const *fields = cursor.fields; /* name, yes or no, why, fix */
		const int layer = policy_layer_find(fields[0]);
		const bool is_there = strcmp(fields[1], "yes") == 0;

		if (layer < 0)
			continue;
		finding_add(findings,
			    &(struct finding){
				    .name = fields[0],
				    .state = is_there                        ? FINDING_OK
					     : (required & 1u << layer) != 0 ? FINDING_MISSING
									     : FINDING_WEAK,
				    .seen = is_there               ? "cells get it"
					    : fields[2][0] != '\0' ? fields[2]
								   : "cells do not get it",
				    .why = layer_purpose((enum policy_layer)layer),
				    .fix = fields[3],
			    });
	}
}

static void add_cells(const struct answer *answer, json_t *findings)
{
	struct answer_cursor cursor = {0};

	while (answer_next(answer, &cursor, "cell")) {
		const char *const *fields = cursor.fields; /* policy, yes or no, step, why, fix */
		const bool is_built = strcmp(fields[1], "yes") == 0;
		char name[POLICY_NAME_MAX + 16];
		char seen[2048];

		snprintf(name, sizeof(name), "cell of %s", fields[0]);
		snprintf(seen, sizeof(seen),
			 is_built ? "built and taken down again" : "step %.64s: %.1500s", fields[2],
			 fields[3]);
		finding_add(findings, &(struct finding){
					      .name = name,
					      .state = is_built ? FINDING_OK : FINDING_MISSING,
					      .seen = seen,
					      .why = "without it nothing can be judged",
					      .fix = fields[4],
				      });
	}
}

/* A language without its compiler is not served; the others are. */
static void add_compilers(const struct policy_table *table, json_t *findings)
{
	for (uint32_t i = 0; i < table->n_policies; i++) {
		const struct policy *policy = &table->policies[i];
		const bool is_missing = compiler_is_missing(policy);
		char name[POLICY_NAME_MAX + 16];
		char seen[POLICY_PATH_MAX + 32];

		if (!policy_has_compiler(policy))
			continue;
		snprintf(name, sizeof(name), "compiler of %s", policy->name);
		snprintf(seen, sizeof(seen), "%s%s", policy->compile[0],
			 is_missing ? " is not there" : "");
		finding_add(findings, &(struct finding){
					      .name = name,
					      .state = is_missing ? FINDING_WEAK : FINDING_OK,
					      .seen = seen,
					      .why = "without it the language is not served",
					      .fix = is_missing ? compiler_remedy(policy) : "",
				      });
	}
}

/* Cells that have imported more. Nothing is wrong with a machine that has no such module. */
static void add_variants(const struct policy_table *table, json_t *findings)
{
	for (uint32_t i = 0; i < table->n_policies; i++)
		for (uint32_t k = 0; k < table->policies[i].n_variants; k++) {
			const struct policy *policy = &table->policies[i];
			const struct policy_variant *variant = &policy->variants[k];
			const bool is_missing = variant_is_missing(policy, variant);
			char name[2 * POLICY_NAME_MAX + 16];

			snprintf(name, sizeof(name), "%s with %s", policy->name, variant->name);
			finding_add(findings,
				    &(struct finding){
					    .name = name,
					    .state = FINDING_OK,
					    .seen = is_missing ? "not installed, so left out"
							       : "installed",
					    .why = "code that imports it need not wait for that",
					    .fix = "",
				    });
		}
}

/* The keeper could not even prepare itself; it has said why in its own words. */
static void add_refusal(const struct answer *answer, json_t *findings)
{
	if (answer->status == 0)
		return;
	finding_add(findings, &(struct finding){
				      .name = "assay-keeper",
				      .state = FINDING_MISSING,
				      .seen = answer->complaints,
				      .why = "it builds the cells",
				      .fix = "see the lines above",
			      });
}

static bool gives(const struct answer *answer, const char *layer)
{
	struct answer_cursor cursor = {0};

	while (answer_next(answer, &cursor, "layer"))
		if (strcmp(cursor.fields[0], layer) == 0)
			return strcmp(cursor.fields[1], "yes") == 0;
	return false;
}

int doctor_examine(const struct doctor_places *places, const struct policy_table *table)
{
	const long landlock =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct answer answer;
	struct rlimit core;
	json_t *findings;
	int status;

	if (report_ask(places, table, "--describe-machine", &answer) < 0)
		return EXIT_FAILURE;
	findings = json_array();
	machine_examine(
		&(struct machine){
			.root = "",
			.keeper_path = places->keeper_path,
			.is_root = geteuid() == 0,
			.limits_memory = gives(&answer, "cgroup-memory"),
			.may_limit_core = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max > 0,
			.landlock_version = landlock > 0 ? (int)landlock : 0,
		},
		findings);
	add_layers(&answer, required_by_any(table), findings);
	add_cells(&answer, findings);
	add_compilers(table, findings);
	add_variants(table, findings);
	add_refusal(&answer, findings);
	answer_deinit(&answer);
	status = findings_have_missing(findings) ? EXIT_FAILURE : EXIT_SUCCESS;
	return report_print(
		json_pack("{sI so}", "user", (json_int_t)geteuid(), "findings", findings), status);
}

/* ---- explaining ---- */

static bool has_policy(const struct policy_table *table, const char *name)
{
	for (uint32_t i = 0; i < table->n_policies; i++)
		if (strcmp(table->policies[i].name, name) == 0)
			return true;
	return false;
}

int doctor_explain(const struct doctor_places *places, const struct policy_table *table,
		   const char *name)
{
	struct answer_cursor cursor = {0};
	struct answer answer;
	json_t *steps;

	if (!has_policy(table, name)) {
		log_error("there is no policy '%s' in %s", name, places->policies_path);
		return EXIT_FAILURE;
	}
	if (report_ask(places, table, "--describe-policies", &answer) < 0)
		return EXIT_FAILURE;
	steps = json_array();
	while (answer_next(&answer, &cursor, "step")) {
		const char *const *fields = cursor.fields; /* policy, who, name, what */

		if (strcmp(fields[0], name) == 0)
			json_array_append_new(steps,
					      json_pack("{ss ss ss}", "who", fields[1], "step",
							fields[2], "what", fields[3]));
	}
	answer_deinit(&answer);
	return report_print(json_pack("{ss so}", "policy", name, "steps", steps), EXIT_SUCCESS);
}
