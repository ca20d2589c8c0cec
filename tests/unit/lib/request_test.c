/*
 * Building requests: what is set is what is sent, and what cannot be sent is refused here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/lib/request.h"

static int make(void **state)
{
	*state = assay_request_new("python");
	return *state == NULL;
}

static int drop(void **state)
{
	assay_request_free(*state);
	return 0;
}

static void a_fresh_request_is_empty(void **state)
{
	const assay_request *request = *state;

	assert_string_equal(request->evaluate->language, "python");
	assert_string_equal(request->evaluate->id, "");
	assert_int_equal(assay_request_n_candidates(request), 0);
	assert_null(request->evaluate->limits);
	assert_int_equal(request->evaluate->tests_case, ASSAY__EVALUATE__TESTS__NOT_SET);
}

static void a_language_that_is_not_utf8_gives_no_request(void **state)
{
	(void)state;
	assert_null(assay_request_new("\xff"));
}

static void texts_replace_each_other(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, "first", 5), 0);
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, "second+", 6), 0);
	assert_string_equal(request->evaluate->id, "second");
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, NULL, 0), 0);
	assert_string_equal(request->evaluate->id, "");
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ENTRY_POINT, "f", 1), 0);
	assert_string_equal(request->evaluate->entry_point, "f");
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_MODULE, "m", 1), 0);
	assert_string_equal(request->evaluate->module, "m");
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_PROMPT, "a\0\xff", 3), 0);
	assert_int_equal(request->evaluate->prompt.len, 3);
	assert_memory_equal(request->evaluate->prompt.data, "a\0\xff", 3);
}

static void strings_that_cannot_be_sent_are_refused(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, "kept", 4), 0);
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, "\xff", 1), -EINVAL);
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, "a\0b", 3), -EINVAL);
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_ID, NULL, 3), -EINVAL);
	assert_int_equal(assay_request_set_text(request, ASSAY_REQUEST_PROMPT, NULL, 3), -EINVAL);
	assert_int_equal(assay_request_set_text(request, 99, "a", 1), -EINVAL);
	assert_string_equal(request->evaluate->id, "kept");
	assert_int_equal(assay_request_add_candidate(request, "\xff", "x", 1), -EINVAL);
	assert_int_equal(assay_request_add_candidate(request, "a", NULL, 1), -EINVAL);
	assert_int_equal(assay_request_n_candidates(request), 0);
}

static void candidates_are_numbered(void **state)
{
	assay_request *request = *state;
	char id[2] = {0, 0};

	for (int i = 0; i < 100; i++) {
		id[0] = (char)('!' + i % 90);
		assert_int_equal(assay_request_add_candidate(request, id, id, 1), i);
	}
	assert_int_equal(assay_request_add_candidate(request, NULL, NULL, 0), 100);
	assert_int_equal(assay_request_n_candidates(request), 101);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(request->evaluate->candidates[i]->id[0], '!' + i % 90);
		assert_int_equal(request->evaluate->candidates[i]->code.data[0], '!' + i % 90);
	}
	assert_string_equal(request->evaluate->candidates[100]->id, "");
	assert_int_equal(request->evaluate->candidates[100]->code.len, 0);
}

static void hidden_tests_add_up(void **state)
{
	assay_request *request = *state;

	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(assay_request_hide_test(request, 3 * i), 0);
	assert_int_equal(request->evaluate->n_hidden, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(request->evaluate->hidden[i], 3 * i);
}

static void how_it_is_judged_again_and_told(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_REPEAT, 7), 0);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_NO_CONTROL, 2), 0);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_FEEDBACK_FORM, 1), 0);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_FEEDBACK_FORM, 2),
			 -EINVAL);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_REPEAT, 1ull << 32),
			 -EINVAL);
	assert_int_equal(request->evaluate->repeat, 7);
	assert_int_equal(request->evaluate->no_control, 1);
	assert_int_equal(request->evaluate->feedback_form,
			 ASSAY__FEEDBACK_FORM__FEEDBACK_REFLEXION);
}

static void files_belong_to_a_candidate(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_add_file(request, 0, "n", "c", 1), -EINVAL);
	assay_request_add_candidate(request, "a", "x", 1);
	assert_int_equal(assay_request_add_file(request, 0, "n", "c", 1), 0);
	assert_int_equal(assay_request_add_file(request, 0, "o", "\0d", 2), 0);
	assert_int_equal(assay_request_add_file(request, 0, NULL, "c", 1), -EINVAL);
	assert_int_equal(assay_request_add_file(request, 0, "\xff", "c", 1), -EINVAL);
	assert_int_equal(request->evaluate->candidates[0]->n_files, 2);
	assert_string_equal(request->evaluate->candidates[0]->files[1]->name, "o");
	assert_int_equal(request->evaluate->candidates[0]->files[1]->content.len, 2);
}

static void numbers_reach_their_fields(void **state)
{
	assay_request *request = *state;
	Assay__Evaluate *evaluate = request->evaluate;
	static const enum assay_request_number all[] = {
		ASSAY_REQUEST_PROCESSES,    ASSAY_REQUEST_CPU_MS,
		ASSAY_REQUEST_WALL_MS,      ASSAY_REQUEST_MEMORY_BYTES,
		ASSAY_REQUEST_OUTPUT_BYTES, ASSAY_REQUEST_FEEDBACK_BYTES,
		ASSAY_REQUEST_DEADLINE_MS,  ASSAY_REQUEST_STOP_FIRST_FAILURE,
		ASSAY_REQUEST_NO_CACHE,     ASSAY_REQUEST_EXTRACT_LAST_FENCE,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(assay_request_set_number(request, all[i], 100 + i), 0);
	assert_int_equal(evaluate->limits->processes, 100);
	assert_int_equal(evaluate->limits->cpu_ms, 101);
	assert_int_equal(evaluate->limits->wall_ms, 102);
	assert_int_equal(evaluate->limits->memory_bytes, 103);
	assert_int_equal(evaluate->limits->output_bytes, 104);
	assert_int_equal(evaluate->feedback_bytes, 105);
	assert_int_equal(evaluate->deadline_ms, 106);
	assert_int_equal(evaluate->stop, ASSAY__STOP__STOP_FIRST_FAILURE);
	assert_true(evaluate->no_cache);
	assert_int_equal(evaluate->extract, ASSAY__EXTRACT__EXTRACT_LAST_FENCE);
}

static void numbers_out_of_range_are_refused(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_CPU_MS, UINT64_MAX), 0);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_PROCESSES, 1ULL << 32),
			 -EINVAL);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_DEADLINE_MS, 1ULL << 32),
			 -EINVAL);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_REVEAL, 3), -EINVAL);
	assert_int_equal(assay_request_set_number(request, 99, 0), -EINVAL);
}

static void wishes_for_integrity_and_reveal(void **state)
{
	assay_request *request = *state;
	Assay__Evaluate *evaluate = request->evaluate;

	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, ASSAY_SPLIT),
			 0);
	assert_int_equal(evaluate->integrity, ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SPLIT);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, ASSAY_NATIVE),
			 0);
	assert_int_equal(evaluate->integrity, ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_NATIVE);
	assert_int_equal(
		assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, ASSAY_SHARED + 1),
		-EINVAL);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, ASSAY_SHARED),
			 0);
	assert_int_equal(evaluate->integrity, ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SHARED);
	assert_int_equal(assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, 0), 0);
	assert_int_equal(evaluate->integrity, ASSAY__INTEGRITY_WISH__INTEGRITY_AUTO);
	assert_int_equal(
		assay_request_set_number(request, ASSAY_REQUEST_REVEAL, ASSAY_REVEAL_INPUTS), 0);
	assert_int_equal(evaluate->reveal, ASSAY__REVEAL__REVEAL_INPUTS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fresh_request_is_empty),
		cmocka_unit_test(a_language_that_is_not_utf8_gives_no_request),
		TEST(texts_replace_each_other),
		TEST(strings_that_cannot_be_sent_are_refused),
		TEST(candidates_are_numbered),
		TEST(hidden_tests_add_up),
		TEST(how_it_is_judged_again_and_told),
		TEST(files_belong_to_a_candidate),
		TEST(numbers_reach_their_fields),
		TEST(numbers_out_of_range_are_refused),
		TEST(wishes_for_integrity_and_reveal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
