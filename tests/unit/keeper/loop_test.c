/*
 * The real keeper, driven as the broker drives it, with real cells: as root and, from root too, as
 * an ordinary user. What the machine does not give is printed as "skipped: <feature>".
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>

#include "base/fd.h"
#include "base/log.h"
#include "core/policy.h"
#include "keeper/keeper_msg.h"
#include "keeper/loop.h"
#include "probe.h"

#define NOBODY 65534
#define UID_BASE 700000
#define PATIENCE_MS 15000
#define MEMORY_BYTES (64u << 20)

static struct policy_table table;
static char runtime_path[] = "/tmp/assay-loop-test-XXXXXX";

struct rig {
	pid_t keeper;
	int broker;
	int lifeline;
	uint32_t layers;
	int control;
	int memory_events;
	int pids_events;
	int cpu_time;
	struct keeper_event event;
};

/* ---- a policy ---- */

static void add_mount(uint32_t kind, const char *source, const char *target, bool is_optional)
{
	struct policy *policy = &table.policies[0];
	struct policy_mount *mount = &policy->mounts[policy->n_mounts++];

	mount->kind = kind;
	mount->is_optional = is_optional;
	mount->size_bytes = 1 << 20;
	mount->inodes = 64;
	snprintf(mount->source, sizeof(mount->source), "%s", source);
	snprintf(mount->target, sizeof(mount->target), "%s", target);
}

static void add_syscall(const char *name, uint16_t action, uint16_t error)
{
	struct policy *policy = &table.policies[0];
	struct policy_syscall *rule = &policy->syscalls[policy->n_syscalls++];

	snprintf(rule->name, sizeof(rule->name), "%s", name);
	rule->action = action;
	rule->error = error;
}

static void make_policy(void)
{
	struct policy *policy = &table.policies[0];
	static const char *const allowed[] = {"recvfrom", "sendto", "pause",      "prctl",
					      "fcntl",    "write",  "exit_group", "no_such_call"};

	memset(&table, 0, sizeof(table));
	table = (struct policy_table){
		.magic = POLICY_TABLE_MAGIC, .n_slots = 2, .uid_base = UID_BASE, .n_policies = 1};
	table.supervisor_pid = (uint32_t)getpid();
	snprintf(table.runtime_path, sizeof(table.runtime_path), "%s", runtime_path);
	snprintf(policy->name, sizeof(policy->name), "probe");
	snprintf(policy->runtime, sizeof(policy->runtime), "native");
	snprintf(policy->argv[policy->n_argv++], POLICY_PATH_MAX, "/runtime/probe");
	snprintf(policy->imports[policy->n_imports++], POLICY_NAME_MAX, "math");
	snprintf(policy->environment[policy->n_environment++], POLICY_PATH_MAX, "LANG=C.UTF-8");
	add_mount(POLICY_MOUNT_BIND, "/usr", "/usr", false);
	add_mount(POLICY_MOUNT_SYMLINK, "usr/bin", "/bin", false);
	add_mount(POLICY_MOUNT_BIND, "/lib", "/lib", false);
	add_mount(POLICY_MOUNT_BIND, "/lib64", "/lib64", true);
	add_mount(POLICY_MOUNT_BIND, "/no/such/folder", "/missing", true);
	add_mount(POLICY_MOUNT_DEVICE, "/dev/null", "/dev/null", false);
	add_mount(POLICY_MOUNT_PROC, "", "/proc", false);
	add_mount(POLICY_MOUNT_TMPFS, "", "/tmp", false);
	add_mount(POLICY_MOUNT_TMPFS, "", "/dev/shm", false);
	policy->default_limits = (struct limits){1000, 1000, MEMORY_BYTES, 1 << 20, 20, 0};
	policy->cell_memory_bytes = 64 << 20;
	policy->open_files = 100;
	policy->default_error = ENOSYS;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		add_syscall(allowed[i], POLICY_SYSCALL_ALLOW, 0);
	add_syscall("getppid", POLICY_SYSCALL_ERRNO, ENOTTY);
}

/* ---- the rig ---- */

