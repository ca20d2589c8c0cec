/*
 * Tasks in JSON: every field arrives where it belongs, every refusal names its field.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/request_json.h"
#include "client/lib/request.h"

static int read_task(const char *text, const struct request_options *options,
		     assay_request **request, struct request_error *error)
{
	static const struct request_options no_options = {.default_id = "line 1"};
	json_t *task = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	int err;

	assert_non_null(task);
	err = request_from_json(task, options != NULL ? options : &no_options, request, error);
	json_decref(task);
	return err;
}

static void expect_bytes(const ProtobufCBinaryData *bytes, const char *text)
{
	assert_int_equal(bytes->len, strlen(text));
	assert_memory_equal(bytes->data, text, bytes->len);
}

static void every_field_arrives(void **state)
{
	static const char text[] =
		"{\"id\": \"T/0\", \"language\": \"python\", \"prompt\": \"p\", \"entry_point\": "
		"\"f\","
		" \"module\": \"m\", \"tests\": {\"check\": \"c\"}, \"note\": [1],"
		" \"candidates\": [{\"id\": \"a\", \"code\": \"x\\u0000y\", \"files\": {\"n\": "
		"\"t\"}},"
		"                  {\"code\": \"\"}, {\"id\": 7, \"code\": \"z\"}],"
		" \"limits\": {\"cpu_ms\": 1, \"wall_ms\": 2, \"memory_bytes\": 3, "
		"\"output_bytes\": 4,"
		"              \"processes\": 5, \"test_ms\": 9},"
		" \"integrity\": \"shared\", \"stop\": \"first_failure\", \"reveal\": \"none\","
		" \"extract\": \"last_fence\", \"feedback_bytes\": 6, \"deadline_ms\": 7,"
		" \"no_cache\": true, \"hidden\": [4, 2], \"repeat\": 8, \"control\": false,"
		" \"feedback_form\": \"reflexion\"}";
	struct request_error error;
	assay_request *request;
	const Assay__Evaluate *evaluate;

	(void)state;
	assert_int_equal(read_task(text, NULL, &request, &error), 0);
	evaluate = request->evaluate;
	assert_string_equal(evaluate->id, "T/0");
	assert_string_equal(evaluate->language, "python");
	expect_bytes(&evaluate->prompt, "p");
	assert_string_equal(evaluate->entry_point, "f");
	assert_string_equal(evaluate->module, "m");
	assert_int_equal(evaluate->n_candidates, 3);
	assert_string_equal(evaluate->candidates[0]->id, "a");
	assert_int_equal(evaluate->candidates[0]->code.len, 3);
	assert_memory_equal(evaluate->candidates[0]->code.data, "x\0y", 3);
	assert_string_equal(evaluate->candidates[0]->files[0]->name, "n");
	expect_bytes(&evaluate->candidates[0]->files[0]->content, "t");
	assert_string_equal(evaluate->candidates[1]->id, "1");
	assert_string_equal(evaluate->candidates[2]->id, "7");
	assert_int_equal(evaluate->limits->cpu_ms, 1);
	assert_int_equal(evaluate->limits->wall_ms, 2);
	assert_int_equal(evaluate->limits->memory_bytes, 3);
	assert_int_equal(evaluate->limits->output_bytes, 4);
	assert_int_equal(evaluate->limits->processes, 5);
	assert_int_equal(evaluate->limits->test_ms, 9);
	assert_int_equal(evaluate->integrity, ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SHARED);
	assert_int_equal(evaluate->stop, ASSAY__STOP__STOP_FIRST_FAILURE);
	assert_int_equal(evaluate->reveal, ASSAY__REVEAL__REVEAL_NONE);
	assert_int_equal(evaluate->extract, ASSAY__EXTRACT__EXTRACT_LAST_FENCE);
	assert_int_equal(evaluate->feedback_bytes, 6);
	assert_int_equal(evaluate->deadline_ms, 7);
	assert_true(evaluate->no_cache);
	assert_int_equal(evaluate->n_hidden, 2);
	assert_int_equal(evaluate->hidden[0], 4);
	assert_int_equal(evaluate->hidden[1], 2);
	assert_int_equal(evaluate->repeat, 8);
	assert_true(evaluate->no_control);
	assert_int_equal(evaluate->feedback_form, ASSAY__FEEDBACK_FORM__FEEDBACK_REFLEXION);
	assay_request_free(request);
}

#define TASK(rest) "{\"language\": \"python\", \"tests\": {\"check\": \"c\"}" rest "}"
#define CODE ", \"candidates\": [{\"code\": \"x\"}]"

static void words_become_numbers(void **state)
{
	struct request_error error;
	assay_request *request;

	(void)state;
	assert_int_equal(read_task(TASK(CODE ", \"integrity\": \"split\", \"reveal\": \"inputs\""),
				   NULL, &request, &error),
			 0);
	assert_int_equal(request->evaluate->integrity, ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SPLIT);
	assert_int_equal(request->evaluate->reveal, ASSAY__REVEAL__REVEAL_INPUTS);
	assay_request_free(request);
	assert_int_equal(
		read_task(TASK(CODE ", \"integrity\": \"auto\", \"stop\": \"all\", \"id\": null,"
				    " \"control\": true, \"hidden\": null"),
			  NULL, &request, &error),
		0);
	assert_int_equal(request->evaluate->integrity, 0);
	assert_int_equal(request->evaluate->stop, 0);
	assert_false(request->evaluate->no_control);
	assert_int_equal(request->evaluate->n_hidden, 0);
	assert_string_equal(request->evaluate->id, "line 1");
	assay_request_free(request);
}

static void refusals_name_the_field(void **state)
{
	static const struct {
		const char *task, *field, *message;
	} cases[] = {
		{"[]", "", "a task must be a JSON object, not an empty list"},
		{"{}", "language", "language is missing"},
		{"{\"language\": 3}", "language",
		 "language must be a name such as \"python\", not a number"},
		{"{\"language\": \"\"}", "language",
		 "language must be a name such as \"python\", not an empty string"},
		{"{\"language\": \"python\"}", "tests", "tests is missing"},
		{TASK(""), "candidates", "candidates is missing"},
		{TASK(CODE ", \"control\": 1"), "control",
		 "control must be true or false, not a number"},
		{TASK(CODE ", \"hidden\": 1"), "hidden",
		 "hidden must be a list of whole numbers, not a number"},
		{TASK(CODE ", \"hidden\": [1, -1]"), "hidden[1]",
		 "hidden[1] must be a whole number of at least 0, not a negative number"},
		{TASK(CODE ", \"feedback_form\": \"x\""), "feedback_form",
		 "feedback_form must be one of \"plain\", \"reflexion\", not \"x\""},
		{TASK(", \"candidates\": []"), "candidates",
		 "candidates must be a list of at least one object with \"code\", not an empty "
		 "list"},
		{TASK(", \"candidates\": [{\"code\": \"\"}, \"x\"]"), "candidates[1]",
		 "candidates[1] must be an object with \"code\", not a string"},
		{TASK(", \"candidates\": [{}]"), "candidates[0].code",
		 "candidates[0].code is missing"},
		{TASK(", \"candidates\": [{\"code\": null}]"), "candidates[0].code",
		 "candidates[0].code must be a string, not null"},
		{TASK(", \"candidates\": [{\"id\": 1.5, \"code\": \"\"}]"), "candidates[0].id",
		 "candidates[0].id must be a string, not a number with a fraction"},
		{TASK(", \"candidates\": [{\"code\": \"\", \"files\": []}]"), "candidates[0].files",
		 "candidates[0].files must be an object of names and texts, not an empty list"},
		{TASK(", \"candidates\": [{\"code\": \"\", \"files\": {\"a\": 1}}]"),
		 "candidates[0].files.a", "candidates[0].files.a must be a string, not a number"},
		{TASK(CODE ", \"id\": []"), "id", "id must be a string, not an empty list"},
		{TASK(CODE ", \"prompt\": 1"), "prompt", "prompt must be a string, not a number"},
		{TASK(CODE ", \"limits\": 5"), "limits", "limits must be an object, not a number"},
		{TASK(CODE ", \"limits\": {\"cpu\": 5}"), "limits.cpu",
		 "limits.cpu is not known; one of cpu_ms, wall_ms, memory_bytes, output_bytes, "
		 "processes, test_ms"},
		{TASK(CODE ", \"limits\": {\"cpu_ms\": -5}"), "limits.cpu_ms",
		 "limits.cpu_ms must be a whole number of at least 0, not a negative number"},
		{TASK(CODE ", \"stop\": \"never\""), "stop",
		 "stop must be one of \"all\", \"first_failure\", not \"never\""},
		{TASK(CODE ", \"reveal\": 1"), "reveal",
		 "reveal must be \"full\", \"inputs\", \"none\", not a number"},
		{TASK(CODE ", \"feedback_bytes\": \"1\""), "feedback_bytes",
		 "feedback_bytes must be a whole number of at least 0, not a string"},
		{TASK(CODE ", \"suites\": []"), "suites",
		 "suites and \"tests\" are not both possible"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request_error error;
		assay_request *request = NULL;

		assert_int_equal(read_task(cases[i].task, NULL, &request, &error), -EINVAL);
		assert_null(request);
		assert_string_equal(error.field, cases[i].field);
		assert_string_equal(error.message, cases[i].message);
	}
}

static bool skip_b(void *owner, const char *id, const char *candidate, const char *suite)
{
	*(int *)owner += 1;
	assert_null(suite);
	assert_string_equal(id, "T");
	return strcmp(candidate, "b") == 0;
}

static void suites_have_tests_of_their_own(void **state)
{
#define SUITES(suites) \
	"{\"language\": \"python\", \"candidates\": [{\"code\": \"\"}], \"suites\": " suites "}"
	static const struct {
		const char *task, *message;
	} refused[] = {
		{SUITES("[]"),
		 "suites must be a list of at least one object with \"tests\", not an "
		 "empty list"},
		{SUITES("[1]"), "suites must be a list of objects with \"tests\""},
		{SUITES("[{\"tests\": {\"check\": 1}}]"),
		 "suites[0].tests.check must be a string, not a number"},
		{SUITES("[{\"tests\": {\"answer\": \"1\"}}]"),
		 "suites cannot have tests of kind \"answer\""},
	};
	struct request_error error;
	assay_request *request = NULL;
	Assay__Suite *const *suites;

	(void)state;
	assert_int_equal(read_task(SUITES("[{\"id\": \"s\", \"tests\": {\"asserts\": [\"a\", "
					  "\"b\"]}}, {\"tests\": {\"program\": \"p\"}}]"),
				   NULL, &request, &error),
			 0);
	suites = request->evaluate->suites;
	assert_int_equal(assay_request_n_suites(request), 2);
	assert_string_equal(suites[0]->id, "s");
	assert_int_equal(suites[0]->asserts->n_asserts, 2);
	expect_bytes(&suites[0]->asserts->asserts[1], "b");
	assert_string_equal(suites[1]->id, "1");
	expect_bytes(&suites[1]->program->source, "p");
	assay_request_free(request);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(read_task(refused[i].task, NULL, &request, &error), -EINVAL);
		assert_string_equal(error.message, refused[i].message);
	}
}

static void skipped_candidates_are_left_out(void **state)
{
	int n_asked = 0;
	const struct request_options options = {
		.default_id = "", .skip = skip_b, .owner = &n_asked};
	struct request_error error;
	assay_request *request;

	(void)state;
	assert_int_equal(
		read_task(TASK(", \"id\": \"T\", \"candidates\": [{\"id\": \"a\", \"code\": \"1\"},"
			       " {\"id\": \"b\", \"code\": \"2\"}, {\"id\": \"c\", \"code\": "
			       "\"3\"}]"),
			  &options, &request, &error),
		0);
	assert_int_equal(n_asked, 3);
	assert_int_equal(assay_request_n_candidates(request), 2);
	assert_string_equal(request->evaluate->candidates[1]->id, "c");
	assay_request_free(request);
}

static void limits_of_the_command_line_win(void **state)
{
	struct request_options options = {.default_id = ""};
	struct request_error error;
	assay_request *request;
	char message[128];

	(void)state;
	assert_int_equal(request_limits_parse("cpu_ms=100,processes=3", &options.wishes.limits,
					      message, sizeof(message)),
			 0);
	assert_int_equal(read_task(TASK(CODE ", \"limits\": {\"cpu_ms\": 7, \"wall_ms\": 8}"),
				   &options, &request, &error),
			 0);
	assert_int_equal(request->evaluate->limits->cpu_ms, 100);
	assert_int_equal(request->evaluate->limits->wall_ms, 8);
	assert_int_equal(request->evaluate->limits->processes, 3);
	assay_request_free(request);
}

static void wrong_limits_are_told(void **state)
{
	static const char *const wrong[] = {
		"",          "cpu_ms",    "cpu_ms=",   "cpu_ms=x",
		"cpu_ms=1x", "cpu_ms=-1", "cpu_ms=0",  "cpu_ms=1,",
		"cpu=1",     "=1",        "cpu_ms= 1", "cpu_ms=99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct request_limits limits = {{0}};
		char message[128] = "";

		assert_int_equal(request_limits_parse(wrong[i], &limits, message, sizeof(message)),
				 -EINVAL);
		assert_string_not_equal(message, "");
	}
}

static void ids_are_found_for_messages(void **state)
{
	json_t *task = json_pack("{si}", "id", 12);
	char buf[32];

	(void)state;
	assert_string_equal(request_json_id(task, buf, sizeof(buf)), "12");
	json_object_set_new(task, "id", json_string("x"));
	assert_string_equal(request_json_id(task, buf, sizeof(buf)), "x");
	json_object_set_new(task, "id", json_true());
	assert_null(request_json_id(task, buf, sizeof(buf)));
	json_decref(task);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_arrives),
		cmocka_unit_test(words_become_numbers),
		cmocka_unit_test(refusals_name_the_field),
		cmocka_unit_test(suites_have_tests_of_their_own),
		cmocka_unit_test(skipped_candidates_are_left_out),
		cmocka_unit_test(limits_of_the_command_line_win),
		cmocka_unit_test(wrong_limits_are_told),
		cmocka_unit_test(ids_are_found_for_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
