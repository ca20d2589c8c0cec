/* Sample files: which code belongs to which task, and the lines that come out. */
#include "tests/unit/suite/suite_files.h"

static struct tasks tasks;

static int set_up(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	return load_tasks(HUMANEVAL_TASK("T/0") HUMANEVAL_TASK("T/1"), &complaints, &tasks);
}

static int tear_down(void **state)
{
	(void)state;
	tasks_deinit(&tasks);
	return 0;
}

static void assert_code(const struct sample *sample, const char *expected)
{
	char *code;
	size_t len;
	assert_int_equal(sample_new_code(sample, &code, &len), 0);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(code, expected);
	free(code);
}

static void samples_find_their_tasks(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	struct samples samples;
	load_samples("{\"task_id\": \"T/1\", \"completion\": \"  é\\n\"}\n\n"
		     "{\"solution\": \"whole\", \"task_id\": \"T/0\", \"expected\": \"FAILED\"}\n"
		     "{\"task_id\": \"T/0\", \"solution\": \"s\", \"completion\": \"c\"}",
		     &tasks, &complaints, &samples);
	assert_int_equal(samples.n, 3);
	assert_int_equal(complaints.n, 0);
	assert_ptr_equal(samples.items[0].task, &tasks.items[1]);
	assert_code(&samples.items[0], "  é\n");
	assert_null(samples.items[0].label);
	assert_ptr_equal(samples.items[1].task, &tasks.items[0]);
	assert_code(&samples.items[1], "whole");
	assert_string_equal(samples.items[1].label, "FAILED");
	assert_code(&samples.items[2], "c");
	assert_int_not_equal(samples.items[0].checksum, samples.items[1].checksum);
	samples_deinit(&samples);
}

static void bad_lines_are_left_out(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	struct samples samples;
	load_samples("{\"task_id\": \"T/9\", \"completion\": \"\"}\n"
		     "{\"task_id\": \"T/0\"}\n"
		     "{\"completion\": \"\"}\n"
		     "{\"task_id\": \"T/0\", \"completion\": 7}\n"
		     "{\"task_id\": [], \"completion\": \"\"}\n"
		     "nonsense\n"
		     "{\"task_id\": \"T/0\", \"completion\": \"\"}\n",
		     &tasks, &complaints, &samples);
	assert_int_equal(samples.n, 1);
	assert_int_equal(complaints.n, 6);
	samples_deinit(&samples);
}

static void result_lines_keep_what_was_there(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	struct samples samples;
	load_samples("{\"logprob\":-Infinity,\"task_id\":\"T/0\",\"completion\":\"é\",\"n\":1e3}\n"
		     "{\"passed\": 1, \"task_id\": \"T/0\", \"completion\": \"\"}\n",
		     &tasks, &complaints, &samples);
	assert_int_equal(sample_set_result(&samples.items[0], "PASSED", true, "\"passed\"", NULL),
			 0);
	char *line = sample_new_result_line(&samples.items[0]);
	assert_string_equal(line, "{\"logprob\": -Infinity, \"task_id\": \"T/0\", \"completion\": "
				  "\"\\u00e9\", \"n\": 1000.0, \"result\": \"passed\", \"passed\": "
				  "true}");
	free(line);
	assert_int_equal(
		sample_set_result(&samples.items[1], "FAILED", false, "\"failed: \"", "\"why\""),
		0);
	line = sample_new_result_line(&samples.items[1]);
	assert_string_equal(line, "{\"passed\": false, \"task_id\": \"T/0\", \"completion\": \"\", "
				  "\"result\": \"failed: \"}");
	free(line);
	samples_deinit(&samples);
}

static void references_become_samples(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	struct samples samples;
	assert_int_equal(samples_from_references(&tasks, &complaints, &samples), 0);
	assert_int_equal(samples.n, 2);
	assert_code(&samples.items[1], "    return 1\n");
	assert_string_equal(samples.items[1].record,
			    "{\"task_id\": \"T/1\", \"completion\": \"    return 1\\n\"}");
	samples_deinit(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_find_their_tasks),
		cmocka_unit_test(bad_lines_are_left_out),
		cmocka_unit_test(result_lines_keep_what_was_there),
		cmocka_unit_test(references_become_samples),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
