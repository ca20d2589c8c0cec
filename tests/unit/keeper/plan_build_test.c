/* From policy to plan, and the check of what the supervisor hands over. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "inside/inside.h"
#include "keeper/plan_build.h"

static struct policy_table table;

static int set_up(void **state)
{
	struct policy *policy = &table.policies[0];

	(void)state;
	memset(&table, 0, sizeof(table));
	table = (struct policy_table){
		.magic = POLICY_TABLE_MAGIC, .n_slots = 1, .n_policies = 1, .runtime_path = "/r"};
	snprintf(policy->runtime, sizeof(policy->runtime), "python");
	policy->n_argv = 2;
	snprintf(policy->argv[0], POLICY_PATH_MAX, "/usr/bin/python3");
	snprintf(policy->argv[1], POLICY_PATH_MAX, "/runtime/zygote.py");
	policy->n_imports = 1;
	snprintf(policy->imports[0], POLICY_NAME_MAX, "math");
	policy->n_environment = 1;
	snprintf(policy->environment[0], POLICY_PATH_MAX, "A=b");
	policy->n_mounts = 1;
	policy->mounts[0].kind = POLICY_MOUNT_BIND;
	policy->mounts[0].is_optional = true;
	snprintf(policy->mounts[0].source, POLICY_PATH_MAX, "/usr");
	snprintf(policy->mounts[0].target, POLICY_PATH_MAX, "/usr2");
	return 0;
}

static void test_plan_has_what_the_policy_says(void **state)
{
	struct plan plan;

	(void)state;
	table.policies[0].open_files = 10;
	plan_build(&plan, &table.policies[0]);
	assert_string_equal(plan.arguments[0], "/usr/bin/python3");
	assert_string_equal(plan.arguments[1], "/runtime/zygote.py");
	assert_string_equal(plan.arguments[2], "math");
	assert_null(plan.arguments[3]);
	assert_string_equal(plan.environment[0], "A=b");
	assert_null(plan.environment[1]);
	assert_int_equal(plan.n_mounts, 1);
	assert_int_equal(plan.mounts[0].kind, PLAN_MOUNT_BIND);
	assert_true(plan.mounts[0].is_optional);
	assert_string_equal(plan.mounts[0].source, "/usr");
	assert_string_equal(plan.mounts[0].target, "/usr2");
	assert_int_equal(plan.open_files, 64);
	assert_int_equal(plan.control_fd, -1);
	assert_int_equal(plan.lock_fd, -1);
	assert_false(plan.is_trial);
}

static unsigned int skipped_of(uint32_t left_out)
{
	struct plan plan;

	table.policies[0].left_out_layers = left_out;
	plan_build(&plan, &table.policies[0]);
	return plan.skipped_steps;
}

/* The bit of a step that exists. */
static unsigned int bit_of(const char *wanted)
{
	const char *purpose;
	const char *step;

	for (unsigned int i = 0; (step = inside_step(i, &purpose)) != NULL; i++)
		if (strcmp(step, wanted) == 0)
			return 1u << i;
	fail_msg("there is no step %s", wanted);
	return 0;
}

static void test_steps_of_layers_that_are_left_out(void **state)
{
	(void)state;
	assert_int_equal(skipped_of(0), 0);
	/* Without these two the host's own name and count would be changed. */
	assert_int_equal(skipped_of(1u << LAYER_UTS_NAMESPACE), bit_of("host-name"));
	assert_int_equal(skipped_of(1u << LAYER_USER_NAMESPACE),
			 bit_of("user-namespace") | bit_of("no-nested-namespaces"));
	assert_int_equal(skipped_of(1u << LAYER_RLIMITS | 1u << LAYER_READ_ONLY_ROOT),
			 bit_of("rlimits") | bit_of("read-only-root"));
	assert_int_equal(skipped_of(1u << LAYER_NO_CAPABILITIES), bit_of("capabilities"));
	assert_int_equal(skipped_of(1u << LAYER_CGROUP_NAMESPACE), bit_of("cgroup-namespace"));
	assert_int_equal(skipped_of(1u << LAYER_LANDLOCK | 1u << LAYER_SECCOMP), 0);
}

static void test_good_table(void **state)
{
	(void)state;
	assert_null(plan_check_table(&table, sizeof(table)));
}

static void assert_refused(const char *part)
{
	const char *wrong = plan_check_table(&table, sizeof(table));

	assert_non_null(wrong);
	assert_non_null(strstr(wrong, part));
	set_up(NULL);
}

static void test_bad_tables(void **state)
{
	struct policy *policy = &table.policies[0];

	(void)state;
	assert_non_null(plan_check_table(&table, sizeof(table) - 1));
	table.magic++;
	assert_refused("magic");
	table.n_slots = POLICY_SLOTS_MAX + 1;
	assert_refused("slots");
	table.n_policies = 0;
	assert_refused("policies");
	table.runtime_path[0] = 'r';
	assert_refused("runtimes");
	policy->n_argv = 0;
	assert_refused("count");
	policy->n_mounts = POLICY_MOUNTS_MAX + 1;
	assert_refused("count");
	memset(policy->argv[1], 'x', POLICY_PATH_MAX);
	assert_refused("terminated");
	snprintf(policy->argv[0], POLICY_PATH_MAX, "python3");
	assert_refused("program");
	snprintf(policy->runtime, sizeof(policy->runtime), "../etc");
	assert_refused("runtime");
	policy->left_out_layers = 1u << LAYER_PID_NAMESPACE;
	assert_refused("left out");
	policy->left_out_layers = policy->required_layers = 1u << LAYER_LANDLOCK;
	assert_refused("left out");
}

static void test_bad_mounts(void **state)
{
	struct policy_mount *mount = &table.policies[0].mounts[0];

	(void)state;
	mount->kind = 77;
	assert_refused("kind");
	snprintf(mount->target, POLICY_PATH_MAX, "/");
	assert_refused("target");
	snprintf(mount->target, POLICY_PATH_MAX, "/usr/");
	assert_refused("target");
	snprintf(mount->source, POLICY_PATH_MAX, "usr");
	assert_refused("source");
	mount->kind = POLICY_MOUNT_TMPFS;
	assert_refused("size");
	mount->kind = POLICY_MOUNT_SYMLINK;
	mount->source[0] = '\0';
	assert_refused("link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plan_has_what_the_policy_says, set_up),
		cmocka_unit_test_setup(test_steps_of_layers_that_are_left_out, set_up),
		cmocka_unit_test_setup(test_good_table, set_up),
		cmocka_unit_test_setup(test_bad_tables, set_up),
		cmocka_unit_test_setup(test_bad_mounts, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
