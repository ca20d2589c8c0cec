/* How samples are cut into requests. */
#include "tests/unit/suite/suite_files.h"

#include "client/suite/work.h"

static struct tasks tasks;
static struct samples samples;

static int set_up(void **state)
{
	(void)state;
	struct complaints complaints = {0};
	assert_int_equal(
		load_tasks(HUMANEVAL_TASK("T/0") HUMANEVAL_TASK("T/1"), &complaints, &tasks), 0);
	load_samples("{\"task_id\": \"T/1\", \"completion\": \"0123456789\"}\n"
		     "{\"task_id\": \"T/0\", \"completion\": \"0123456789\"}\n"
		     "{\"task_id\": \"T/1\", \"completion\": \"0123456789\"}\n"
		     "{\"task_id\": \"T/0\", \"completion\": \"0123456789\"}\n"
		     "{\"task_id\": \"T/1\", \"completion\": \"0123456789\"}\n",
		     &tasks, &complaints, &samples);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	samples_deinit(&samples);
	tasks_deinit(&tasks);
	return 0;
}

static struct work *new_work(size_t max_candidates, size_t max_bytes)
{
	const struct work_options options = {.max_candidates = max_candidates,
					     .max_bytes = max_bytes};
	struct work *work = work_new(&tasks, &samples, &options);
	assert_non_null(work);
	return work;
}

/* The next request holds the samples of `expected`, a digit each; "": there is none. */
static void assert_next(struct work *work, const char *expected)
{
	assay_request *request;
	struct batch *batch;
	size_t bytes;
	int outcome = work_next(work, &request, &bytes, &batch);
	if (!*expected) {
		assert_int_equal(outcome, 1);
		return;
	}
	assert_int_equal(outcome, 0);
	assert_int_equal(batch->n, strlen(expected));
	assert_int_equal(assay_request_n_candidates(request), batch->n);
	assert_int_equal(bytes, 10 * batch->n);
	for (size_t index = 0; index < batch->n; index++)
		assert_int_equal(batch->samples[index], expected[index] - '0');
	assay_request_free(request);
	free(batch);
}

static void samples_of_one_task_travel_together(void **state)
{
	(void)state;
	struct work *work = new_work(64, 1000);
	assert_int_equal(work_n_samples(work), 5);
	assert_next(work, "13");
	assert_next(work, "024");
	assert_next(work, "");
	work_free(work);
}

static void requests_are_bounded(void **state)
{
	(void)state;
	struct work *work = new_work(2, 1000);
	assert_next(work, "13");
	assert_next(work, "02");
	assert_next(work, "4");
	assert_next(work, "");
	work_free(work);
	work = new_work(64, 25);
	assert_next(work, "13");
	assert_next(work, "02");
	assert_next(work, "4");
	assert_next(work, "");
	work_free(work);
	work = new_work(64, 5); /* one goes in any case */
	assert_next(work, "1");
	assert_next(work, "3");
	assert_next(work, "0");
	work_free(work);
}

static void known_results_are_skipped(void **state)
{
	(void)state;
	samples.items[1].has_result = samples.items[2].has_result = true;
	struct work *work = new_work(64, 1000);
	assert_int_equal(work_n_samples(work), 3);
	assert_next(work, "3");
	assert_next(work, "04");
	assert_next(work, "");
	work_free(work);
}

static void samples_given_back_go_alone(void **state)
{
	(void)state;
	struct work *work = new_work(64, 1000);
	assert_next(work, "13");
	assert_int_equal(work_again(work, 3), 0);
	assert_int_equal(work_again(work, 1), 0);
	assert_next(work, "024");
	assert_next(work, "3");
	assert_next(work, "1");
	assert_next(work, "");
	assert_int_equal(work_again(work, 4), 0);
	assert_next(work, "4");
	assert_next(work, "");
	work_free(work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(samples_of_one_task_travel_together, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(requests_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(known_results_are_skipped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(samples_given_back_go_alone, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
