/*
 * From the policy's system call list to plain BPF, by assay-keeper at its start, once a policy:
 * building a filter takes a millisecond, inheriting a loaded one nothing.
 *
 * A reported call (seccomp_unotify(2)) is answered by pid 1 of the cell, which is under the filter
 * itself. The two ioctls that it needs for that are allowed before all rules, so that no policy has
 * to know of them; without a listener, which no candidate has, they do nothing.
 *
 * The default is to refuse with policy->default_error; a call by the 32-bit or x32 entry kills
 * (libseccomp's answer to a foreign architecture), because its numbers mean other calls. The filter
 * is a binary tree: some 170 rules in a row would cost every system call of every candidate.
 *
 * libseccomp keeps, of an unconditional and a conditional rule for the same call, whichever it
 * likes; and it refuses rules that repeat the default. Both are checked here before it sees them.
 */
#include "keeper/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define OPTIMIZE_BINARY_TREE 2
#define API_WITH_NOTIFY 5 /* of libseccomp, seccomp_api_get(3) */

/* What a reported call is answered, also when it cannot be reported. */
#define NOTIFY_ERROR EPERM

/* A policy being compiled. */
struct compile {
	const struct policy *policy;
	scmp_filter_ctx context;
	bool notifies;
};

static uint32_t action_of(const struct compile *compile, const struct policy_syscall *rule)
{
	switch ((enum policy_syscall_action)rule->action) {
	case POLICY_SYSCALL_ALLOW:
		return SCMP_ACT_ALLOW;
	case POLICY_SYSCALL_ERRNO:
		return SCMP_ACT_ERRNO(rule->error);
	case POLICY_SYSCALL_KILL:
		return SCMP_ACT_KILL_PROCESS;
	case POLICY_SYSCALL_NOTIFY:
		return compile->notifies ? SCMP_ACT_NOTIFY : SCMP_ACT_ERRNO(NOTIFY_ERROR);
	}
	return SCMP_ACT_KILL_PROCESS;
}

static bool is_default(const struct compile *compile, const struct policy_syscall *rule)
{
	return action_of(compile, rule) == SCMP_ACT_ERRNO(compile->policy->default_error);
}

static bool contradict(const struct compile *compile, const struct policy_syscall *one,
		       const struct policy_syscall *other)
{
	const struct policy_syscall *broad = one->n_arguments == 0 ? one : other;

	if (one->n_arguments == 0 && other->n_arguments == 0)
		return action_of(compile, one) != action_of(compile, other);
	if (one->n_arguments == 0 || other->n_arguments == 0)
		return !is_default(compile, broad); /* "if this, else the default" is clear */
	return is_default(compile, one) != is_default(compile, other);
}

static bool is_contradicted(const struct compile *compile, const struct policy_syscall *rule)
{
	const struct policy *policy = compile->policy;

	for (uint32_t i = 0; i < policy->n_syscalls; i++) {
		const struct policy_syscall *other = &policy->syscalls[i];

		if (strcmp(other->name, rule->name) == 0 && contradict(compile, rule, other))
			return true;
	}
	return false;
}

static int add_rule(const struct compile *compile, const struct policy_syscall *rule)
{
	static const enum scmp_compare compares[] = {
		[POLICY_COMPARE_NE] = SCMP_CMP_NE,
		[POLICY_COMPARE_LT] = SCMP_CMP_LT,
		[POLICY_COMPARE_LE] = SCMP_CMP_LE,
		[POLICY_COMPARE_EQ] = SCMP_CMP_EQ,
		[POLICY_COMPARE_GE] = SCMP_CMP_GE,
		[POLICY_COMPARE_GT] = SCMP_CMP_GT,
		[POLICY_COMPARE_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};
	struct scmp_arg_cmp arguments[3];
	int number = seccomp_syscall_resolve_name(rule->name);

	if (number == __NR_SCMP_ERROR) {
		log_info("filter: system call %s is not known here, stays refused", rule->name);
		return 0;
	}
	if (rule->n_arguments > 3)
		return -EINVAL;
	for (uint32_t i = 0; i < rule->n_arguments; i++) {
		uint32_t compare = rule->arguments[i].compare;

		if (compare < POLICY_COMPARE_NE || compare > POLICY_COMPARE_MASKED_EQ ||
		    rule->arguments[i].index > 5)
			return -EINVAL;
		arguments[i] = (struct scmp_arg_cmp){
			.arg = rule->arguments[i].index,
			.op = compares[compare],
			.datum_a = rule->arguments[i].value,
			.datum_b = rule->arguments[i].value_two,
		};
	}
	return seccomp_rule_add_array(compile->context, action_of(compile, rule), number,
				      rule->n_arguments, arguments);
}

static int add_rules(const struct compile *compile)
{
	const struct policy *policy = compile->policy;

	for (uint32_t i = 0; i < policy->n_syscalls; i++) {
		const struct policy_syscall *rule = &policy->syscalls[i];
		int err;

		if (is_contradicted(compile, rule)) {
			log_error("policy %s: rules for system call %s contradict each other",
				  policy->name, rule->name);
			return -EINVAL;
		}
		if (is_default(compile, rule))
			continue;
		err = add_rule(compile, rule);
		if (err < 0) {
			log_error("policy %s: rule for system call %s: %s", policy->name,
				  rule->name, strerror(-err));
			return err;
		}
	}
	return 0;
}

/* Lets the listener work: ld, two comparisons, allow; then what libseccomp made. */
static int write_prologue(int fd)
{
	const struct sock_filter prologue[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, 4),
		/* The low half, of a little-endian machine: the kernel takes no more. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SECCOMP_IOCTL_NOTIF_RECV, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SECCOMP_IOCTL_NOTIF_SEND, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	ssize_t n = write(fd, prologue, sizeof(prologue));

	if (n < 0)
		return -errno;
	return n == sizeof(prologue) ? 0 : -EIO;
}

static int build_and_export(const struct compile *compile, int fd)
{
	scmp_filter_ctx context = compile->context;
	int err = add_rules(compile);

	if (err == 0)
		err = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_BINARY_TREE);
	if (err == 0)
		err = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (err == 0 && compile->notifies)
		err = write_prologue(fd);
	if (err == 0)
		err = seccomp_export_bpf(context, fd);
	if (err == 0 && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	return err;
}

int filter_compile(const struct policy *policy, bool notifies)
{
	_cleanup_fd_ int fd = memfd_create("assay-filter", MFD_CLOEXEC);
	struct compile compile = {.policy = policy, .notifies = notifies};
	int err;

	if (fd < 0)
		return -errno;
	if (policy->n_syscalls > POLICY_SYSCALLS_MAX)
		return -EINVAL;
	compile.context = seccomp_init(SCMP_ACT_ERRNO(policy->default_error));
	if (compile.context == NULL)
		return -ENOMEM;
	err = build_and_export(&compile, fd);
	seccomp_release(compile.context);
	return err < 0 ? err : fd_take(&fd);
}

static void try_listener(void) __attribute__((noreturn));
static void try_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = {.len = 1, .filter = &allow};
	const unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC |
				    SECCOMP_FILTER_FLAG_TSYNC_ESRCH;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(EXIT_FAILURE);
	_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0 ? EXIT_FAILURE
										 : EXIT_SUCCESS);
}

bool filter_can_notify(void)
{
	int status = -1;
	pid_t pid;

	if (seccomp_api_get() < API_WITH_NOTIFY)
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0)
		try_listener();
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return status == 0;
}
