/* What a person reads at the end. */
#include "tests/unit/suite/suite_files.h"

#include "client/suite/summary.h"

static char told[1000], printed[10000];

static void __attribute__((format(printf, 1, 2))) tell(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(told, sizeof(told), format, arguments);
	va_end(arguments);
}

/* `verdicts`: of one sample each of the task with that number: "0P 1F" and so on. */
static int summarise(size_t n_tasks, const char *verdicts, const char *labels, bool is_brief)
{
	struct tasks tasks = {.n = n_tasks, .items = calloc(n_tasks, sizeof(struct task))};
	struct samples samples = {.items = calloc(strlen(verdicts) + 1, sizeof(struct sample))};
	struct complaints complaints = {.say = tell};
	static const size_t ks[] = {1, 2, 10};
	const struct summary_options options = {.title = "title",
						.ks = ks,
						.n_ks = 3,
						.is_brief = is_brief,
						.seconds = 2,
						.n_now = 10};
	for (size_t task = 0; task < n_tasks; task++)
		assert_true(asprintf(&tasks.items[task].name, "T/%zu", task) > 0);
	for (const char *at = verdicts; *at; at += at[2] ? 3 : 2) {
		struct sample *sample = &samples.items[samples.n];
		*sample = (struct sample){.task = &tasks.items[at[0] - '0']};
		assert_int_equal(sample_set_result(sample, at[1] == 'P' ? "PASSED" : "FAILED",
						   at[1] == 'P', "\"failed: \"",
						   "\"first line\\nsecond line\""),
				 0);
		if (labels)
			sample->label = strdup(labels[samples.n] == 'P' ? "PASSED" : "FAILED");
		samples.n++;
	}
	told[0] = '\0';
	memset(printed, 0, sizeof(printed));
	FILE *out = fmemopen(printed, sizeof(printed), "w");
	int outcome = summary_print(out, &tasks, &samples, &options, &complaints);
	fclose(out);
	samples_deinit(&samples);
	for (size_t task = 0; task < n_tasks; task++)
		free(tasks.items[task].name);
	free(tasks.items);
	return outcome;
}

static void assert_printed(const char *text)
{
	if (!strstr(printed, text))
		fail_msg("'%s' is not in:\n%s", text, printed);
}

static void assert_not_printed(const char *text)
{
	if (strstr(printed, text))
		fail_msg("'%s' is in:\n%s", text, printed);
}

static void all_passed(void **state)
{
	(void)state;
	assert_int_equal(summarise(2, "0P 1P", NULL, false), 0);
	assert_printed("title: 2 of 2 passed\n");
	assert_printed("pass@1: 1.0000\n");
	assert_not_printed("pass@2");
	assert_not_printed("FAILED");
	assert_printed("10 judged in 2.0 s, 5 a second");
}

static void pass_at_k_is_a_mean_over_tasks(void **state)
{
	(void)state;
	/* Task 0: 1 of 3, task 1: 1 of 2. pass@1: (1/3 + 1/2) / 2; pass@2: (2/3 + 1) / 2. */
	assert_int_equal(summarise(2, "0P 0F 1F 0F 1P", NULL, true), 0);
	assert_printed("pass@1: 0.4167\n");
	assert_printed("pass@2: 0.8333\n");
	assert_not_printed("pass@10");
	assert_not_printed("T/0");
}

static void missing_tasks_are_told(void **state)
{
	(void)state;
	assert_int_equal(summarise(3, "1P", NULL, false), 1);
	assert_printed("1 of 1 passed");
	assert_not_printed("pass@");
	assert_non_null(strstr(told, "Some problems are not attempted."));
	assert_non_null(strstr(told, "2 of 3"));
	assert_non_null(strstr(told, "T/0, T/2"));
}

static void failures_are_listed_within_bounds(void **state)
{
	(void)state;
	assert_int_equal(summarise(2, "0P 1F", NULL, false), 0);
	assert_printed("1 FAILED, 1 PASSED");
	assert_printed("FAILED  T/1  first line");
	assert_not_printed("second line");
	assert_not_printed("more");
	assert_int_equal(
		summarise(1, "0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F",
			  NULL, false),
		0);
	assert_printed("T/0 #20");
	assert_not_printed("T/0 #21");
	assert_printed("… and 3 more");
}

static void labels_are_compared(void **state)
{
	(void)state;
	assert_int_equal(summarise(2, "0P 1F", "PF", false), 0);
	assert_printed("2 of 2 verdicts as labelled");
	assert_int_equal(summarise(2, "0P 1F", "PP", false), 0);
	assert_printed("T/1: FAILED, labelled PASSED");
	assert_printed("1 of 2 verdicts as labelled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_passed),
		cmocka_unit_test(pass_at_k_is_a_mean_over_tasks),
		cmocka_unit_test(missing_tasks_are_told),
		cmocka_unit_test(failures_are_listed_within_bounds),
		cmocka_unit_test(labels_are_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
