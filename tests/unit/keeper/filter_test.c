/* Policies compiled to filters, loaded in a child, and asked by real system calls. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/filter.h"

static struct policy policy;

static int set_up(void **state)
{
	(void)state;
	memset(&policy, 0, sizeof(policy));
	snprintf(policy.name, sizeof(policy.name), "test");
	policy.default_error = ENOSYS;
	return 0;
}

static struct policy_syscall *add(const char *name, uint16_t action, uint16_t error)
{
	struct policy_syscall *rule = &policy.syscalls[policy.n_syscalls++];

	snprintf(rule->name, sizeof(rule->name), "%s", name);
	rule->action = action;
	rule->error = error;
	return rule;
}

static void when(struct policy_syscall *rule, uint32_t index, uint32_t compare, uint64_t value,
		 uint64_t value_two)
{
	rule->arguments[rule->n_arguments].index = index;
	rule->arguments[rule->n_arguments].compare = compare;
	rule->arguments[rule->n_arguments].value = value;
	rule->arguments[rule->n_arguments++].value_two = value_two;
}

static void load(int fd)
{
	struct stat status;
	struct sock_fprog program;

	fstat(fd, &status);
	program.len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
	program.filter = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		_exit(250);
}

/* The errno of the call under the filter (0: allowed); -1: it was killed. */
static int ask(long number, long one, long two)
{
	int fd = filter_compile(&policy, false);
	int status;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0) {
		load(fd);
		syscall(SYS_exit_group, syscall(number, one, two, 0, 0, 0, 0) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return -1;
	}
	return WEXITSTATUS(status);
}

static void test_actions(void **state)
{
	(void)state;
	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	add("getppid", POLICY_SYSCALL_ALLOW, 0);
	add("getuid", POLICY_SYSCALL_ERRNO, EPERM);
	add("ptrace", POLICY_SYSCALL_KILL, 0);
	add("sync", POLICY_SYSCALL_ERRNO, ENOSYS); /* the default, said once more */
	add("call_of_the_future", POLICY_SYSCALL_ALLOW, 0);
	assert_int_equal(ask(SYS_getppid, 0, 0), 0);
	assert_int_equal(ask(SYS_getuid, 0, 0), EPERM);
	assert_int_equal(ask(SYS_sync, 0, 0), ENOSYS);
	assert_int_equal(ask(SYS_getgid, 0, 0), ENOSYS);
	assert_int_equal(ask(SYS_ptrace, 0, 0), -1);
}

#ifdef __x86_64__
/* The x32 entry has other meanings for the same numbers. */
static void test_x32_is_killed(void **state)
{
	(void)state;
	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	add("getppid", POLICY_SYSCALL_ALLOW, 0);
	assert_int_equal(ask(SYS_getppid | 0x40000000, 0, 0), -1);
}
#endif

static void test_arguments(void **state)
{
	(void)state;
	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	when(add("fcntl", POLICY_SYSCALL_ALLOW, 0), 1, POLICY_COMPARE_EQ, F_GETFD, 0);
	when(add("fcntl", POLICY_SYSCALL_ALLOW, 0), 1, POLICY_COMPARE_EQ, F_GETFL, 0);
	when(add("fcntl", POLICY_SYSCALL_ERRNO, EPERM), 1, POLICY_COMPARE_EQ, F_GETOWN, 0);
	when(add("umask", POLICY_SYSCALL_ALLOW, 0), 0, POLICY_COMPARE_MASKED_EQ, 07, 0);
	when(add("umask", POLICY_SYSCALL_ERRNO, EACCES), 0, POLICY_COMPARE_MASKED_EQ, 04, 04);
	assert_int_equal(ask(SYS_fcntl, 1, F_GETFD), 0);
	assert_int_equal(ask(SYS_fcntl, 1, F_GETFL), 0);
	assert_int_equal(ask(SYS_fcntl, 1, F_GETOWN), EPERM);
	assert_int_equal(ask(SYS_fcntl, 1, F_GETLK), ENOSYS);
	assert_int_equal(ask(SYS_umask, 0770, 0), 0);
	assert_int_equal(ask(SYS_umask, 0774, 0), EACCES);
	assert_int_equal(ask(SYS_umask, 0772, 0), ENOSYS);
}

