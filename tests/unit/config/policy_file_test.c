/* config/policy_file: one file over the other, numbers, and what a policy must have. */
#include "config/policy_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char base_yaml[] =
	"default_limits: {cpu_ms: 5000, wall_ms: 15000, memory_mib: 512, output_kib: 64, "
	"processes: 8}\n"
	"maximum_limits: {cpu_ms: 9000, wall_ms: 99000, memory_mib: 4096, output_kib: 99, "
	"processes: 9}\n"
	"cell: {memory_mib: 64, runs: 5, file_mib: 6, open_files: 7, stack_mib: 8, code_kib: 9}\n"
	"environment: [HOME=/tmp, TZ=UTC]\n"
	"required_layers: [seccomp, rlimits]\n"
	"mounts:\n"
	"  - {kind: bind, source: /usr, target: /usr}\n"
	"  - {kind: proc, target: /proc}\n";

static const char language_yaml[] = "language: python\n"
				    "runtime: python\n"
				    "argv: [/usr/bin/python3, -I]\n"
				    "imports: [math, collections.abc]\n"
				    "default_limits: {cpu_ms: 6000}\n"
				    "environment: [TZ=CET, TZX=1]\n"
				    "required_layers: [seccomp]\n"
				    "mounts:\n"
				    "  - {kind: tmpfs, target: /tmp, size_mib: 64, inodes: 4096}\n";

static struct policy *policy;
static struct config_error error;

static int apply(const char *yaml)
{
	error.text[0] = '\0';
	return policy_file_apply("f.yaml", yaml, strlen(yaml), policy, &error);
}

static int set_up(void **state)
{
	(void)state;
	policy = calloc(1, sizeof(*policy));
	return policy != NULL && apply(base_yaml) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(policy);
	return 0;
}

static void test_language_over_base(void **state)
{
	(void)state;
	assert_int_equal(apply(language_yaml), 0);
	assert_string_equal(policy->language, "python");
	assert_int_equal(policy->n_argv, 2);
	assert_string_equal(policy->argv[0], "/usr/bin/python3");
	assert_int_equal(policy->n_imports, 2);
	assert_string_equal(policy->imports[1], "collections.abc");
	assert_int_equal(policy->default_limits.cpu_ms, 6000);
	assert_int_equal(policy->default_limits.wall_ms, 15000);
	assert_int_equal(policy->default_limits.memory_bytes, 512ull << 20);
	assert_int_equal(policy->default_limits.output_bytes, 64 << 10);
	assert_int_equal(policy->maximum_limits.processes, 9);
	assert_int_equal(policy->cell_memory_bytes, 64 << 20);
	assert_int_equal(policy->runs_per_cell, 5);
	assert_int_equal(policy->open_files, 7);
	assert_int_equal(policy->code_bytes, 9 << 10);
	assert_int_equal(policy->required_layers, 1u << LAYER_SECCOMP);
	assert_int_equal(policy->n_environment, 3);
	assert_string_equal(policy->environment[1], "TZ=CET");
	assert_string_equal(policy->environment[2], "TZX=1");
	assert_int_equal(policy->n_mounts, 3);
	assert_int_equal(policy->mounts[0].kind, POLICY_MOUNT_BIND);
	assert_int_equal(policy->mounts[2].size_bytes, 64 << 20);
	assert_int_equal(policy->mounts[2].inodes, 4096);
}

static const struct {
	const char *yaml;
	const char *text;
} refused[] = {
	{"default_limits:\n  cpu_ms: -3\n",
	 "f.yaml:2: cpu_ms: '-3' is not a number from 1 to 86400000"},
	{"default_limits:\n  cpu_ms: 3k\n",
	 "f.yaml:2: cpu_ms: '3k' is not a number from 1 to 86400000"},
	{"default_limits:\n  cpu_ms: 0\n",
	 "f.yaml:2: cpu_ms: '0' is not a number from 1 to 86400000"},
	{"cell:\n  runs: 5\n  memory_mib: 18446744073709551\n",
	 "f.yaml:3: memory_mib: '18446744073709551' is not a number from 1 to 1048576"},
	{"maximum_limits: {processes: 4294967297}\n",
	 "f.yaml:1: processes: '4294967297' is not a number from 1 to 32768"},
	{"required_layers:\n  - seccomp\n  - magic\n",
	 "f.yaml:3: required_layers: 'magic' is not a layer of isolation"},
	{"leave_out: [magic]\n", "f.yaml:1: leave_out: 'magic' is not a layer of isolation"},
	{"argv: [python3]\n", "f.yaml:1: argv: 'python3' is not an absolute path"},
	{"argv: [/usr/../etc/x]\n", "f.yaml:1: argv: '/usr/../etc/x' is not an absolute path"},
	{"environment: [NOVALUE]\n", "f.yaml:1: environment: 'NOVALUE' is not NAME=value"},
	{"environment: ['=x']\n", "f.yaml:1: environment: '=x' is not NAME=value"},
	{"imports: ['os; x']\n", "f.yaml:1: imports: 'os; x' is not the name of a module"},
	{"runtime: ../x\n", "f.yaml:1: runtime: '../x' is not the name of a runtime"},
	{"language: 'a b'\n", "f.yaml:1: language: 'a b' is not a name"},
	{"mounts:\n- {kind: bind, source: /usr, target: usr}\n",
	 "f.yaml:2: target: 'usr' is not a plain absolute path"},
	{"mounts:\n- {kind: bind, source: /usr/., target: /usr}\n",
	 "f.yaml:2: source: '/usr/.' is not a plain absolute path"},
	{"mounts:\n- {kind: proc, target: /a//b}\n",
	 "f.yaml:2: target: '/a//b' is not a plain absolute path"},
	{"mounts:\n- {kind: bind, target: /x}\n", "f.yaml:2: target: '/x' lacks a 'source'"},
	{"mounts:\n- {kind: proc, source: /y, target: /x}\n",
	 "f.yaml:2: target: '/x' can have no 'source'"},
	{"mounts:\n- {kind: tmpfs, target: /x, size_mib: 1}\n",
	 "f.yaml:2: target: '/x' lacks 'size_mib' or 'inodes'"},
	{"mounts:\n- {kind: proc, target: /x, inodes: 1}\n",
	 "f.yaml:2: target: '/x' can have no 'size_mib' or 'inodes'"},
	{"mounts:\n- {kind: bind, source: /y}\n",
	 "f.yaml: a mount has no 'target'; its source is /y"},
};