static void become_keeper(int policies, int broker, int lifeline, bool as_user)
{
	int high[3] = {fcntl(policies, F_DUPFD, 20), fcntl(broker, F_DUPFD, 20),
		       fcntl(lifeline, F_DUPFD, 20)};
	int err = 0;

	for (int i = 0; i < 3; i++)
		dup2(high[i], KEEPER_FD_POLICIES + i);
	close_range(KEEPER_FD_LIFELINE + 1, ~0u, 0);
	if (as_user) {
		err |= setgroups(0, NULL) | setresgid(NOBODY, NOBODY, NOBODY) |
		       setresuid(NOBODY, NOBODY, NOBODY);
		prctl(PR_SET_DUMPABLE, 1); /* as exec would */
	}
	log_open("assay-keeper", LOG_LEVEL_ERROR);
	_exit(err != 0 ? 99 : keeper_run());
}

/* One event; false when there is none in time. */
static bool receive_event(struct rig *rig)
{
	struct pollfd broker = {.fd = rig->broker, .events = POLLIN};
	int fds[4];
	size_t n_fds = 4;
	size_t n = 0;
	const uint32_t memory = 1u << LAYER_CGROUP_MEMORY;
	const uint32_t pids = 1u << LAYER_CGROUP_PIDS;
	const uint32_t cpu = 1u << LAYER_CGROUP_CPU;

	if (poll(&broker, 1, PATIENCE_MS) <= 0)
		return false;
	if (fd_receive(rig->broker, &rig->event, sizeof(rig->event), fds, &n_fds) !=
	    sizeof(rig->event))
		return false;
	if (rig->event.type != KEEPER_CELL_STARTED) {
		assert_int_equal(n_fds, 0);
		return true;
	}
	rig->control = fds[n++];
	if ((rig->event.layers & memory) != 0)
		rig->memory_events = fds[n++];
	if ((rig->event.layers & pids) != 0)
		rig->pids_events = fds[n++];
	if ((rig->event.layers & cpu) != 0)
		rig->cpu_time = fds[n++];
	assert_int_equal(n, n_fds);
	return true;
}

static void expect_event(struct rig *rig, uint32_t type)
{
	assert_true(receive_event(rig));
	if (rig->event.type != type && rig->event.type == KEEPER_CELL_FAILED)
		print_error("step %s: %s: %s\n", rig->event.failure.step, rig->event.failure.detail,
			    strerror(rig->event.failure.error));
	assert_int_equal(rig->event.type, type);
}

static struct rig launch_keeper(bool as_user)
{
	struct rig rig = {.control = -1, .memory_events = -1, .pids_events = -1, .cpu_time = -1};
	int policies = fd_sealed_copy("policies", &table, sizeof(table));
	int pair[2];
	int lifeline[2];

	assert_true(policies >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(lifeline, O_CLOEXEC), 0);
	rig.keeper = fork();
	if (rig.keeper == 0)
		become_keeper(policies, pair[1], lifeline[0], as_user);
	close(policies);
	close(pair[1]);
	close(lifeline[0]);
	rig.broker = pair[0];
	rig.lifeline = lifeline[1];
	return rig;
}

static struct rig start_keeper(bool as_user)
{
	struct rig rig = launch_keeper(as_user);

	expect_event(&rig, KEEPER_READY);
	rig.layers = rig.event.layers;
	return rig;
}

static void ask(const struct rig *rig, uint32_t type, uint64_t serial)
{
	const struct keeper_request request = {
		.type = type,
		.slot = 1,
		.serial = serial,
		.memory_bytes = MEMORY_BYTES,
		.processes = 5,
	};

	assert_int_equal(fd_send(rig->broker, &request, sizeof(request), NULL, 0), 0);
}

static const char *probe(const struct rig *rig, const char *command)
{
	static char text[PROBE_TEXT_BYTES];
	ssize_t n;

	assert_int_equal(fd_send(rig->control, command, strlen(command), NULL, 0), 0);
	n = recv(rig->control, text, sizeof(text), 0);
	assert_true(n > 0);
	text[n - 1] = '\0';
	return text;
}

static int wait_keeper(struct rig *rig)
{
	int status;

	assert_int_equal(waitpid(rig->keeper, &status, 0), rig->keeper);
	fd_close(&rig->broker);
	fd_close(&rig->lifeline);
	fd_close(&rig->control);
	fd_close(&rig->memory_events);
	fd_close(&rig->pids_events);
	fd_close(&rig->cpu_time);
	return status;
}

static void assert_no_cgroup_left(void)
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/*/assay.%d", (int)getpid());
	assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/memory/*/*/assay.%d", (int)getpid());
	assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
}

