/* The policy of Python that is shipped, compiled and asked by real system calls, row by row. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "config/policy_load.h"
#include "keeper/filter.h"

#define ALLOWED 0 /* by the filter; what the kernel says then does not count */

static struct policy_table *table;

static int set_up_all(void **state)
{
	struct config_error error;

	(void)state;
	table = calloc(1, sizeof(*table));
	if (table == NULL || access("policies/base.yaml", R_OK) < 0)
		return 0;
	return policy_load("policies", NULL, 0, table, &error);
}

static int tear_down_all(void **state)
{
	(void)state;
	free(table);
	return 0;
}

static const struct policy *python(void)
{
	int index = policy_table_find(table, "python");

	if (index < 0)
		skip(); /* not run from the project's folder */
	return &table->policies[index];
}

struct row {
	long number;
	unsigned long arguments[4];
	int expected;
};

static void ask_all(const struct sock_fprog *program, const struct row *rows, size_t n)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) != 0)
		_exit(250);
	for (size_t i = 0; i < n; i++) {
		const unsigned long *a = rows[i].arguments;
		long result = syscall(rows[i].number, a[0], a[1], a[2], a[3], 0, 0);

		if (result == -1 && errno == rows[i].expected)
			continue;
		if (rows[i].expected == ALLOWED &&
		    (result >= 0 || (errno != EPERM && errno != ENOSYS)))
			continue;
		_exit((int)i + 1);
	}
	_exit(0);
}

static void expect(const struct row *rows, size_t n)
{
	int fd = filter_compile(python(), false);
	struct sock_fprog program;
	struct stat status;
	int ended;
	pid_t pid;

	assert_true(n < 250);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	program.len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
	program.filter = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(program.filter, MAP_FAILED);
	pid = fork();
	if (pid == 0)
		ask_all(&program, rows, n);
	assert_int_equal(waitpid(pid, &ended, 0), pid);
	close(fd);
	if (ended != 0 && WIFEXITED(ended))
		fail_msg("row %d is not answered as expected", WEXITSTATUS(ended) - 1);
	assert_int_equal(ended, 0);
}
#define EXPECT(rows) expect((rows), sizeof(rows) / sizeof((rows)[0]))

static void test_numbers(void **state)
{
	static const struct row rows[] = {
		{SYS_getppid, {0}, ALLOWED},
		{SYS_clone3, {0}, ENOSYS},
		{SYS_unshare, {0}, EPERM},
		{SYS_mount, {0}, EPERM},
		{SYS_bpf, {0}, EPERM},
		{SYS_keyctl, {0}, EPERM},
		{SYS_ptrace, {0}, EPERM},
		{SYS_shmget, {0}, EPERM},
		{SYS_mq_open, {0}, EPERM},
		{SYS_splice, {0}, EPERM},
		{SYS_sendfile, {0}, ENOSYS},
		{SYS_seccomp, {0}, EPERM},
		{SYS_io_uring_setup, {0}, EPERM},
		{SYS_inotify_init1, {0}, EPERM},
		{SYS_memfd_secret, {0}, EPERM},
		{SYS_landlock_create_ruleset, {0}, EPERM},
		{SYS_mlock, {0}, EPERM},
		{SYS_pkey_alloc, {0}, ENOSYS},
		{451 /* cachestat */, {0}, ENOSYS},
		{999, {0}, ENOSYS},
	};

	(void)state;
	EXPECT(rows);
}

static void test_flags_of_clone(void **state)
{
	static const unsigned long refused[] = {
		CLONE_NEWNS,  CLONE_NEWUTS,    CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
		CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_PTRACE, CLONE_PARENT,  CLONE_NEWTIME,
	};
	struct row rows[sizeof(refused) / sizeof(refused[0])];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		rows[i] = (struct row){SYS_clone, {refused[i] | SIGCHLD}, EPERM};
	EXPECT(rows);
}

static void test_families_of_sockets(void **state)
{
	static const struct row rows[] = {
		{SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}, ALLOWED},
		{SYS_socket, {AF_UNIX, SOCK_STREAM}, ALLOWED},
		{SYS_socket, {AF_INET, SOCK_STREAM}, EPERM},
		{SYS_socket, {AF_INET6, SOCK_DGRAM}, EPERM},
		{SYS_socket, {AF_NETLINK, SOCK_RAW}, EPERM},
		{SYS_socket, {AF_PACKET, SOCK_RAW}, EPERM},
		{SYS_socket, {AF_ALG, SOCK_SEQPACKET}, EPERM},
		{SYS_socket, {AF_VSOCK, SOCK_STREAM}, EPERM},
		{SYS_socket,
		 {AF_UNIX | 1ul << 32, SOCK_STREAM},
		 EPERM}, /* strict: the kernel sees 1 */
		{SYS_socketpair, {AF_TIPC, SOCK_STREAM}, EPERM},
		{SYS_sendto, {-1ul, 0, 0, MSG_OOB}, EPERM},
		{SYS_recvmsg, {-1ul, 0, MSG_OOB}, EPERM},
		{SYS_recvmsg, {-1ul, 0, 0}, ALLOWED},
	};

	(void)state;
	EXPECT(rows);
}