/* "This argument, else the default" is clear, also when the default is spelled out. */
static void test_default_beside_a_condition(void **state)
{
	(void)state;
	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	add("umask", POLICY_SYSCALL_ERRNO, ENOSYS);
	when(add("umask", POLICY_SYSCALL_ALLOW, 0), 0, POLICY_COMPARE_EQ, 022, 0);
	assert_int_equal(ask(SYS_umask, 022, 0), 0);
	assert_int_equal(ask(SYS_umask, 0, 0), ENOSYS);
}

static void test_contradictions_are_refused(void **state)
{
	(void)state;
	add("getuid", POLICY_SYSCALL_ALLOW, 0);
	add("getuid", POLICY_SYSCALL_ERRNO, EPERM);
	assert_int_equal(filter_compile(&policy, false), -EINVAL);

	set_up(NULL);
	add("umask", POLICY_SYSCALL_ALLOW, 0);
	when(add("umask", POLICY_SYSCALL_ERRNO, EPERM), 0, POLICY_COMPARE_EQ, 0, 0);
	assert_int_equal(filter_compile(&policy, false), -EINVAL);

	set_up(NULL);
	when(add("umask", POLICY_SYSCALL_ALLOW, 0), 0, POLICY_COMPARE_LT, 010, 0);
	when(add("umask", POLICY_SYSCALL_ERRNO, ENOSYS), 0, POLICY_COMPARE_EQ, 0, 0);
	assert_int_equal(filter_compile(&policy, false), -EINVAL);
}

static void test_malformed_rules_are_refused(void **state)
{
	struct policy_syscall *rule;

	(void)state;
	rule = add("umask", POLICY_SYSCALL_ALLOW, 0);
	rule->n_arguments = 4;
	assert_int_equal(filter_compile(&policy, false), -EINVAL);

	set_up(NULL);
	when(add("umask", POLICY_SYSCALL_ALLOW, 0), 6, POLICY_COMPARE_EQ, 0, 0);
	assert_int_equal(filter_compile(&policy, false), -EINVAL);

	set_up(NULL);
	when(add("umask", POLICY_SYSCALL_ALLOW, 0), 0, 99, 0, 0);
	assert_int_equal(filter_compile(&policy, false), -EINVAL);
}

/* Without a listener a call that would be reported is refused like any other. */
static void test_what_cannot_be_reported_is_refused(void **state)
{
	(void)state;
	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	add("getuid", POLICY_SYSCALL_NOTIFY, 0);
	assert_int_equal(ask(SYS_getuid, 0, 0), EPERM);
	set_up(NULL);
	policy.default_error = EPERM; /* the same as the default, which libseccomp minds */
	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	add("getuid", POLICY_SYSCALL_NOTIFY, 0);
	assert_int_equal(ask(SYS_getuid, 0, 0), EPERM);
}

static struct sock_fprog map(int fd)
{
	struct stat status;
	struct sock_fprog program;

	assert_int_equal(fstat(fd, &status), 0);
	program.len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
	program.filter = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(program.filter, MAP_FAILED);
	return program;
}

static int errno_of_ioctl(unsigned long request)
{
	return syscall(SYS_ioctl, -1, request, NULL) < 0 ? errno : 0;
}

/* The listener's ioctls work although no rule allows ioctl, and no other one does. */
static void test_the_listener_can_work(void **state)
{
	struct sock_fprog program;
	int status;
	pid_t pid;
	int fd;

	add("exit_group", POLICY_SYSCALL_ALLOW, 0);
	fd = filter_compile(&policy, true);
	assert_true(fd >= 0);
	program = map(fd);
	(void)state;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
			_exit(250);
		syscall(SYS_exit_group,
			errno_of_ioctl(SECCOMP_IOCTL_NOTIF_RECV) == EBADF &&
					errno_of_ioctl(SECCOMP_IOCTL_NOTIF_SEND) == EBADF &&
					errno_of_ioctl(SECCOMP_IOCTL_NOTIF_ADDFD) == ENOSYS
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_actions, set_up),
#ifdef __x86_64__
		cmocka_unit_test_setup(test_x32_is_killed, set_up),
#endif
		cmocka_unit_test_setup(test_arguments, set_up),
		cmocka_unit_test_setup(test_default_beside_a_condition, set_up),
		cmocka_unit_test_setup(test_contradictions_are_refused, set_up),
		cmocka_unit_test_setup(test_malformed_rules_are_refused, set_up),
		cmocka_unit_test_setup(test_what_cannot_be_reported_is_refused, set_up),
		cmocka_unit_test_setup(test_the_listener_can_work, set_up),
	};

	log_open("filter_test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