static size_t count_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	size_t n = 0;
	int c;

	while ((c = fgetc(file)) != EOF)
		n += c == '\n';
	fclose(file);
	return n;
}

/* ---- tests, each for both kinds of keeper ---- */

static bool skips(bool as_user)
{
	if (as_user || geteuid() == 0)
		return false;
	print_message("skipped: root\n");
	return true;
}

static bool become_user(bool as_user)
{
	return as_user && geteuid() == 0;
}

static void check_report(const char *text)
{
	static const char *const expected[] = {
		"fds 0 1 2 3 4\n",
		"pid 1 uid 1000 gid 1000 session yes host assay\n",
		"core 0 files 100 cwd /tmp\n",
		"arguments 2 last math environment LANG=C.UTF-8 only\n",
		"CapInh:\t0000000000000000\n",
		"CapPrm:\t0000000000000000\n",
		"CapEff:\t0000000000000000\n",
		"CapBnd:\t0000000000000000\n",
		"CapAmb:\t0000000000000000\n",
		"NoNewPrivs:\t1\n",
		"Seccomp:\t0\n", /* not yet locked */
		"unknown 0\n",
		"writes /:no /runtime:no /usr:no /tmp:yes\n",
		"null:yes kmsg:no",
		"mount:no newuser:no setuid:no inet:no\n",
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (strstr(text, expected[i]) == NULL)
			print_error("missing: %s in: %s", expected[i], text);
		assert_non_null(strstr(text, expected[i]));
	}
}