static void test_texts(void **state)
{
	struct policy *before = malloc(sizeof(*before));

	(void)state;
	memcpy(before, policy, sizeof(*before));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(apply(refused[i].yaml), -EINVAL);
		assert_string_equal(error.text, refused[i].text);
		assert_memory_equal(before, policy, sizeof(*before));
	}
	free(before);
}

static void test_too_many_together(void **state)
{
	char *yaml = NULL;
	size_t size;
	FILE *out = open_memstream(&yaml, &size);

	(void)state;
	assert_non_null(out);
	fputs("mounts:\n", out);
	for (int i = 0; i < POLICY_MOUNTS_MAX; i++)
		fputs("- {kind: proc, target: /p}\n", out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(apply(yaml), -EINVAL);
	free(yaml);
	assert_non_null(strstr(error.text, "one mount too many"));
}

static int check(void)
{
	return policy_file_check("f.yaml", policy, &error);
}

static void test_check(void **state)
{
	(void)state;
	assert_int_equal(check(), -EINVAL);
	assert_string_equal(error.text, "f.yaml: 'language' is missing");
	assert_int_equal(apply(language_yaml), 0);
	assert_int_equal(check(), -EINVAL);
	assert_string_equal(error.text, "f.yaml: no system call is allowed");
	policy->n_syscalls = 1;
	assert_int_equal(check(), 0);
	assert_int_equal(policy->left_out_layers, 0);
	assert_int_equal(apply("leave_out: [landlock, rlimits]\n"), 0);
	assert_int_equal(policy->left_out_layers, 1u << LAYER_LANDLOCK | 1u << LAYER_RLIMITS);
	assert_int_equal(check(), 0);
	assert_int_equal(apply("leave_out: [landlock, pid-namespace]\n"), 0);
	assert_int_equal(check(), -EINVAL);
	assert_string_equal(
		error.text,
		"f.yaml: leave_out: no cell can be built without the layer pid-namespace");
	policy->left_out_layers = 0;
	policy->default_limits.memory_bytes = 8192ull << 20;
	assert_int_equal(check(), -EINVAL);
	assert_string_equal(error.text,
			    "f.yaml: 'memory_mib' of default_limits (8192) is above that of "
			    "maximum_limits (4096)");
	policy->default_limits.memory_bytes = 0;
	assert_int_equal(check(), -EINVAL);
	assert_string_equal(error.text, "f.yaml: 'memory_mib' of default_limits is missing");
	policy->stack_bytes = 0;
	assert_int_equal(check(), -EINVAL);
	assert_string_equal(error.text, "f.yaml: 'stack_mib' of cell is missing");
}

static void test_compilers(void **state)
{
	static const char whole[] = "source: candidate.c\ncompile: [/usr/bin/gcc, -O2]\n"
				    "link: [-lm]\ncompile_limits: {cpu_ms: 1, wall_ms: 2, "
				    "memory_mib: 3, output_kib: 4, processes: 5}\n";

	(void)state;
	assert_int_equal(apply(language_yaml), 0);
	policy->n_syscalls = 1;
	assert_false(policy_has_compiler(policy));
	assert_int_equal(policy_file_check("f.yaml", policy, &error), 0);
	assert_int_equal(apply("source: candidate.c\n"), 0);
	assert_int_equal(policy_file_check("f.yaml", policy, &error), -EINVAL);
	assert_non_null(strstr(error.text, "'compile' is missing"));
	assert_int_equal(apply("compile: [/usr/bin/gcc]\n"), 0);
	assert_int_equal(policy_file_check("f.yaml", policy, &error), -EINVAL);
	assert_non_null(strstr(error.text, "of compile_limits is missing"));
	assert_int_equal(apply(whole), 0);
	assert_int_equal(policy_file_check("f.yaml", policy, &error), 0);
	assert_true(policy_has_compiler(policy));
	assert_string_equal(policy->compile[1], "-O2");
	assert_string_equal(policy->link[0], "-lm");
	assert_int_equal(policy->compile_limits.memory_bytes, 3 << 20);
	assert_int_equal(apply("compile: [gcc]\n"), -EINVAL);
	assert_int_equal(apply("source: ../candidate.c\n"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_language_over_base, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_check, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compilers, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
