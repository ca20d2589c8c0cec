/* keeper/remedy: every step that can fail and every layer that can be missing has an answer. */
#include "keeper/remedy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *fix(const char *step, int error)
{
	struct failure failure;

	failure_set(&failure, step, error, "%s", "");
	return remedy_for_failure(&failure);
}

static void test_failures(void **state)
{
	(void)state;
	assert_non_null(strstr(fix("namespaces", EPERM), "unprivileged_userns_clone"));
	assert_non_null(strstr(fix("namespaces", ENOSPC), "user.max_"));
	assert_non_null(strstr(fix("mounts", EPERM), "unmasked /proc"));
	assert_non_null(strstr(fix("mount-sources", ENOENT), "install what is missing"));
	/* AppArmor shows itself at whatever comes first. */
	assert_non_null(strstr(fix("host-name", EACCES), "apparmor_restrict"));
	assert_non_null(strstr(fix("host-name", EIO), "report it"));
}

static void test_layers(void **state)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	struct remedy remedy;

	(void)state;
	assert_non_null(keeper);
	strcpy(keeper->cgroups.why[LAYER_CGROUP_PIDS - LAYER_CGROUP_MEMORY], "pids: no");
	remedy_for_layer(keeper, LAYER_CGROUP_PIDS, &remedy);
	assert_string_equal(remedy.why, "pids: no");
	assert_non_null(strstr(remedy.fix, "Delegate=yes"));
	remedy_for_layer(keeper, LAYER_CGROUP_CPU, &remedy);
	assert_string_equal(remedy.why, "");
	remedy_for_layer(keeper, LAYER_HOST_UID, &remedy);
	assert_non_null(strstr(remedy.fix, "as root"));
	for (int layer = 0; layer < LAYER_COUNT; layer++) {
		remedy_for_layer(keeper, (enum policy_layer)layer, &remedy);
		assert_non_null(remedy.fix);
	}
	keeper->left_out = 1u << LAYER_LANDLOCK;
	remedy_for_layer(keeper, LAYER_LANDLOCK, &remedy);
	assert_string_equal(remedy.why, "a policy leaves it out");
	assert_non_null(strstr(remedy.fix, "leave_out"));
	free(keeper);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_layers),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
