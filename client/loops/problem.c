/*
 * Problems that a model proposes. Part of `assay loop selfplay`.
 *
 * A proposal is worth nothing unless its own solution passes its tests, time and again, and unless
 * the tests ask for something: that they fail a function that gives always the same, or back what
 * it got, is the least.
 */
#include "client/loops/problem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/python_source.h"
#include "client/loops/assertions.h"
#include "client/loops/engine.h"

#define N_BLOCKS 3
#define REPEATS 3

static const char propose[] =
	"You write programming problems for Python. Give three blocks of code, each between ``` "
	"lines: first the signature of one function with a docstring that says what it does, and "
	"no "
	"solution; then a whole solution with that function; then at least five assertions about "
	"it, which a wrong solution does not pass.";
static const char solve[] =
	"You are a programmer. Write the whole solution, with all imports that it needs, in one "
	"block of code between ``` lines. Explain nothing.";

/* Bodies that look at nothing. */
static const char *const empty_bodies[] = {
	"return None", "return True", "return False", "return 0",
	"return ''",   "return []",   "return 1",     "return (*arguments, *named.values())[0]",
};
#define N_EMPTY (sizeof(empty_bodies) / sizeof(empty_bodies[0]))

/* ---------------------------------------------------------------- questions */

static json_t *question(const char *instruction, const char *content)
{
	json_t *messages = json_array();

	if (engine_add_message(messages, "system", instruction) == 0 &&
	    engine_add_message(messages, "user", content) == 0)
		return messages;
	json_decref(messages);
	return NULL;
}

json_t *problem_question(const char *example)
{
	json_t *messages;
	char *content;

	if (asprintf(&content,
		     "This is an example of a first block:\n\n%s\n\nPropose another problem: "
		     "something else is to be computed, and it is not easier.",
		     example) < 0)
		return NULL;
	messages = question(propose, content);
	free(content);
	return messages;
}

json_t *problem_to_solve(const json_t *problem)
{
	return question(solve, json_string_value(json_object_get(problem, "prompt")));
}

/* ---------------------------------------------------------------- a proposal */

/* The next fenced block at or behind *at, which moves behind it. NULL: there is none. */
static const char *next_block(const char **at, size_t *len)
{
	const char *start = strstr(*at, "```"), *end;

	if (start == NULL)
		return NULL;
	start = strchr(start, '\n'); /* behind the language's name */
	if (start == NULL)
		return NULL;
	end = strstr(++start, "\n```");
	if (end == NULL)
		return NULL;
	*len = (size_t)(end + 1 - start);
	*at = end + strlen("\n```");
	return start;
}

/* The last function that begins at the left margin: helpers stand before it. */
static json_t *entry_point_of(const char *source)
{
	struct statement_cursor cursor;
	struct statement statement;
	json_t *found = NULL;

	statement_begin(&cursor, source, strlen(source));
	while (statement_next(&cursor, &statement)) {
		const char *name;
		size_t len = statement.indent == 0 ? statement_def_name(&statement, &name) : 0;

		if (len == 0)
			continue;
		json_decref(found);
		found = json_stringn(name, len);
	}
	return found;
}

static const char *read_blocks(json_t *problem, const char *text, json_t *asserts, size_t tests_min)
{
	static const char *const keys[N_BLOCKS] = {"prompt", "reference", "tests"};
	json_t *entry_point;

	for (size_t i = 0; i < N_BLOCKS; i++) {
		size_t len;
		const char *block = next_block(&text, &len);

		if (block == NULL)
			return "it has no three blocks of code";
		json_object_set_new(problem, keys[i], json_stringn(block, len));
		if (!json_is_string(json_object_get(problem, keys[i])))
			return "it is no text";
	}
	entry_point = entry_point_of(json_string_value(json_object_get(problem, "prompt")));
	if (entry_point == NULL)
		return "it names no function";
	json_object_set_new(problem, "entry_point", entry_point);
	assertions_find(json_string_value(json_object_get(problem, "tests")),
			json_string_value(entry_point), PROBLEM_TESTS_MAX, asserts);
	json_object_del(problem, "tests");
	return json_array_size(asserts) < tests_min ? "it has too few tests" : NULL;
}

json_t *problem_from_text(const char *id, const char *text, size_t tests_min)
{
	json_t *asserts = json_array();
	json_t *problem = json_pack("{sssO}", "id", id, "asserts", asserts);
	const char *why;

	json_decref(asserts);
	if (problem == NULL)
		return NULL;
	why = read_blocks(problem, text, asserts, tests_min);
	if (why != NULL)
		json_object_set_new(problem, "why", json_string(why));
	return problem;
}

json_t *problem_to_task(const json_t *problem)
{
	return json_pack("{sOsssOsOs{sO}sOss}", "id", json_object_get(problem, "id"), "language",
			 "python", "prompt", json_object_get(problem, "prompt"), "entry_point",
			 json_object_get(problem, "entry_point"), "tests", "asserts",
			 json_object_get(problem, "asserts"), "reference",
			 json_object_get(problem, "reference"), "extract", "last_fence");
}

/* ---------------------------------------------------------------- its proof */

static int add_empty(const char *entry_point, const char *body, assay_request *request)
{
	char *code;
	int err;

	if (asprintf(&code, "def %s(*arguments, **named):\n    %s\n", entry_point, body) < 0)
		return -ENOMEM;
	err = assay_request_add_candidate(request, NULL, code, strlen(code));
	free(code);
	return err;
}

int problem_add_proof(const json_t *problem, assay_request *request)
{
	const json_t *reference = json_object_get(problem, "reference");
	const char *entry_point = json_string_value(json_object_get(problem, "entry_point"));
	int err = assay_request_set_number(request, ASSAY_REQUEST_EXTRACT_LAST_FENCE, 0);

	if (err == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_REPEAT, REPEATS);
	if (err == 0)
		err = assay_request_add_candidate(request, NULL, json_string_value(reference),
						  json_string_length(reference));
	for (size_t i = 0; i < N_EMPTY && err >= 0; i++)
		err = add_empty(entry_point, empty_bodies[i], request);
	return err < 0 ? err : 0;
}

const char *problem_objection(const assay_result *result)
{
	bool is_reference = assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX) == 0;
	bool has_passed = assay_result_verdict(result) == ASSAY_PASSED;

	if (!is_reference)
		return has_passed ? "its tests ask for nothing" : NULL;
	if (assay_result_verdict(result) == ASSAY_BAD_TASK)
		return "its tests do not run";
	if (assay_result_number(result, ASSAY_RESULT_REPEATS_AGREE) == 0)
		return "its solution does not always do the same";
	if (!has_passed)
		return "its solution does not pass its tests";
	return assay_result_integrity(result) == ASSAY_SHARED
		       ? "its tests cannot be apart from a solution"
		       : NULL;
}
