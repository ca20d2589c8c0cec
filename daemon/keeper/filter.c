/*
 * From the policy's system call list to plain BPF, by assay-keeper at its start, once a policy:
 * building a filter takes a millisecond, inheriting a loaded one nothing.
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
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define OPTIMIZE_BINARY_TREE 2

static uint32_t action_of(const struct policy_syscall *rule)
{
	switch ((enum policy_syscall_action)rule->action) {
	case POLICY_SYSCALL_ALLOW:
		return SCMP_ACT_ALLOW;
	case POLICY_SYSCALL_ERRNO:
		return SCMP_ACT_ERRNO(rule->error);
	case POLICY_SYSCALL_KILL:
		return SCMP_ACT_KILL_PROCESS;
	}
	return SCMP_ACT_KILL_PROCESS;
}

static bool is_default(const struct policy *policy, const struct policy_syscall *rule)
{
	return rule->action == POLICY_SYSCALL_ERRNO && rule->error == policy->default_error;
}

static bool contradict(const struct policy *policy, const struct policy_syscall *one,
		       const struct policy_syscall *other)
{
	const struct policy_syscall *broad = one->n_arguments == 0 ? one : other;

	if (one->n_arguments == 0 && other->n_arguments == 0)
		return action_of(one) != action_of(other);
	if (one->n_arguments == 0 || other->n_arguments == 0)
		return !is_default(policy, broad); /* "if this, else the default" is clear */
	return is_default(policy, one) != is_default(policy, other);
}

static bool is_contradicted(const struct policy *policy, const struct policy_syscall *rule)
{
	for (uint32_t i = 0; i < policy->n_syscalls; i++) {
		const struct policy_syscall *other = &policy->syscalls[i];

		if (strcmp(other->name, rule->name) == 0 && contradict(policy, rule, other))
			return true;
	}
	return false;
}

static int add_rule(scmp_filter_ctx context, const struct policy_syscall *rule)
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
	return seccomp_rule_add_array(context, action_of(rule), number, rule->n_arguments,
				      arguments);
}

static int add_rules(scmp_filter_ctx context, const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->n_syscalls; i++) {
		const struct policy_syscall *rule = &policy->syscalls[i];
		int err;

		if (is_contradicted(policy, rule)) {
			log_error("policy %s: rules for system call %s contradict each other",
				  policy->name, rule->name);
			return -EINVAL;
		}
		if (is_default(policy, rule))
			continue;
		err = add_rule(context, rule);
		if (err < 0) {
			log_error("policy %s: rule for system call %s: %s", policy->name,
				  rule->name, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int seal(int fd)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

	if (lseek(fd, 0, SEEK_SET) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return -errno;
	return 0;
}

static int build_and_export(scmp_filter_ctx context, const struct policy *policy, int fd)
{
	int err = add_rules(context, policy);

	if (err == 0)
		err = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_BINARY_TREE);
	if (err == 0)
		err = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (err == 0)
		err = seccomp_export_bpf(context, fd);
	return err == 0 ? seal(fd) : err;
}

int filter_compile(const struct policy *policy)
{
	_cleanup_fd_ int fd = memfd_create("assay-filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	scmp_filter_ctx context;
	int err;

	if (fd < 0)
		return -errno;
	if (policy->n_syscalls > POLICY_SYSCALLS_MAX)
		return -EINVAL;
	context = seccomp_init(SCMP_ACT_ERRNO(policy->default_error));
	if (context == NULL)
		return -ENOMEM;
	err = build_and_export(context, policy, fd);
	seccomp_release(context);
	return err < 0 ? err : fd_take(&fd);
}
