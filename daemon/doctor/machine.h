/* What the files of /proc and /sys say about a machine, with an administrator's eyes. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct machine {
	const char *root;        /* in front of every path: "" but in tests */
	const char *keeper_path; /* what an AppArmor profile has to name */
	bool is_root;            /* the daemon would run as root */
	bool limits_memory;      /* cells are in cgroups that switch swap off */
	bool may_limit_core;     /* the hard RLIMIT_CORE is not 0 */
	int landlock_version;    /* 0: none */
};

/* Appends one finding for each thing looked at. */
void machine_examine(const struct machine *machine, json_t *findings);
