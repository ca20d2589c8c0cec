/* json.dumps(json.loads(line)), compared with Python's own answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/suite/python_json.h"

#define PYTHON "/usr/bin/python3"

static const char *const sound[] = {
	"{}",
	" { \"a\" : [ ] , \"b\" : { } } ",
	"{\"text\": \"quote \\\" slash \\/ back \\\\ \\b\\f\\n\\r\\t\"}",
	"{\"control\": \"\\u0000\\u0001\\u001f\\u007f\"}",
	"{\"plain\": \"äöü ∀ 漢 😀\"}",
	"{\"escaped\": \"\\u00E9\\u2200\\uD83D\\uDE00\"}",
	"{\"lone\": \"\\ud800 \\udc00 \\ud83dx \\ude00\\ud83d\"}",
	"{\"näme\": 1, \"\\u0061\": 2}",
	"{\"whole\": [0, -0, 1, -17, 123456789012345678901234567890]}",
	"{\"real\": [0.0, -0.0, 1.0, 0.1, 1e5, 1E+5, 1e15, 1e16, 1e17, 123456789.123456789]}",
	"{\"small\": [0.0001, 0.00001, 1.5e-7, 5e-324]}",
	"{\"long\": [2.2250738585072014e-308, 0.30000000000000004]}",
	"{\"large\": [1.7976931348623157e308, 1e400, -1e400, 9007199254740993.0, 1e22, 1e23]}",
	"{\"odd\": [NaN, Infinity, -Infinity, null, true, false]}",
	"{\"twice\": 1, \"other\": 2, \"twice\": 3}",
	"{\"deep\": [[[[{\"a\": [[], {}, \"\"]}]]]]}",
	"{\"completion\": \"    return 'x' # \\\\u0041 \\u007f\\u0080\\uffff\\n\"}",
	"\t{\"a\":1,\"b\":[1,2 ,3]}\r",
};

static const char *const broken[] = {
	"",
	"   ",
	"null",
	"[1]",
	"{",
	"{\"a\"}",
	"{\"a\": }",
	"{\"a\": 1,}",
	"{\"a\": 1 \"b\": 2}",
	"{a: 1}",
	"{\"a\": 01}",
	"{\"a\": 1.}",
	"{\"a\": .5}",
	"{\"a\": +1}",
	"{\"a\": -}",
	"{\"a\": 1e}",
	"{\"a\": nul}",
	"{\"a\": \"unterminated}",
	"{\"a\": \"\\x41\"}",
	"{\"a\": \"\\u12\"}",
	"{\"a\": \"\\u12g4\"}",
	"{\"a\": \"tab\tinside\"}",
	"{\"a\": [1, 2}",
	"{\"a\": 1} x",
	"{\"a\": 1}{\"b\": 2}",
};

static char *transcribe(const char *text, size_t len)
{
	struct python_object object;
	const char *problem = "";
	if (python_object_parse(text, len, &object, &problem) != 0)
		fail_msg("%s: %s", text, problem);
	char *dumped = python_object_dump(&object);
	python_object_deinit(&object);
	return dumped;
}

/* Python's own answers for the lines of a file, a line each. */
static FILE *start_python(const char *path, pid_t *pid)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (*pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(PYTHON, PYTHON, "-c",
		      "import json, sys\n"
		      "for line in open(sys.argv[1], encoding='utf-8', newline='\\n'):\n"
		      "    print(json.dumps(json.loads(line)))\n",
		      path, NULL);
		_exit(127);
	}
	close(ends[1]);
	FILE *answers = fdopen(ends[0], "r");
	assert_non_null(answers);
	return answers;
}

static void python_agrees(void **state)
{
	(void)state;
	if (access(PYTHON, X_OK) != 0)
		skip();
	char name[] = "/tmp/python_json_test.XXXXXX";
	int fd = mkstemp(name), status;
	assert_true(fd >= 0);
	FILE *input = fdopen(fd, "w");
	for (size_t index = 0; index < sizeof(sound) / sizeof(sound[0]); index++)
		fprintf(input, "%s\n", sound[index]);
	fclose(input);
	pid_t pid;
	FILE *python = start_python(name, &pid);
	char *expected = NULL;
	size_t capacity = 0;
	for (size_t index = 0; index < sizeof(sound) / sizeof(sound[0]); index++) {
		assert_true(getline(&expected, &capacity, python) > 0);
		expected[strcspn(expected, "\n")] = '\0';
		char *actual = transcribe(sound[index], strlen(sound[index]));
		assert_string_equal(actual, expected);
		free(actual);
	}
	free(expected);
	fclose(python);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	unlink(name);
}

static void broken_text_is_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t index = 0; index < sizeof(broken) / sizeof(broken[0]); index++) {
		struct python_object object;
		const char *problem = NULL;
		int err = python_object_parse(broken[index], strlen(broken[index]), &object,
					      &problem);
		if (err != 1)
			fail_msg("accepted: %s", broken[index]);
		assert_non_null(problem);
	}
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"{\"a\": \"\xff\"}", "{\"a\": \"\xc3\"}",
					    "{\"a\": \"\xc0\x80\"}", "{\"a\": \"\xed\xa0\x80\"}",
					    "{\"a\": \"\xf8\x88\x80\x80\x80\"}"};
	for (size_t index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
		struct python_object object;
		const char *problem;
		assert_int_equal(
			python_object_parse(texts[index], strlen(texts[index]), &object, &problem),
			1);
		assert_string_equal(problem, "not UTF-8");
	}
}

static void every_beginning_of_a_text_is_refused(void **state)
{
	(void)state;
	for (size_t index = 0; index < sizeof(sound) / sizeof(sound[0]); index++) {
		size_t len = strlen(sound[index]);
		while (len > 0 && strchr(" \t\r", sound[index][len - 1]))
			len--;
		for (size_t cut = 0; cut < len; cut++) {
			char *copy = strndup(sound[index], cut); /* so that ASan sees overruns */
			struct python_object object;
			const char *problem;
			assert_int_equal(python_object_parse(copy, cut, &object, &problem), 1);
			free(copy);
		}
	}
}

static void depth_is_bounded(void **state)
{
	(void)state;
	size_t depth = 100000;
	char *text = malloc(depth + 8);
	struct python_object object;
	const char *problem;
	memcpy(text, "{\"a\": ", 6);
	memset(text + 6, '[', depth);
	assert_int_equal(python_object_parse(text, depth + 6, &object, &problem), 1);
	assert_string_equal(problem, "nested too deeply");
	free(text);
}

static void members_are_replaced_in_place(void **state)
{
	(void)state;
	static const char text[] = "{\"passed\": 0, \"task_id\": \"x\"}";
	struct python_object object;
	const char *problem;
	assert_int_equal(python_object_parse(text, strlen(text), &object, &problem), 0);
	assert_string_equal(python_object_get(&object, "task_id"), "\"x\"");
	assert_null(python_object_get(&object, "task"));
	assert_int_equal(python_object_set(&object, "result", "\"passed\""), 0);
	assert_int_equal(python_object_set(&object, "passed", "true"), 0);
	char *dumped = python_object_dump(&object);
	assert_string_equal(dumped,
			    "{\"passed\": true, \"task_id\": \"x\", \"result\": \"passed\"}");
	free(dumped);
	python_object_deinit(&object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(python_agrees),
		cmocka_unit_test(broken_text_is_refused_with_a_reason),
		cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
		cmocka_unit_test(every_beginning_of_a_text_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(members_are_replaced_in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
