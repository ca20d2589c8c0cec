/*
 * What the broker locks itself in. It reads the bytes of hostile clients and of hostile candidates,
 * so it is the process that would be taken over; then it should be of no use.
 *
 * Two walls that know nothing of each other. Landlock: of all files only /dev/null may be opened
 * (and those of the folder of known verdicts, if there is one, for which the filter permits four
 * calls more), no TCP, no abstract socket, no signal to anyone outside. The system call filter: the
 * few dozen calls below, and of some only what the broker does with them. Sockets, pipes and
 * descriptors come from the supervisor, the keeper and accept(2), so socket(2) is not among them;
 * no memory can be made executable; nothing can be executed. What is refused answers EPERM and does
 * not kill: a rare call of a library that we did not think of must not end everybody's work.
 * Whoever gives the broker a new system call adds it here, or meets EPERM.
 *
 * The filter is written out here as instructions of BPF, because the broker must not link
 * libseccomp, and because it must not depend on a file: it is part of the program, like its code.
 *
 * A build with AddressSanitizer goes without: the sanitizer opens files when it has something to
 * say, and that must not get lost.
 */
#include "broker/armour.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "core/policy.h"
#include "core/handover.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARMOUR_IS_WORN 0
#else
#define ARMOUR_IS_WORN 1
#endif

/* ---- Landlock ---- */

/* As in the newest kernel that is known here; older ones take the beginning (landlock(7)). */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

/* All that a version of Landlock can refuse. */
static struct ruleset everything(int version)
{
	static const unsigned int n_file_rights[] = {0, 13, 14, 15, 15, 16};
	const int n_versions = sizeof(n_file_rights) / sizeof(n_file_rights[0]);
	int last = version < n_versions ? version : n_versions - 1;

	return (struct ruleset){
		.files = (1ull << n_file_rights[last]) - 1,
		.network = version >= 4 ? 3 : 0, /* bind and connect of TCP */
		.scopes = version >= 6 ? 3 : 0,  /* abstract Unix sockets, signals */
	};
}