static void check_host_uid(const struct rig *rig)
{
	char path[64];
	struct stat status;

	if ((rig->layers & (1u << LAYER_HOST_UID)) == 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d", rig->event.pid);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, UID_BASE + 2);
}

static void run_a_cell(bool as_user)
{
	size_t mounts = count_mounts();
	struct rig rig;

	if (skips(as_user))
		return;
	rig = start_keeper(become_user(as_user));
	ask(&rig, KEEPER_CELL_START, 11);
	expect_event(&rig, KEEPER_CELL_STARTED);
	assert_int_equal(rig.event.serial, 11);
	check_report(probe(&rig, "report"));
	check_host_uid(&rig);
	assert_string_equal(probe(&rig, "leave-child"), "0");
	assert_string_equal(probe(&rig, "lock"), "getppid -1 errno 25 dumpable 0 fd4 no");
	assert_int_equal(count_mounts(), mounts);
	ask(&rig, KEEPER_CELL_STOP, 11);
	expect_event(&rig, KEEPER_CELL_GONE);
	assert_true(WIFSIGNALED(rig.event.status) && WTERMSIG(rig.event.status) == SIGKILL);
	/* About a cell that is gone: ignored. */
	ask(&rig, KEEPER_CELL_STOP, 11);
	fd_close(&rig.control);
	ask(&rig, KEEPER_CELL_START, 12);
	expect_event(&rig, KEEPER_CELL_STARTED);
	fd_close(&rig.lifeline);
	assert_int_equal(wait_keeper(&rig), 0);
	assert_int_equal(count_mounts(), mounts);
	assert_no_cgroup_left();
}

static void test_cell_as_root(void **state)
{
	(void)state;
	run_a_cell(false);
}

static void test_cell_as_user(void **state)
{
	(void)state;
	run_a_cell(true);
}

static void test_limits(void **state)
{
	struct rig rig = start_keeper(false);
	char text[256] = "";

	(void)state;
	ask(&rig, KEEPER_CELL_START, 1);
	expect_event(&rig, KEEPER_CELL_STARTED);
	ask(&rig, KEEPER_CELL_LIMIT, 1);
	expect_event(&rig, KEEPER_CELL_LIMITED);
	assert_int_equal(rig.event.failure.error, 0);
	if (rig.pids_events < 0) {
		print_message("skipped: cgroup-pids\n");
	} else {
		assert_string_equal(probe(&rig, "forks"), "forks 5");
		assert_true(pread(rig.pids_events, text, sizeof(text) - 1, 0) > 0);
		assert_non_null(strstr(text, "max 1"));
	}
	if (rig.memory_events < 0) {
		print_message("skipped: cgroup-memory\n");
	} else {
		memset(text, 0, sizeof(text));
		assert_true(pread(rig.memory_events, text, sizeof(text) - 1, 0) > 0);
		assert_non_null(strstr(text, "oom_kill 0"));
		assert_string_equal(probe(&rig, "memory"), "killed by 9");
		assert_true(pread(rig.memory_events, text, sizeof(text) - 1, 0) > 0);
		assert_non_null(strstr(text, "oom_kill 1"));
	}
	if (rig.cpu_time < 0) {
		print_message("skipped: cgroup-cpu\n");
	} else {
		memset(text, 0, sizeof(text));
		assert_true(pread(rig.cpu_time, text, sizeof(text) - 1, 0) > 0);
		assert_true(strtoull(text, NULL, 10) > 0 || strstr(text, "usage_usec ") == text);
	}
	fd_close(&rig.broker);
	assert_int_equal(wait_keeper(&rig), 0);
	assert_no_cgroup_left();
}

/* kill -9 of the keeper: its cells die, and the next keeper finds a clean place. */
static void test_killed_keeper(void **state)
{
	struct rig rig = start_keeper(false);
	struct pollfd control;
	char byte;

	(void)state;
	ask(&rig, KEEPER_CELL_START, 1);
	expect_event(&rig, KEEPER_CELL_STARTED);
	assert_string_equal(probe(&rig, "leave-child"), "0");
	kill(rig.keeper, SIGKILL);
	control = (struct pollfd){.fd = rig.control, .events = POLLIN};
	assert_int_equal(poll(&control, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(rig.control, &byte, 1, 0), 0);
	assert_true(WIFSIGNALED(wait_keeper(&rig)));

	rig = start_keeper(false);
	ask(&rig, KEEPER_CELL_START, 1);
	expect_event(&rig, KEEPER_CELL_STARTED);
	fd_close(&rig.lifeline);
	assert_int_equal(wait_keeper(&rig), 0);
	assert_no_cgroup_left();
}

static void test_illegal_requests_end_the_keeper(void **state)
{
	const struct keeper_request illegal[] = {
		{.type = 0, .serial = 1},
		{.type = 99, .serial = 1},
		{.type = KEEPER_CELL_START, .slot = 2, .serial = 1},
		{.type = KEEPER_CELL_START, .policy = 1, .serial = 1},
		{.type = KEEPER_CELL_START, .serial = 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(illegal) / sizeof(illegal[0]); i++) {
		struct rig rig = start_keeper(false);

		assert_int_equal(fd_send(rig.broker, &illegal[i], sizeof(illegal[i]), NULL, 0), 0);
		assert_int_equal(wait_keeper(&rig), 1 << 8);
	}
}

static void test_failing_step_is_named(void **state)
{
	struct rig rig;

	(void)state;
	snprintf(table.policies[0].argv[0], POLICY_PATH_MAX, "/runtime/not-there");
	rig = launch_keeper(false);
	assert_int_equal(wait_keeper(&rig), KEEPER_EXIT_UNABLE << 8);
	make_policy();
	table.policies[0].mounts[4].is_optional = false;
	rig = launch_keeper(false);
	assert_int_equal(wait_keeper(&rig), KEEPER_EXIT_UNABLE << 8);
	make_policy();
	assert_no_cgroup_left();
}

/* ---- the runtime: this very program ---- */

static void copy_self(const char *to)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	static char buf[1 << 16];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		assert_int_equal(fd_write_all(out, buf, (size_t)n), 0);
	close(from);
	close(out);
}

static int set_up(void **state)
{
	char path[PATH_MAX];

	(void)state;
	umask(022);
	assert_non_null(mkdtemp(runtime_path));
	assert_int_equal(chmod(runtime_path, 0755), 0);
	snprintf(path, sizeof(path), "%s/native", runtime_path);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/native/probe", runtime_path);
	copy_self(path);
	make_policy();
	return 0;
}

static int tear_down(void **state)
{
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/native/probe", runtime_path);
	unlink(path);
	snprintf(path, sizeof(path), "%s/native", runtime_path);
	rmdir(path);
	return rmdir(runtime_path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cell_as_root),
		cmocka_unit_test(test_cell_as_user),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_killed_keeper),
		cmocka_unit_test(test_illegal_requests_end_the_keeper),
		cmocka_unit_test(test_failing_step_is_named),
	};

	if (strcmp(argv[0], "/runtime/probe") == 0)
		return probe_main(argc, argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
