/*
 * What a language may do and how its cell is made: the whole policy as plain data, fixed in size,
 * so that the supervisor can read the YAML once and hand the result to the keeper and the broker as
 * sealed memory. No pointers, no code that needs a file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define POLICY_NAME_MAX 32
#define POLICY_PATH_MAX 256
#define POLICY_ARGV_MAX 8
#define POLICY_COMPILE_MAX 24
#define POLICY_LINK_MAX 8
#define POLICY_MOUNTS_MAX 32
#define POLICY_IMPORTS_MAX 48
#define POLICY_VARIANTS_MAX 3
#define POLICY_MODULES_MAX 8
#define POLICY_ENVIRONMENT_MAX 16
#define POLICY_SYSCALLS_MAX 640
#define POLICY_MAX 8
#define POLICY_SLOTS_MAX 768
/* An evaluation takes one, and one for its examiner if it is split; the others wait for work of
 * other languages. */
#define POLICY_CELLS_PER_EVALUATION 6
#define POLICY_EVALUATIONS_MAX (POLICY_SLOTS_MAX / POLICY_CELLS_PER_EVALUATION)

/* Limits of one evaluation; every field is > 0 in a policy. Names as in assay.proto. */
struct limits {
	uint64_t cpu_ms;
	uint64_t wall_ms;
	uint64_t memory_bytes;
	uint64_t output_bytes; /* kept of each stream; what comes after is dropped and counted */
	uint32_t processes;
	uint32_t test_ms; /* of a single test; 0: none, only a request sets it */
};

/*
 * Debug output is no fault: it is drained and dropped. More than this many times output_bytes on
 * one stream is a flood, and the run is ended with OUTPUT_LIMIT.
 */
#define LIMITS_FLOOD_FACTOR 256

/* Layers of isolation: X(NAME, "text as in results"). The bit of a layer is 1 << LAYER_NAME. */
#define POLICY_LAYERS(X)                          \
	X(USER_NAMESPACE, "user-namespace")       \
	X(PID_NAMESPACE, "pid-namespace")         \
	X(MOUNT_NAMESPACE, "mount-namespace")     \
	X(NETWORK_NAMESPACE, "network-namespace") \
	X(IPC_NAMESPACE, "ipc-namespace")         \
	X(UTS_NAMESPACE, "uts-namespace")         \
	X(CGROUP_NAMESPACE, "cgroup-namespace")   \
	X(READ_ONLY_ROOT, "read-only-root")       \
	X(NO_CAPABILITIES, "no-capabilities")     \
	X(NO_NEW_PRIVILEGES, "no-new-privileges") \
	X(SECCOMP, "seccomp")                     \
	X(SECCOMP_NOTIFY, "seccomp-notify")       \
	X(LANDLOCK, "landlock")                   \
	X(RLIMITS, "rlimits")                     \
	X(HOST_UID, "host-uid-per-slot")          \
	X(CGROUP_MEMORY, "cgroup-memory")         \
	X(CGROUP_PIDS, "cgroup-pids")             \
	X(CGROUP_CPU, "cgroup-cpu")

enum policy_layer {
#define X(name, text) LAYER_##name,
	POLICY_LAYERS(X)
#undef X
		LAYER_COUNT
};

#define POLICY_LAYERS_ALL ((1u << LAYER_COUNT) - 1)

/*
 * What no cell can be built without: its first process serves as pid 1 only, its root is put
 * together where the host's mounts must not be, and the keeper itself has given up new privileges.
 */
#define POLICY_LAYERS_ESSENTIAL \
	(1u << LAYER_PID_NAMESPACE | 1u << LAYER_MOUNT_NAMESPACE | 1u << LAYER_NO_NEW_PRIVILEGES)

enum policy_mount_kind {
	POLICY_MOUNT_BIND,    /* source bound read-only, recursively, nosuid,nodev */
	POLICY_MOUNT_DEVICE,  /* one device node of the host, bound */
	POLICY_MOUNT_TMPFS,   /* writable, wiped after each run; size_bytes, inodes */
	POLICY_MOUNT_PROC,    /* the cell's own /proc */
	POLICY_MOUNT_SYMLINK, /* target -> source, text as given */
};

struct policy_mount {
	uint32_t kind;    /* enum policy_mount_kind */
	bool is_optional; /* a source that does not exist is left out */
	char source[POLICY_PATH_MAX];
	char target[POLICY_PATH_MAX];
	uint64_t size_bytes;
	uint64_t inodes;
};

enum policy_syscall_action {
	POLICY_SYSCALL_ALLOW,
	POLICY_SYSCALL_ERRNO,
	POLICY_SYSCALL_KILL,
	POLICY_SYSCALL_NOTIFY, /* refused with EPERM, and named in the result */
};

/* Comparison of one argument, as in OCI profiles (SCMP_CMP_*). */
enum policy_compare {
	POLICY_COMPARE_NE = 1,
	POLICY_COMPARE_LT,
	POLICY_COMPARE_LE,
	POLICY_COMPARE_EQ,
	POLICY_COMPARE_GE,
	POLICY_COMPARE_GT,
	POLICY_COMPARE_MASKED_EQ, /* (argument & value) == value_two */
};