static int allow_null(int rules)
{
	_cleanup_fd_ int null = open("/dev/null", O_PATH | O_CLOEXEC);
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE,
		.parent_fd = null,
	};

	if (null < 0 ||
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

/* Files are made, read, renamed and removed in this folder, and not in folders below it. */
static int allow_store(int rules, int store)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
		.parent_fd = store,
	};

	if (store >= 0 &&
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

static int restrict_files(int store)
{
	const int version =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	_cleanup_fd_ int rules = -1;
	struct ruleset ruleset;
	size_t size;
	int err;

	if (version < 1)
		return version < 0 ? -errno : -ENOSYS;
	ruleset = everything(version);
	size = version >= 6   ? sizeof(ruleset)
	       : version >= 4 ? offsetof(struct ruleset, scopes)
			      : offsetof(struct ruleset, network);
	rules = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	if (rules < 0)
		return -errno;
	err = allow_null(rules);
	if (err == 0)
		err = allow_store(rules, store);
	if (err == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		err = -errno;
	return err;
}

/* ---- the system call filter ---- */

/* Whatever their arguments. In the order of their frequency. */
static const uint32_t calls[] = {
	/* The loop, and moving bytes over what is open. */
	SYS_epoll_wait,
	SYS_epoll_pwait,
	SYS_epoll_pwait2,
	SYS_close,
	SYS_pread64,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_epoll_ctl,
	SYS_read,
	SYS_readv,
	SYS_write,
	SYS_pwrite64,
	SYS_writev,
	SYS_recvfrom,
	SYS_sendto,
	SYS_accept4,
	SYS_shutdown,
	SYS_getsockopt,
	/* What a run is given: pipes and sealed memory. */
	SYS_pipe2,
	SYS_fchmod,
	SYS_memfd_create,
	SYS_lseek,
	SYS_ftruncate,
	/* Memory; see below for more. */
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	/* Time, random numbers, oneself. */
	SYS_getrandom,
	SYS_clock_gettime,
	SYS_gettimeofday,
	SYS_futex,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
};

/* One argument decides; several rules of one call are alternatives. */
struct rule {
	uint32_t number;
	uint32_t argument;
	bool is_mask; /* none of the bits of `value` is set; else: the argument is `value` */
	uint32_t value;
};

static const struct rule rules[] = {
	/* /dev/null for a run; not O_RDONLY, O_CREAT or O_TRUNC. */
	{SYS_openat, 2, false, O_WRONLY | O_CLOEXEC},
	/* An examiner's sitting; connected to nothing else. */
	{SYS_socketpair, 1, false, SOCK_SEQPACKET | SOCK_CLOEXEC},
	{SYS_fcntl, 1, false, F_SETFL},
	{SYS_fcntl, 1, false, F_GETFL},
	{SYS_fcntl, 1, false, F_ADD_SEALS},
	{SYS_fcntl, 1, false, F_SETFD},
	{SYS_fcntl, 1, false, F_GETFD},
	{SYS_fcntl, 1, false, F_DUPFD_CLOEXEC},
	{SYS_ioctl, 1, false, FIONREAD},
	{SYS_mmap, 2, true, PROT_EXEC},
	{SYS_mprotect, 2, true, PROT_EXEC},
};

/* With a folder of known verdicts. Which files these reach is Landlock's to say. */
static const struct rule store_rules[] = {
	{SYS_openat, 2, false, ARMOUR_STORE_READ},
	{SYS_openat, 2, false, ARMOUR_STORE_WRITE},
	{SYS_unlinkat, 0, false, BROKER_FD_CACHE},
	{SYS_renameat, 0, false, BROKER_FD_CACHE},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INSTRUCTIONS_MAX (4 + 2 * COUNT(calls) + 5 * (COUNT(rules) + COUNT(store_rules) + 1) + 1)

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
#define JUMP(test, value, if_true, if_false) \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, value, if_true, if_false)

struct program {
	struct sock_filter instructions[INSTRUCTIONS_MAX];
	unsigned short n;
};

static void add(struct program *program, struct sock_filter instruction)
{
	program->instructions[program->n++] = instruction;
}

static void add_call(struct program *program, uint32_t number)
{
	add(program, (struct sock_filter)JUMP(BPF_JEQ, number, 0, 1));
	add(program, (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW));
}

/* The number is loaded before and after. Only the low half of an argument is looked at: the kernel
 * takes these as int, or knows no bits above. */
static void add_rule(struct program *program, const struct rule *rule)
{
	const uint32_t argument_at =
		(uint32_t)(offsetof(struct seccomp_data, args) + rule->argument * sizeof(uint64_t));

	add(program, (struct sock_filter)JUMP(BPF_JEQ, rule->number, 0, 4));
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument_at));
	if (rule->is_mask)
		add(program, (struct sock_filter)JUMP(BPF_JSET, rule->value, 1, 0));
	else
		add(program, (struct sock_filter)JUMP(BPF_JEQ, rule->value, 0, 1));
	add(program, (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW));
	add(program, (struct sock_filter)LOAD(nr));
}

static int load_filter(bool has_store)
{
	struct program program = {.n = 0};
	struct sock_fprog loaded = {.filter = program.instructions};
	/* How abort(3) ends this process. */
	const struct rule own_signal = {SYS_tgkill, 0, false, (uint32_t)getpid()};

	add(&program, (struct sock_filter)LOAD(arch));
	add(&program, (struct sock_filter)JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
	add(&program, (struct sock_filter)ANSWER(SECCOMP_RET_KILL_PROCESS));
	add(&program, (struct sock_filter)LOAD(nr));
	for (size_t i = 0; i < COUNT(calls); i++)
		add_call(&program, calls[i]);
	for (size_t i = 0; i < COUNT(rules); i++)
		add_rule(&program, &rules[i]);
	for (size_t i = 0; has_store && i < COUNT(store_rules); i++)
		add_rule(&program, &store_rules[i]);
	add_rule(&program, &own_signal);
	add(&program, (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | EPERM));
	loaded.len = program.n;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded) < 0)
		return -errno;
	return 0;
}

/* ---- in order ---- */

int armour_drop_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	return 0;
}

int armour_put_on(int store, uint32_t *layers)
{
	int err;

	*layers = 0;
	if (!ARMOUR_IS_WORN) {
		log_warning("built with a sanitizer: the broker is not locked in");
		return 0;
	}
	err = restrict_files(store);
	if (err < 0)
		log_warning("the broker goes without Landlock: %s", strerror(-err));
	else
		*layers |= 1u << LAYER_LANDLOCK;
	err = load_filter(store >= 0);
	if (err == 0)
		*layers |= 1u << LAYER_SECCOMP;
	return err;
}
