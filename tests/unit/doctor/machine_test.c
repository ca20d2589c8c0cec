/* doctor/machine: machines made of files, and what is found on them. */
#include "doctor/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "doctor/finding.h"

static char root[64];
static struct machine machine;
static json_t *findings;

static void write_file(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* A machine on which everything is well, for an ordinary user. */
static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/machine_test.XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	machine = (struct machine){
		.root = root,
		.keeper_path = "/opt/assay-keeper",
		.limits_memory = true,
		.landlock_version = 3,
	};
	findings = json_array();
	write_file("/proc/sys/kernel/osrelease", "6.12.90-amd64\n");
	write_file("/proc/sys/user/max_user_namespaces", "15000\n");
	write_file("/proc/sys/kernel/seccomp/actions_avail", "kill_process errno allow\n");
	write_file("/proc/self/status", "Name:\tx\nNoNewPrivs:\t0\n");
	write_file("/proc/self/cgroup", "0::/x\n");
	write_file("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
	write_file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	write_file("/proc/sys/kernel/core_pattern", "core\n");
	write_file("/proc/mounts", "proc /proc proc rw,nosuid,hidepid=invisible 0 0\n");
	write_file("/proc/sys/vm/overcommit_memory", "0\n");
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	json_decref(findings);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command); /* NOLINT(cert-env33-c): a fixed command on our own folder */
}

static const char *text_of(const char *name, const char *member)
{
	size_t i;
	const json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		if (strcmp(json_string_value(json_object_get(finding, "name")), name) == 0)
			return json_string_value(json_object_get(finding, member));
	}
	fail_msg("%s was not looked at", name);
	return "";
}

static void examine(void)
{
	json_array_clear(findings);
	machine_examine(&machine, findings);
}

static void test_all_is_well(void **state)
{
	size_t i;
	const json_t *finding;

	(void)state;
	examine();
	assert_true(json_array_size(findings) >= 11);
	json_array_foreach(findings, i, finding)
	{
		if (strcmp(json_string_value(json_object_get(finding, "state")), "ok") != 0)
			fail_msg("%s", json_string_value(json_object_get(finding, "name")));
		assert_string_equal(json_string_value(json_object_get(finding, "fix")), "");
		assert_true(json_string_length(json_object_get(finding, "why")) > 0);
	}
	assert_false(findings_have_missing(findings));
}

static const struct {
	const char *path;
	const char *text;
	const char *name;
	const char *state;
	const char *fix; /* part of it */
} troubles[] = {
	{"/proc/sys/kernel/osrelease", "5.10.3", "kernel", "missing", "5.12"},
	{"/proc/sys/kernel/osrelease", "6.1.20", "kernel", "weak", "update"},
	{"/proc/sys/user/max_user_namespaces", "0", "user-namespaces", "missing",
	 "user.max_user_namespaces="},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "user-namespaces", "missing",
	 "unprivileged_userns_clone=1"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "apparmor", "weak",
	 "profile assay-keeper /opt/assay-keeper flags=(unconfined) {\n  userns,"},
	{"/proc/sys/kernel/seccomp/actions_avail", "", "seccomp", "missing", "CONFIG_SECCOMP"},
	{"/proc/self/status", "Name:\tx\n", "no-new-privileges", "missing", "5.12"},
	{"/proc/sys/kernel/core_pattern", "|/usr/lib/apport %p", "core-pattern", "weak",
	 "core_pattern=core"},
	{"/proc/mounts", "proc /proc proc rw 0 0\nx /x x hidepid=2 0 0\n", "hidepid", "weak",
	 "hidepid=invisible"},
	{"/proc/mounts", "proc /proc proc rw,hidepid=off 0 0\n", "hidepid", "weak", "hidepid"},
	{"/proc/sys/vm/overcommit_memory", "2", "overcommit", "weak", "overcommit_memory=0"},
};

static void test_troubles(void **state)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
		write_file(troubles[i].path, troubles[i].text);
		examine();
		assert_string_equal(text_of(troubles[i].name, "state"), troubles[i].state);
		assert_non_null(strstr(text_of(troubles[i].name, "fix"), troubles[i].fix));
		assert_int_equal(findings_have_missing(findings),
				 strcmp(troubles[i].state, "missing") == 0);
		tear_down(state);
		set_up(state);
	}
}

static void test_root_needs_less(void **state)
{
	(void)state;
	machine.is_root = true;
	write_file("/proc/sys/kernel/unprivileged_userns_clone", "0");
	write_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
	examine();
	assert_string_equal(text_of("user-namespaces", "state"), "ok");
	assert_string_equal(text_of("apparmor", "state"), "ok");
}

static void test_a_core_limit_stops_the_program_behind_a_pipe(void **state)
{
	(void)state;
	write_file("/proc/sys/kernel/core_pattern", "|/usr/lib/apport %p");
	machine.may_limit_core = true;
	examine();
	assert_string_equal(text_of("core-pattern", "state"), "ok");
}

static void test_memory_without_a_cgroup(void **state)
{
	(void)state;
	machine.limits_memory = false;
	write_file("/proc/swaps", "Filename\tType\n/dev/sda2 partition 1 0 -2\n");
	examine();
	assert_string_equal(text_of("swap", "state"), "weak");
	assert_string_equal(text_of("cgroups", "state"), "weak");
	assert_non_null(strstr(text_of("cgroups", "fix"), "[Service]\nDelegate=yes"));
	machine.limits_memory = true;
	examine();
	assert_string_equal(text_of("swap", "state"), "ok");
}

/* What a version lacks is said; too old for cells is as good as none. */
static void test_versions_of_landlock(void **state)
{
	static const struct {
		int version;
		const char *state;
		const char *part;
	} expected[] = {
		{0, "weak", "not in this kernel"},
		{1, "weak", "version 1, which is too old"},
		{2, "ok", "version 2, which is files ("},
		{3, "ok", "version 3, which is files ("},
		{5, "ok", "version 5, which is files and TCP ("},
		{6, "ok", "version 6"},
		{9, "ok", "version 9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		machine.landlock_version = expected[i].version;
		examine();
		assert_string_equal(text_of("landlock", "state"), expected[i].state);
		assert_non_null(strstr(text_of("landlock", "seen"), expected[i].part));
	}
}

static void test_nothing_can_be_read(void **state)
{
	(void)state;
	machine.root = "/no/such/folder";
	machine.landlock_version = 0;
	examine();
	assert_string_equal(text_of("kernel", "state"), "missing");
	assert_string_equal(text_of("landlock", "state"), "weak");
	assert_true(findings_have_missing(findings));
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_all_is_well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_troubles, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_needs_less, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_core_limit_stops_the_program_behind_a_pipe,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory_without_a_cgroup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_versions_of_landlock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_can_be_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