/* One rule of the filter: a system call by name, all arguments conditions must hold. */
struct policy_syscall {
	char name[POLICY_NAME_MAX];
	uint16_t action; /* enum policy_syscall_action */
	uint16_t error;  /* errno for POLICY_SYSCALL_ERRNO */
	uint32_t n_arguments;
	struct {
		uint32_t index;   /* 0..5 */
		uint32_t compare; /* enum policy_compare */
		uint64_t value;
		uint64_t value_two;
	} arguments[3];
};

/*
 * Cells that have imported more than the others of their policy, for work that imports one of
 * `modules`. In all else they are alike, and so are the verdicts: a variant saves time only.
 */
struct policy_variant {
	char name[POLICY_NAME_MAX];
	char modules[POLICY_MODULES_MAX][POLICY_NAME_MAX];
	uint32_t n_modules;
	char imports[POLICY_MODULES_MAX][POLICY_NAME_MAX]; /* besides those of the policy */
	uint32_t n_imports;
	/* On the host: if none of these exists there is no such variant. */
	char found_at[POLICY_MODULES_MAX][POLICY_PATH_MAX];
	uint32_t n_found_at;
	uint64_t stamp;  /* another one when what was found has changed */
	uint32_t policy; /* index in the table, where the whole policy of these cells stands */
};

struct policy {
	char name[POLICY_NAME_MAX];     /* folder under policies/ */
	char language[POLICY_NAME_MAX]; /* what requests name */
	char runtime[POLICY_NAME_MAX];  /* folder under inside/runtimes/: whose files are copied to
					   /assay */
	char argv[POLICY_ARGV_MAX]
		 [POLICY_PATH_MAX]; /* pid 1 of the cell; argv[0] absolute, inside the cell */
	uint32_t n_argv;
	char environment[POLICY_ENVIRONMENT_MAX]
			[POLICY_PATH_MAX]; /* "NAME=value": all that the cell gets */
	uint32_t n_environment;
	char imports[POLICY_IMPORTS_MAX]
		    [POLICY_NAME_MAX]; /* modules that the zygote imports before it locks itself */
	uint32_t n_imports;
	struct policy_variant variants[POLICY_VARIANTS_MAX];
	uint32_t n_variants;
	/* How code becomes a program, in a run of its own before the others. */
	char source[POLICY_NAME_MAX]; /* the file that is compiled; "": the code runs as it is */
	char compile[POLICY_COMPILE_MAX][POLICY_PATH_MAX]; /* compiler, absolute, and its options */
	uint32_t n_compile;
	char link[POLICY_LINK_MAX][POLICY_PATH_MAX]; /* what follows the object files */
	uint32_t n_link;
	struct limits compile_limits;
	struct policy_mount mounts[POLICY_MOUNTS_MAX]; /* in order */
	uint32_t n_mounts;
	struct limits default_limits;
	struct limits maximum_limits;
	uint64_t cell_memory_bytes; /* added to a run's memory limit for the zygote itself */
	uint32_t runs_per_cell;     /* then the cell is rebuilt */
	uint64_t file_bytes;        /* RLIMIT_FSIZE */
	uint32_t open_files;        /* RLIMIT_NOFILE */
	uint64_t stack_bytes;       /* RLIMIT_STACK */
	uint64_t code_bytes;        /* longest candidate accepted */
	uint32_t
		required_layers; /* bit set of enum policy_layer: missing one is refused at start */
	uint32_t left_out_layers; /* not used although they could be had: for tests that show what
				     each is good for. Never one that is required or essential. */
	uint16_t default_error;   /* errno of system calls that no rule names */
	struct policy_syscall syscalls[POLICY_SYSCALLS_MAX];
	uint32_t n_syscalls;
};

/* What the keeper is started with. */
#define POLICY_TABLE_MAGIC 0x61737901u
struct policy_table {
	uint32_t magic;
	uint32_t n_slots;  /* places for cells: POLICY_CELLS_PER_EVALUATION times the broker's */
	uint32_t uid_base; /* as root: slot i runs as host uid uid_base + 1 + i; the broker as
			      uid_base */
	uint32_t supervisor_pid; /* names the cgroups, so that a new keeper finds what an old one
				    left */
	char runtime_path[POLICY_PATH_MAX]; /* host folder that holds <runtime>/ with the files for
					       /assay */
	uint32_t n_policies;
	uint32_t n_variants; /* policies of variants, behind the others */
	struct policy policies[POLICY_MAX];
};

/* Whether the code of this language is compiled before it runs. */
static inline bool policy_has_compiler(const struct policy *policy)
{
	return policy->source[0] != '\0';
}

/* "user-namespace"; NULL for a number that is no layer. Static text. */
const char *policy_layer_name(enum policy_layer layer);

/* The layer of that name, or -1. */
int policy_layer_find(const char *name);

/* Index in table->policies of the first policy for `language`, or -1. */
int policy_table_find(const struct policy_table *table, const char *language);
