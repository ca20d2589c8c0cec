/* Result files, and going on after an interruption. */
#include "tests/unit/suite/suite_files.h"

#include "client/suite/results_file.h"

static struct tasks tasks;
static struct samples samples;
static char out[] = "/tmp/assay_results_test.XXXXXX";

static const char three_samples[] = "{\"task_id\": \"T/0\", \"completion\": \"a\"}\n"
				    "{\"task_id\": \"T/0\", \"completion\": \"b\"}\n"
				    "{\"task_id\": \"T/0\", \"completion\": \"c\"}\n";

static int set_up(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	close(mkstemp(out));
	unlink(out);
	assert_int_equal(load_tasks(HUMANEVAL_TASK("T/0"), &complaints, &tasks), 0);
	load_samples(three_samples, &tasks, &complaints, &samples);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char partial[sizeof(out) + 10];
	snprintf(partial, sizeof(partial), "%s.partial", out);
	unlink(partial);
	unlink(out);
	memcpy(out + sizeof(out) - 7, "XXXXXX", 6);
	samples_deinit(&samples);
	tasks_deinit(&tasks);
	return 0;
}

static void forget_results(const char *text)
{
	struct complaints complaints = {0};
	samples_deinit(&samples);
	load_samples(text, &tasks, &complaints, &samples);
}

static void set(size_t index, const char *verdict, const char *result)
{
	assert_int_equal(sample_set_result(&samples.items[index], verdict,
					   strcmp(verdict, "PASSED") == 0, result, "\"because\""),
			 0);
}

static void keep_in_partial(size_t index, bool keep)
{
	struct partial *partial;
	assert_int_equal(partial_open(out, keep, &partial), 0);
	assert_int_equal(partial_append(partial, index, &samples.items[index]), 0);
	partial_close(partial, false);
}

static void the_file_has_the_samples_order(void **state)
{
	(void)state;
	set(2, "PASSED", "\"passed\"");
	set(0, "CPU_LIMIT", "\"timed out\"");
	set(1, "FAILED", "\"failed: \"");
	assert_int_equal(results_write(out, &samples), 0);
	char text[1000];
	FILE *file = fopen(out, "r");
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	assert_string_equal(text,
			    "{\"task_id\": \"T/0\", \"completion\": \"a\", \"result\": \"timed "
			    "out\", \"passed\": false}\n"
			    "{\"task_id\": \"T/0\", \"completion\": \"b\", \"result\": \"failed: "
			    "\", \"passed\": false}\n"
			    "{\"task_id\": \"T/0\", \"completion\": \"c\", \"result\": \"passed\", "
			    "\"passed\": true}\n");
	forget_results(three_samples);
	assert_int_equal(results_resume(out, &samples), 0);
	assert_true(samples.items[0].has_result && samples.items[1].has_result);
	assert_true(samples.items[2].passed);
	assert_string_equal(samples.items[1].result, "\"failed: \"");
}

static void partial_results_are_taken_over(void **state)
{
	(void)state;
	set(1, "FAILED", "\"failed: no\"");
	keep_in_partial(1, false);
	forget_results(three_samples);
	set(2, "PASSED", "\"passed\"");
	keep_in_partial(2, true);
	forget_results(three_samples);
	assert_int_equal(results_resume(out, &samples), 0);
	assert_false(samples.items[0].has_result);
	assert_true(samples.items[1].has_result);
	assert_string_equal(samples.items[1].verdict, "FAILED");
	assert_string_equal(samples.items[1].result, "\"failed: no\"");
	assert_string_equal(samples.items[1].feedback, "\"because\"");
	assert_true(samples.items[2].passed);
}

static void a_partial_line_that_was_cut_off_counts_not(void **state)
{
	(void)state;
	set(0, "PASSED", "\"passed\"");
	set(1, "PASSED", "\"passed\"");
	keep_in_partial(0, false);
	char path[sizeof(out) + 10];
	snprintf(path, sizeof(path), "%s.partial", out);
	FILE *file = fopen(path, "a");
	fputs("{\"index\": 2, \"checksum\": 17, \"ver", file);
	fclose(file);
	keep_in_partial(1, true);
	forget_results(three_samples);
	assert_int_equal(results_resume(out, &samples), 0);
	assert_true(samples.items[0].has_result);
	assert_true(samples.items[1].has_result);
	assert_false(samples.items[2].has_result);
}

static void results_of_other_samples_count_not(void **state)
{
	(void)state;
	set(0, "PASSED", "\"passed\"");
	set(1, "PASSED", "\"passed\"");
	set(2, "PASSED", "\"passed\"");
	keep_in_partial(0, false);
	keep_in_partial(1, true);
	assert_int_equal(results_write(out, &samples), 0);
	forget_results("{\"task_id\": \"T/0\", \"completion\": \"a\"}\n"
		       "{\"task_id\": \"T/0\", \"completion\": \"changed\"}\n");
	assert_int_equal(results_resume(out, &samples), 0);
	assert_true(samples.items[0].has_result);
	assert_false(samples.items[1].has_result);
}

static void samples_that_were_not_judged_are_tried_again(void **state)
{
	(void)state;
	for (size_t index = 0; index < 3; index++)
		set(index, "INFRA", "\"failed: not judged: no cell\"");
	assert_int_equal(results_write(out, &samples), 0);
	forget_results(three_samples);
	assert_int_equal(results_resume(out, &samples), 0);
	for (size_t index = 0; index < 3; index++)
		assert_false(samples.items[index].has_result);
}

static void nothing_to_resume_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(results_resume(out, &samples), 0);
	assert_false(samples.items[0].has_result);
	char *path = results_new_path("samples.jsonl");
	assert_string_equal(path, "samples.jsonl_results.jsonl");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_file_has_the_samples_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(partial_results_are_taken_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_partial_line_that_was_cut_off_counts_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(results_of_other_samples_count_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(samples_that_were_not_judged_are_tried_again,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_to_resume_is_no_error, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
