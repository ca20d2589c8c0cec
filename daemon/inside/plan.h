/*
 * Everything that the inside needs to know to become a cell, as plain data: no policy, no decision
 * is left. The keeper derives it from struct policy (keeper/plan_build.c); strings and descriptors
 * are borrowed from the keeper, whose memory the child of clone3(2) still shares.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PLAN_MOUNTS_MAX 32
#define PLAN_FILES_MAX 64
#define PLAN_ARGUMENTS_MAX 64
#define PLAN_ENVIRONMENT_MAX 16

/* The one user and group that exist in a cell's user namespace. */
#define PLAN_INSIDE_ID 1000

/* Same meaning as enum policy_mount_kind. */
enum plan_mount_kind {
	PLAN_MOUNT_BIND,
	PLAN_MOUNT_DEVICE,
	PLAN_MOUNT_TMPFS,
	PLAN_MOUNT_PROC,
	PLAN_MOUNT_SYMLINK,
};

struct plan_mount {
	enum plan_mount_kind kind;
	bool is_optional;
	const char *source;
	const char *target;
	uint64_t size_bytes;
	uint64_t inodes;
};

/* A file of the runtime, to be copied to /runtime/<name>. */
struct plan_file {
	const char *name;
	int fd; /* readable; its offset is neither used nor moved */
	mode_t mode;
};

struct plan {
	/*
	 * false: the cell was cloned into its user namespace (keeper is an ordinary user).
	 * true: it still has the keeper's power over the host's mounts, and enters its user
	 * namespace when they are done.
	 */
	bool enters_user_namespace;
	bool is_trial;          /* do everything but the exec, then SETUP_DONE and exit 0 */
	uint64_t namespaces;    /* CLONE_NEW*: those in which it begins */
	uint32_t skipped_steps; /* bit set, by index as in inside_step(); for layers left out */
	unsigned int id;        /* its user and group, as the cell sees them */
	uint64_t core_bytes;    /* RLIMIT_CORE */
	struct plan_mount mounts[PLAN_MOUNTS_MAX];
	uint32_t n_mounts;
	const struct plan_file *files;
	uint32_t n_files;
	char *arguments[PLAN_ARGUMENTS_MAX + 1];     /* NULL-terminated */
	char *environment[PLAN_ENVIRONMENT_MAX + 1]; /* NULL-terminated */
	uint32_t open_files;                         /* hard RLIMIT_NOFILE */
	int control_fd;                              /* becomes CELL_FD_CONTROL */
	int lock_fd;                                 /* becomes CELL_FD_LOCK */
	int channel_fd;                              /* set-up channel to the keeper, inside.h */
};
