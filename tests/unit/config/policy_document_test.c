/* config/policy_document: what is wrong with a YAML file is said with its place. */
#include "config/policy_document.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *yaml;
	const char *text;
} refused[] = {
	{"language: p\ndefault_limits:\n  cpu_ms: 3\n  foo: 3\n",
	 "f.yaml:4: unknown key 'foo' in default_limits; allowed here: cpu_ms, wall_ms, "
	 "memory_mib, "
	 "output_kib, processes"},
	{"bad: 1\n", "f.yaml:1: unknown key 'bad'; allowed here: language, runtime, argv, "
		     "environment, imports, variants, source, compile, link, "
		     "required_layers, leave_out, mounts, default_limits, maximum_limits, "
		     "compile_limits, cell"},
	{"# a comment: bad\nlanguage: bad\n\nimports: [bad]\nbad : 1\n",
	 "f.yaml:5: unknown key 'bad'; allowed here: language, runtime, argv, environment, "
	 "imports, variants, source, compile, link, "
	 "required_layers, leave_out, mounts, default_limits, maximum_limits, compile_limits, "
	 "cell"},
	{"mounts:\n  - {kind: proc, target: /proc}\n  - {kind: proc, colour: red}\n",
	 "f.yaml:3: unknown key 'colour' in mounts; allowed here: kind, source, target, optional, "
	 "size_mib, inodes"},
	{"cell: {cpu_ms: 1}\n", "f.yaml:1: unknown key 'cpu_ms' in cell; allowed here: memory_mib, "
				"runs, file_mib, open_files, stack_mib, code_kib"},
	{"language: a\nruntime: b\nlanguage: c\n", "f.yaml:3: key 'language' is given twice"},
	{"mounts:\n  - {kind: bar}\n",
	 "f.yaml:2: 'bar' cannot be the value of 'kind'; allowed: bind, "
	 "device, tmpfs, proc, symlink"},
	{"mounts:\n  - {kind: proc, optional: maybe}\n",
	 "f.yaml:2: 'maybe' cannot be the value of 'optional'; allowed: false, true"},
	{"mounts:\n  - {target: /x}\n",
	 "f.yaml:2: in 'target': Missing required mapping field: kind"},
	{"language: &a x\nruntime: *a\n", "f.yaml:2: in 'runtime': aliases are not allowed"},
	{"language: a\n---\nlanguage: b\n", "f.yaml: only one YAML document a file"},
	{"language: [a\n", "f.yaml:1: in 'language': Expecting STRING, got event: SEQUENCE_START"},
	{"language: a234567890123456789012345678901x\n",
	 "f.yaml:1: in 'language': STRING length > 31: a234567890123456789012345678901x"},
	{"argv: [a, b, c, d, e, f, g, h]\n",
	 "f.yaml:1: in 'argv': Excessive entries (7 max) in sequence."},
	{"# nothing\n", "f.yaml: the file is empty"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct policy_document *document = NULL;
		struct config_error error = {""};

		assert_int_equal(policy_document_load("f.yaml", refused[i].yaml,
						      strlen(refused[i].yaml), &document, &error),
				 -EINVAL);
		assert_string_equal(error.text, refused[i].text);
		assert_null(document);
	}
}

static void test_values_are_text(void **state)
{
	static const char yaml[] =
		"language: python\n"
		"argv: [/bin/x, -I]\n"
		"default_limits: {cpu_ms: 3k}\n"
		"mounts:\n"
		"  - {kind: tmpfs, target: /tmp, size_mib: 64, optional: true}\n";
	struct policy_document *document = NULL;
	struct config_error error = {""};

	(void)state;
	assert_int_equal(policy_document_load("f", yaml, strlen(yaml), &document, &error), 0);
	assert_string_equal(document->language, "python");
	assert_null(document->runtime);
	assert_int_equal(document->n_argv, 2);
	assert_string_equal(document->argv[1], "-I");
	assert_string_equal(document->default_limits->cpu_ms, "3k");
	assert_null(document->default_limits->wall_ms);
	assert_null(document->maximum_limits);
	assert_int_equal(document->n_mounts, 1);
	assert_int_equal(document->mounts[0].kind, POLICY_MOUNT_TMPFS);
	assert_int_equal(document->mounts[0].is_optional, 1);
	assert_string_equal(document->mounts[0].size_mib, "64");
	policy_document_free(document);
	policy_document_free(NULL);
}

static void test_find_line(void **state)
{
	static const char yaml[] = "cpu_ms: 1\nx: 7\ncpu_ms: 7\n7";

	(void)state;
	assert_int_equal(policy_document_find_line(yaml, strlen(yaml), "cpu_ms", "7"), 3);
	assert_int_equal(policy_document_find_line(yaml, strlen(yaml), "", "7"), 2);
	assert_int_equal(policy_document_find_line(yaml, strlen(yaml), "y", "7"), 0);
	assert_int_equal(policy_document_find_line(yaml, 0, "x", "7"), 0);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_values_are_text),
		cmocka_unit_test(test_find_line),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
