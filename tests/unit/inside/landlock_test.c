/* inside/landlock: a restricted child tries what the rules name and what they do not. */
#include "inside/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define VERSION_NETWORK 4
#define VERSION_SCOPES 6

static char folder[64]; /* holds read/file, work/, other/file */

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	if (landlock_version() == 0)
		skip();
	strcpy(folder, "/tmp/landlock_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(path_of("read"), 0755), 0);
	assert_int_equal(mkdir(path_of("work"), 0755), 0);
	assert_int_equal(mkdir(path_of("work/a"), 0755), 0);
	assert_int_equal(mkdir(path_of("other"), 0755), 0);
	make_file("read/file");
	make_file("other/file");
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"read/file", "other/file", "work/file", "work/a/file"};
	static const char *const folders[] = {"work/a", "read", "work", "other", "."};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		rmdir(i + 1 < sizeof(folders) / sizeof(folders[0]) ? path_of(folders[i]) : folder);
	return 0;
}

static struct lock_rule rule(enum lock_access access, const char *path)
{
	struct lock_rule rule = {.access = access};

	snprintf(rule.path, sizeof(rule.path), "%s", path);
	return rule;
}

static void restrict_self(void)
{
	struct lock_rule rules[4];
	struct failure failure;

	rules[0] = rule(LOCK_ACCESS_READ, path_of("read"));
	rules[1] = rule(LOCK_ACCESS_WORK, path_of("work"));
	rules[2] = rule(LOCK_ACCESS_DEVICE, "/dev/null");
	rules[3] = rule(LOCK_ACCESS_READ, "/there/is/no/such/folder");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (landlock_restrict(rules, 4, &failure) < 0)
		_exit(200);
}

/* Runs the attempts in a child; each gives 0 or an errno. */
static void expect(int (*const *attempts)(void), const int *expected, size_t n)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		restrict_self();
		for (size_t i = 0; i < n; i++)
			if (attempts[i]() != expected[i])
				_exit((int)i + 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("attempt %d ended otherwise", WEXITSTATUS(status) - 1);
}

static int try_open(const char *name, int flags)
{
	int fd = open(name[0] == '/' ? name : path_of(name), flags | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int read_read(void)
{
	return try_open("read/file", O_RDONLY);
}
static int write_read(void)
{
	return try_open("read/file", O_WRONLY);
}
static int create_read(void)
{
	return try_open("read/new", O_WRONLY | O_CREAT);
}
static int create_work(void)
{
	return try_open("work/file", O_RDWR | O_CREAT | O_TRUNC);
}
static int read_other(void)
{
	return try_open("other/file", O_RDONLY);
}
static int list_other(void)
{
	return try_open("other", O_RDONLY | O_DIRECTORY);
}
static int write_null(void)
{
	return try_open("/dev/null", O_WRONLY | O_TRUNC);
}
static int run_other(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int move_in_work(void)
{
	char from[128];

	snprintf(from, sizeof(from), "%s", path_of("work/file"));
	return rename(from, path_of("work/a/file")) < 0 ? errno : 0;
}

static int make_device(void)
{
	return mknod(path_of("work/device"), S_IFCHR | 0600, 0x103) < 0 ? errno : 0;
}

static void test_files(void **state)
{
	static int (*const attempts[])(void) = {
		read_read,  write_read, create_read, create_work, move_in_work,
		read_other, list_other, write_null,  run_other,
	};
	static const int expected[] = {0, EACCES, EACCES, 0, 0, EACCES, EACCES, 0, EACCES};

	(void)state;
	expect(attempts, expected, sizeof(expected) / sizeof(expected[0]));
}

static void test_devices(void **state)
{
	static int (*const attempts[])(void) = {make_device};
	static const int expected[] = {EACCES};

	(void)state;
	if (geteuid() != 0)
		skip(); /* refused by something else */
	expect(attempts, expected, 1);
}

static int bind_tcp(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;

	close(fd);
	return error;
}

static void test_no_tcp(void **state)
{
	static int (*const attempts[])(void) = {bind_tcp};
	static const int expected[] = {EACCES};

	(void)state;
	if (landlock_version() < VERSION_NETWORK)
		skip();
	assert_int_equal(bind_tcp(), 0); /* unrestricted */
	expect(attempts, expected, 1);
}

static struct sockaddr_un abstract = {.sun_family = AF_UNIX};
static socklen_t abstract_len;

static int connect_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = connect(fd, (const struct sockaddr *)&abstract, abstract_len) < 0 ? errno : 0;

	close(fd);
	return error;
}

static int signal_outside(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static int signal_inside(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	if (kill(pid, SIGKILL) < 0)
		return errno;
	return waitpid(pid, &status, 0) == pid ? 0 : errno;
}

static void test_nobody_outside(void **state)
{
	static int (*const attempts[])(void) = {connect_abstract, signal_outside, signal_inside};
	static const int expected[] = {EPERM, EPERM, 0};
	int listener;

	(void)state;
	if (landlock_version() < VERSION_SCOPES)
		skip();
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	abstract_len = sizeof(sa_family_t);
	assert_int_equal(bind(listener, (struct sockaddr *)&abstract, abstract_len), 0);
	assert_int_equal(listen(listener, 4), 0);
	abstract_len = sizeof(abstract); /* named by the kernel */
	assert_int_equal(getsockname(listener, (struct sockaddr *)&abstract, &abstract_len), 0);
	assert_int_equal(connect_abstract(), 0); /* unrestricted */
	expect(attempts, expected, 3);
	close(listener);
}

static void test_rules_that_are_none(void **state)
{
	struct lock_rule bad = rule(99, "/usr");
	struct failure failure;

	(void)state;
	assert_int_equal(landlock_restrict(&bad, 1, &failure), -EINVAL);
	assert_string_equal(failure.step, "lock-landlock");
	bad = rule(LOCK_ACCESS_READ, "/usr");
	memset(bad.path, 'x', sizeof(bad.path));
	assert_int_equal(landlock_restrict(&bad, 1, &failure), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_tcp, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rules_that_are_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
