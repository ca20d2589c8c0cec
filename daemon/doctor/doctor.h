/*
 * What assayd prints when it is asked about this machine and its policies, as one JSON object each;
 * `assay doctor` and `assay policies` make pages of it.
 */
#pragma once

#include "config/config_error.h"
#include "core/policy.h"

/* Where things are; all borrowed. */
struct doctor_places {
	const char *keeper_path;
	const char *policies_path;
};

/*
 * {"user": UID, "findings": [{"name", "state": "ok"|"weak"|"missing", "seen", "why", "fix"}]}.
 * Builds a cell of each policy for trial. The exit status: 0; 1 if something that a policy requires
 * is missing.
 */
int doctor_examine(const struct doctor_places *places, const struct policy_table *table);

/*
 * {"policy": NAME, "steps": [{"who", "step", "what"}]}: how a cell of the policy `name` is built.
 * Exit status; an unknown name is refused on the log.
 */
int doctor_explain(const struct doctor_places *places, const struct policy_table *table,
		   const char *name);

/* {"policies": [...]}: what each language may do (docs: `assay policies --json`). Exit status. */
int doctor_list_policies(const struct doctor_places *places, const struct policy_table *table);

/*
 * {"file", "kind": "profile"|"policy", "ok", "error", "unknown": [...], "reachable", "known"} of a
 * file of either kind. The exit status: 0, 1 if the file is refused.
 */
int doctor_check_file(const struct doctor_places *places, struct policy_table *table,
		      const char *file);
