/*
 * What the steps of a cell's making share. Only for the files of this folder; keeper and runtimes
 * include inside.h, plan.h and lock.h.
 */
#pragma once

#include "inside/plan.h"

struct inside {
	const struct plan *plan;
	int sources[PLAN_MOUNTS_MAX]; /* detached copies of what is bound; -1: none or absent */
	int sysctl_fd;                /* the host's /proc/sys/user, -1: not to be had */
	int root_fd;                  /* the cell's root, before and after it becomes "/" */
	char detail[124];             /* of the failing step */
};

/* A step: 0, or -errno with inside->detail filled by step_failed(). */
typedef int step_function(struct inside *inside);

step_function step_wait_for_keeper;
step_function step_session;
step_function step_out_of_memory_score;
step_function step_cgroup_namespace;
step_function step_host_name;
step_function step_private_mounts;
step_function step_mount_sources;
step_function step_root;
step_function step_mounts;
step_function step_files;
step_function step_read_only_root;
step_function step_pivot;
step_function step_groups;
step_function step_user_namespace;
step_function step_no_nested_namespaces;
step_function step_credentials;
step_function step_rlimits;
step_function step_no_new_privileges;
step_function step_capabilities;
step_function step_parent_death;
step_function step_descriptors;
step_function step_exec;

/* Notes what was tried and returns `error` (negative), so that a step can end with it. */
int step_failed(struct inside *inside, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Tells the keeper `type` and, for SETUP_NEEDS_MAPS, waits for its SETUP_GO. 0 or -errno. */
int channel_tell(const struct inside *inside, uint32_t type);
int channel_wait_go(const struct inside *inside);

/*
 * Makes the folders that lead to `target` (absolute, in the cell) and, when `target` itself is to
 * be a mount point, it: a folder or an empty file. Descriptor (O_PATH) of the folder that holds
 * it (`want_parent`) or of the target, or -errno. Symbolic links resolve within the cell's root.
 */
enum target_kind { TARGET_FOLDER, TARGET_FILE, TARGET_PARENT };
int target_make(const struct inside *inside, const char *target, enum target_kind kind);

/* The last name of a path: "c" of "/a/b/c". */
const char *target_name(const char *target);