/* By the low half of the argument, which is all that the kernel looks at. */
static void test_requests_of_ioctl(void **state)
{
	static const unsigned long allowed[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO};
	struct row rows[100];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rows[n++] = (struct row){SYS_ioctl, {-1ul, allowed[i]}, ALLOWED};
	for (unsigned long request = TCGETS + 1; request < FIONCLEX; request++) {
		if (request == TIOCGWINSZ || request == FIONREAD || request == FIONBIO)
			continue;
		rows[n++] =
			(struct row){SYS_ioctl,
				     {-1ul, request},
				     request == TIOCSTI || request == TIOCLINUX ? EPERM : ENOTTY};
	}
	rows[n++] = (struct row){SYS_ioctl, {-1ul, 0x40049409}, ENOTTY}; /* FICLONE */
	rows[n++] = (struct row){SYS_ioctl, {-1ul, TIOCSTI | 1ul << 32}, ENOTTY};
	rows[n++] = (struct row){SYS_ioctl, {-1ul, 0}, ENOTTY};
	expect(rows, n);
}

static void test_options_of_prctl(void **state)
{
	static const struct row rows[] = {
		{SYS_prctl, {PR_SET_NAME, (unsigned long)"x"}, ALLOWED},
		{SYS_prctl, {PR_GET_DUMPABLE}, ALLOWED},
		{SYS_prctl, {PR_SET_DUMPABLE, 0}, EPERM},
		{SYS_prctl, {PR_SET_SECCOMP, 2}, EPERM},
		{SYS_prctl, {PR_SET_MM, 1}, EPERM},
		{SYS_prctl, {PR_SET_CHILD_SUBREAPER, 1}, EPERM},
		{SYS_prctl, {PR_SET_SPECULATION_CTRL}, EPERM},
		{SYS_prctl, {59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1}, EPERM},
		{SYS_prctl, {PR_CAP_AMBIENT, 2}, EPERM},
	};

	(void)state;
	EXPECT(rows);
}

static void test_other_processes(void **state)
{
	static const struct row rows[] = {
		{SYS_prlimit64, {0, RLIMIT_NOFILE, 0, 0}, ALLOWED},
		{SYS_prlimit64, {1, RLIMIT_NOFILE, 0, 0}, EPERM},
		{SYS_setpriority, {PRIO_PROCESS, 1, 19}, EPERM},
		{SYS_setpriority, {PRIO_USER, 0, 19}, EPERM},
		{SYS_setpriority, {PRIO_PROCESS, 0, 19}, ALLOWED},
		{SYS_setpriority, {PRIO_PROCESS, 0, (unsigned long)-1}, EACCES},
		{SYS_setpriority, {PRIO_PROCESS, 0, 1ul << 32 | 19}, EACCES},
		{SYS_sched_setaffinity, {1, 8, 0}, EPERM},
		{SYS_sched_setscheduler, {0}, EPERM},
		{SYS_personality, {0xffffffff}, ALLOWED},
		{SYS_personality, {0x0040000}, EPERM},
	};

	(void)state;
	EXPECT(rows);
}

static void test_files(void **state)
{
	static const struct row rows[] = {
		{SYS_mknod, {0, S_IFIFO | 0600}, ALLOWED},
		{SYS_mknod, {0, S_IFCHR | 0600}, EPERM},
		{SYS_mknodat, {0, 0, S_IFBLK | 0600}, EPERM},
		{SYS_mknodat, {0, 0, S_IFREG | 0600}, EPERM},
		{SYS_fcntl, {-1ul, F_GETFL}, ALLOWED},
		{SYS_fcntl, {-1ul, F_SETLEASE}, EPERM},
		{SYS_fcntl, {-1ul, F_NOTIFY}, EPERM},
		{SYS_flock, {-1ul, 2}, EPERM},
		{SYS_setxattr, {0}, EPERM},
		{SYS_open_by_handle_at, {0}, EPERM},
	};

	(void)state;
	EXPECT(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_flags_of_clone),
		cmocka_unit_test(test_families_of_sockets),
		cmocka_unit_test(test_requests_of_ioctl),
		cmocka_unit_test(test_options_of_prctl),
		cmocka_unit_test(test_other_processes),
		cmocka_unit_test(test_files),
	};

	log_open("own_policy_test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
