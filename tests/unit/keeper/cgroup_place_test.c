/* Finding our own cgroups from the texts of different machines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "keeper/cgroup_place.h"

#define V1_MEMORY "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
#define V1_PIDS "40 31 0:36 / /sys/fs/cgroup/pids rw shared:9 master:1 - cgroup cgroup rw,pids\n"
#define V1_CPU "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V2 "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n"

static void expect(const char *controller, const char *cgroup, const char *mountinfo,
		   const char *path, bool is_v2)
{
	struct cgroup_place place;

	assert_int_equal(cgroup_place_find(&place, controller, cgroup, mountinfo), 0);
	assert_string_equal(place.path, path);
	assert_int_equal(place.is_v2, is_v2);
}

static void expect_none(const char *controller, const char *cgroup, const char *mountinfo)
{
	struct cgroup_place place;

	assert_int_equal(cgroup_place_find(&place, controller, cgroup, mountinfo), -ENOENT);
}

static void test_v1(void **state)
{
	const char *cgroup = "8:pids:/\n4:memory:/user/a b\n2:cpu,cpuacct:/x\n0::/\n";

	(void)state;
	expect("memory", cgroup, V1_CPU V1_MEMORY V1_PIDS, "/sys/fs/cgroup/memory/user/a b", false);
	expect("pids", cgroup, V1_CPU V1_MEMORY V1_PIDS, "/sys/fs/cgroup/pids", false);
	expect("cpuacct", cgroup, V1_CPU, "/sys/fs/cgroup/cpu,cpuacct/x", false);
}

static void test_v2(void **state)
{
	(void)state;
	expect("memory", "0::/system.slice/assayd.service\n", V2,
	       "/sys/fs/cgroup/system.slice/assayd.service", true);
	expect("pids", "0::/\n", V2, "/sys/fs/cgroup", true);
}

static void test_controller_names_are_whole_words(void **state)
{
	(void)state;
	expect_none("cpu", "2:cpuset:/\n", "1 2 0:1 / /c rw - cgroup cgroup rw,cpuset\n");
}

static void test_hybrid_prefers_the_hierarchy_that_has_the_controller(void **state)
{
	const char *cgroup = "4:memory:/m\n0::/unified\n";
	const char *mounts =
		V1_MEMORY "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

	(void)state;
	expect("memory", cgroup, mounts, "/sys/fs/cgroup/memory/m", false);
	expect("pids", cgroup, mounts, "/sys/fs/cgroup/unified/unified", true);
}

static void test_container_sees_a_part(void **state)
{
	const char *mounts = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup "
			     "rw,memory\n";

	(void)state;
	expect("memory", "4:memory:/docker/abc\n", mounts, "/sys/fs/cgroup/memory", false);
	expect("memory", "4:memory:/docker/abc/in\n", mounts, "/sys/fs/cgroup/memory/in", false);
	expect_none("memory", "4:memory:/docker/abcd\n", mounts);
	expect_none("memory", "4:memory:/\n", mounts);
	expect_none("memory", "0::/../../other\n", V2);
}

static void test_nothing_or_garbage(void **state)
{
	(void)state;
	expect_none("memory", "", V1_MEMORY);
	expect_none("memory", "4:memory:/\n", "");
	expect_none("memory", "garbage\n::\n4\n", V1_MEMORY);
	expect_none("memory", "4:memory:/\n", "35 31\n - \n35 31 0:32 / /m rw - cgroup\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_v2),
		cmocka_unit_test(test_controller_names_are_whole_words),
		cmocka_unit_test(test_hybrid_prefers_the_hierarchy_that_has_the_controller),
		cmocka_unit_test(test_container_sees_a_part),
		cmocka_unit_test(test_nothing_or_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
