/* core/reveal: a table of what may be told of whom. */
#include "core/reveal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint32_t hidden[] = {2, 0, 99, 2, UINT32_MAX};

static struct slice slice(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

static void test_marks(void **state)
{
	struct task task = {.hidden = hidden, .n_hidden = 5};
	struct reveal reveal;

	(void)state;
	reveal_init(&reveal, &task, 3, true);
	assert_true(reveal.hides_any && !reveal.is_mute);
	assert_true(reveal_hides(&reveal, 0) && !reveal_hides(&reveal, 1));
	assert_true(reveal_hides(&reveal, 2) && !reveal_hides(&reveal, 99));
	reveal_deinit(&reveal);
	reveal_init(&reveal, &task, 0, true);
	assert_true(reveal.hides_any);
	assert_false(reveal_hides(&reveal, 0));
	reveal_deinit(&reveal);
	task.n_hidden = 0;
	reveal_init(&reveal, &task, 3, false);
	assert_false(reveal.hides_any || reveal.is_mute || reveal_hides(&reveal, 0));
	reveal_deinit(&reveal);
}

/* Where the candidate has the tests, every text from there could be one of them. */
static void test_shared(void **state)
{
	const struct task task = {.hidden = hidden, .n_hidden = 1};
	const struct test_error error = {.type = slice("ValueError")};
	struct examination examination = {0};
	struct reveal reveal;

	(void)state;
	reveal_init(&reveal, &task, 3, false);
	assert_true(reveal.is_mute);
	assert_int_equal(reveal.level, TASK_REVEAL_NONE);
	assert_int_equal(reveal_of_test_error(&reveal, &error), REVEAL_ERROR_NOTHING);
	for (int fault = 0; fault <= EXAMINATION_INSEPARABLE; fault++) {
		examination.fault = (enum examination_fault)fault;
		assert_int_equal(reveal_of_fault(&reveal, &examination), REVEAL_ERROR_NOTHING);
	}
	reveal_deinit(&reveal);
}

static void test_errors(void **state)
{
	static const struct {
		enum task_reveal level;
		size_t n_hidden;
		const char *type;
		enum reveal_error of_test, of_load, of_tests;
	} rows[] = {
		{TASK_REVEAL_FULL, 0, "ValueError", REVEAL_ERROR_TRACEBACK, REVEAL_ERROR_TRACEBACK,
		 REVEAL_ERROR_TRACEBACK},
		{TASK_REVEAL_FULL, 1, "AssertionError", REVEAL_ERROR_MESSAGE, REVEAL_ERROR_MESSAGE,
		 REVEAL_ERROR_NOTHING},
		{TASK_REVEAL_INPUTS, 0, "ValueError", REVEAL_ERROR_MESSAGE, REVEAL_ERROR_MESSAGE,
		 REVEAL_ERROR_MESSAGE},
		{TASK_REVEAL_INPUTS, 0, "AssertionError", REVEAL_ERROR_TYPE, REVEAL_ERROR_MESSAGE,
		 REVEAL_ERROR_TYPE},
		{TASK_REVEAL_NONE, 0, "ValueError", REVEAL_ERROR_TYPE, REVEAL_ERROR_MESSAGE,
		 REVEAL_ERROR_TYPE},
		{TASK_REVEAL_NONE, 1, "ValueError", REVEAL_ERROR_TYPE, REVEAL_ERROR_MESSAGE,
		 REVEAL_ERROR_NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct task task = {
			.reveal = rows[i].level, .hidden = hidden, .n_hidden = rows[i].n_hidden};
		struct examination examination = {.error = {.type = slice(rows[i].type)}};
		struct reveal reveal;

		reveal_init(&reveal, &task, 3, true);
		assert_int_equal(reveal_of_test_error(&reveal, &examination.error),
				 rows[i].of_test);
		examination.fault = EXAMINATION_LOAD;
		assert_int_equal(reveal_of_fault(&reveal, &examination), rows[i].of_load);
		examination.fault = EXAMINATION_TESTS;
		assert_int_equal(reveal_of_fault(&reveal, &examination), rows[i].of_tests);
		reveal_deinit(&reveal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
