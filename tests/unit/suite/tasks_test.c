/* Task files of each format, and what is wrong with bad ones. */
#include "tests/unit/suite/suite_files.h"

#include <errno.h>
#include <stdio.h>

static char told[4096];

static void __attribute__((format(printf, 1, 2))) tell(const char *format, ...)
{
	va_list arguments;
	size_t len = strlen(told);
	va_start(arguments, format);
	vsnprintf(told + len, sizeof(told) - len, format, arguments);
	va_end(arguments);
}

static void assert_request(const struct tasks *tasks, size_t index)
{
	assay_request *request;
	assert_int_equal(tasks->format->new_request(tasks->items[index].record, &request), 0);
	assert_int_equal(assay_request_n_candidates(request), 0);
	assay_request_free(request);
}

static void assert_reference(const struct tasks *tasks, size_t index, const char *expected)
{
	size_t len;
	const char *code = tasks->format->reference(tasks->items[index].record, &len);
	assert_non_null(code);
	assert_string_equal(code, expected);
	assert_int_equal(len, strlen(expected));
}

static void humaneval(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	struct tasks tasks;
	assert_int_equal(load_tasks(HUMANEVAL_TASK("b/1") "\n \n" HUMANEVAL_TASK("a/2"),
				    &complaints, &tasks),
			 0);
	assert_ptr_equal(tasks.format, &format_humaneval);
	assert_int_equal(tasks.n, 2);
	assert_string_equal(tasks.items[0].name, "b/1");
	assert_int_equal(tasks.items[1].line, 4);
	assert_reference(&tasks, 0, "    return 1\n");
	assert_request(&tasks, 0);
	assert_ptr_equal(tasks_find(&tasks, "a/2"), &tasks.items[1]);
	assert_null(tasks_find(&tasks, "2"));
	assert_int_equal(complaints.n, 0);
	tasks_deinit(&tasks);
}

static void mbpp(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	struct tasks tasks;
	static const char text[] =
		"{\"text\": \"t\", \"code\": \"x = 1\\r\\n\", \"task_id\": 11, "
		"\"test_setup_code\": "
		"\"\", \"test_list\": [\"assert x == 1\"], \"challenge_test_list\": []}\n"
		"{\"prompt\": \"t\", \"code\": \"y = 1\", \"task_id\": 12, \"test_imports\": "
		"[\"import math\"], \"test_list\": []}";
	assert_int_equal(load_tasks(text, &complaints, &tasks), 0);
	assert_ptr_equal(tasks.format, &format_mbpp);
	assert_string_equal(tasks.items[0].name, "MBPP/11");
	assert_string_equal(tasks.items[0].id_json, "11");
	assert_reference(&tasks, 0, "x = 1\r\n");
	assert_request(&tasks, 0);
	assert_request(&tasks, 1);
	assert_ptr_equal(tasks_find(&tasks, "MBPP/12"), &tasks.items[1]);
	assert_ptr_equal(tasks_find(&tasks, "Mbpp/12"), &tasks.items[1]);
	assert_ptr_equal(tasks_find(&tasks, "12"), &tasks.items[1]);
	assert_null(tasks_find(&tasks, "13"));
	tasks_deinit(&tasks);
}

static void our_own(void **state)
{
	(void)state;
	struct complaints complaints = {.say = tell};
	struct tasks tasks;
	static const char text[] =
		"{\"id\": \"one\", \"language\": \"python\", \"tests\": {\"asserts\": [\"assert "
		"f() == "
		"1\"]}, \"reference\": \"def f(): return 1\"}\n"
		"{\"id\": \"two\", \"language\": \"python\", \"tests\": {\"guesses\": []}}\n";
	told[0] = '\0';
	assert_int_equal(load_tasks(text, &complaints, &tasks), 0);
	assert_ptr_equal(tasks.format, &format_own);
	assert_int_equal(tasks.n, 1);
	assert_reference(&tasks, 0, "def f(): return 1");
	assert_request(&tasks, 0);
	assert_int_equal(complaints.n, 1);
	assert_non_null(strstr(told, "line 2: "));
	assert_non_null(strstr(told, "tests names no kind"));
	tasks_deinit(&tasks);
}

static void bad_lines_are_told_and_left_out(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"not json\n",
		"[1, 2]\n",
		"{\"task_id\": \"x\"\n",
		"{\"task_id\": \"x\"}\n",
		"{\"task_id\": 5, \"prompt\": \"\", \"entry_point\": \"f\", \"test\": \"\"}\n",
		"{\"task_id\": \"x\", \"prompt\": \"\", \"entry_point\": \"\", \"test\": \"\"}\n",
		"{\"task_id\": \"x\", \"prompt\": \"\", \"entry_point\": \"f\", \"test\": []}\n",
		"{\"task_id\": \"x\", \"prompt\": null, \"entry_point\": \"f\", \"test\": \"\"}\n",
		"{\"task_id\": \"\xff\"}\n",
		HUMANEVAL_TASK("good"), /* the name is taken */
	};
	for (size_t index = 0; index < sizeof(bad) / sizeof(bad[0]); index++) {
		struct complaints complaints = {.say = tell};
		struct tasks tasks;
		char text[2048];
		told[0] = '\0';
		snprintf(text, sizeof(text), "%s%s%s", HUMANEVAL_TASK("good"), bad[index],
			 HUMANEVAL_TASK("last"));
		assert_int_equal(load_tasks(text, &complaints, &tasks), 0);
		assert_int_equal(tasks.n, 2);
		assert_ptr_equal(tasks_find(&tasks, "last"), &tasks.items[1]);
		assert_int_equal(complaints.n, 1);
		assert_non_null(strstr(told, ", line 2: "));
		tasks_deinit(&tasks);
	}
}

static void a_file_without_tasks_is_refused(void **state)
{
	(void)state;
	struct complaints complaints = {.say = tell};
	struct tasks tasks;
	told[0] = '\0';
	assert_int_equal(load_tasks("", &complaints, &tasks), 1);
	assert_int_equal(load_tasks("{\"question\": \"?\"}\n", &complaints, &tasks), 1);
	assert_non_null(strstr(told, "HumanEval (task_id"));
	assert_int_equal(tasks_load("/nonexistent", &complaints, &tasks), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(humaneval),
		cmocka_unit_test(mbpp),
		cmocka_unit_test(our_own),
		cmocka_unit_test(bad_lines_are_told_and_left_out),
		cmocka_unit_test(a_file_without_tasks_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
