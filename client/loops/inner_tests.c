/*
 * Tests that attempts are judged by while the task's own are kept for the end. Part of `assay loop
 * reflexion`.
 *
 * All assertions are tried together first. If they do not run (one that is no Python spoils the
 * file), each is tried by itself. Two that expect different things of the same call contradict each
 * other, and nobody knows which is right: both are dropped. They are compared as text, so 3 and 3.0
 * contradict each other, too; that loses tests, and makes no wrong ones.
 */
#include "client/loops/inner_tests.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/result_json.h"
#include "client/loops/assertions.h"

#define ALL_AT_ONCE SIZE_MAX
#define RAISED "NotImplementedError"

/* ---------------------------------------------------------------- making it */

/* Everything but what tells of the real tests. */
static json_t *without_tests(const struct task *task)
{
	static const char *const kept[] = {"language", "prompt", "entry_point", "module",
					   "limits",   "files",  "integrity"};
	json_t *record = json_pack("{ssss}", "id", task->name, "language", "python");

	for (size_t i = 0; record != NULL && i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *value = json_object_get(task->record, kept[i]);

		if (value != NULL)
			json_object_set(record, kept[i], value);
	}
	return record;
}

int inner_tests_init(struct inner_tests *tests, const struct task *task)
{
	*tests = (struct inner_tests){.record = without_tests(task),
				      .asserts = json_array(),
				      .calls = json_array(),
				      .at = ALL_AT_ONCE};
	return tests->record == NULL || tests->asserts == NULL || tests->calls == NULL ? -ENOMEM
										       : 0;
}

void inner_tests_deinit(struct inner_tests *tests)
{
	json_decref(tests->record);
	json_decref(tests->asserts);
	json_decref(tests->calls);
	*tests = (struct inner_tests){0};
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* ---------------------------------------------------------------- what the task shows */

static bool is_hidden(const json_t *hidden, size_t index)
{
	const json_t *place;
	size_t i;

	json_array_foreach(hidden, i, place)
	{
		if ((size_t)json_integer_value(place) == index)
			return true;
	}
	return false;
}

/* Tests that stand in a list, without those whose place is hidden; NULL: there are none. */
static json_t *listed_tests(const json_t *record)
{
	static const char *const lists[] = {"asserts", "calls", "stdio"};
	json_t *tests = json_copy(json_object_get(record, "tests"));
	const json_t *one;
	size_t place;

	for (size_t i = 0; tests != NULL && i < sizeof(lists) / sizeof(lists[0]); i++) {
		const json_t *list = json_object_get(tests, lists[i]);
		json_t *shown;

		if (!json_is_array(list))
			continue;
		shown = json_array();
		json_array_foreach(list, place, one)
		{
			if (!is_hidden(json_object_get(record, "hidden"), place))
				json_array_append(shown, (json_t *)one);
		}
		if (json_array_size(shown) > 0 && json_object_set(tests, lists[i], shown) == 0) {
			json_decref(shown);
			return tests;
		}
		json_decref(shown);
	}
	json_decref(tests);
	return NULL;
}

/* MBPP shows its tests with the task. */
static json_t *mbpp_tests(const json_t *record)
{
	json_t *list = json_object_get(record, "test_list");
	const char *setup = text_at(record, "test_setup_code");

	if (json_array_size(list) == 0)
		return NULL;
	return json_pack("{sOss}", "asserts", list, "setup", setup);
}

/* A line of an example, without what is before it; the next one is *rest. NULL: the example ends.
 */
static const char *example_line(const char *at, size_t *len, const char **rest)
{
	at += strspn(at, " \t");
	*len = strcspn(at, "\n");
	*rest = at + *len + (at[*len] != '\0');
	if (*len == 0 || strncmp(at, ">>>", 3) == 0 || strncmp(at, "\"\"\"", 3) == 0 ||
	    strncmp(at, "'''", 3) == 0)
		return NULL;
	return at;
}

/* ">>> CALL", then lines with what it gives: none is None, unless the line itself compares.
 * Parentheses and line ends let both have comments. */
static int add_example(json_t *asserts, const char *call, size_t call_len, const char *at)
{
	char *text = NULL;
	size_t len, size;
	FILE *out = open_memstream(&text, &size);
	const char *line, *rest;
	bool has_value = false;
	int err;

	if (out == NULL)
		return -ENOMEM;
	fprintf(out, "assert (%.*s\n)", (int)call_len, call);
	while ((line = example_line(at, &len, &rest)) != NULL) {
		fprintf(out, "%s%.*s\n", has_value ? "" : " == (", (int)len, line);
		has_value = true;
		at = rest;
	}
	if (has_value)
		fputs(")", out);
	else if (memmem(call, call_len, " == ", 4) == NULL)
		fputs(" is None", out);
	err = fclose(out) == 0 && json_array_append_new(asserts, json_string(text)) == 0 ? 0
											 : -ENOMEM;
	free(text);
	return err;
}

static int find_examples(const char *prompt, json_t *asserts)
{
	const char *at = prompt;
	int err = 0;

	while (err == 0 && (at = strstr(at, ">>> ")) != NULL) {
		const char *call = at + strlen(">>> ");
		const size_t len = strcspn(call, "\n");

		at = call + len + (call[len] != '\0');
		err = add_example(asserts, call, len, at);
	}
	return err;
}

int inner_tests_take_visible(struct inner_tests *tests, const struct task *task)
{
	json_t *shown = listed_tests(task->record);

	if (shown == NULL)
		shown = mbpp_tests(task->record);
	if (shown != NULL)
		return json_object_set_new(tests->record, "tests", shown) < 0 ? -ENOMEM : 0;
	if (strcmp(text_at(tests->record, "language"), "python") != 0)
		return 0;
	return find_examples(text_at(tests->record, "prompt"), tests->asserts);
}

int inner_tests_take_answer(struct inner_tests *tests, const char *text, size_t max)
{
	if (strcmp(text_at(tests->record, "language"), "python") != 0)
		return 0;
	return assertions_find(text, text_at(tests->record, "entry_point"), max, tests->asserts);
}

/* ---------------------------------------------------------------- which can be used */

/* The function that the first assertion calls, for tasks that do not name it. */
static int name_entry_point(struct inner_tests *tests)
{
	const char *text = json_string_value(json_array_get(tests->asserts, 0));
	size_t len = 0;

	if (text_at(tests->record, "entry_point")[0] != '\0' || text == NULL)
		return 0;
	text += strlen("assert");
	text += strspn(text, " (\n");
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	if (len == 0 || text[len] != '(')
		return 0;
	return json_object_set_new(tests->record, "entry_point", json_stringn(text, len)) < 0
		       ? -ENOMEM
		       : 0;
}

static int make_check(const struct inner_tests *tests, json_t **record, char **code)
{
	json_t *asserts = tests->at == ALL_AT_ONCE
				  ? json_incref(tests->asserts)
				  : json_pack("[O]", json_array_get(tests->asserts, tests->at));
	json_t *check = json_copy(tests->record);

	if (json_object_set_new(check, "tests", json_pack("{so}", "asserts", asserts)) < 0 ||
	    asprintf(code, "def %s(*arguments, **named):\n    raise " RAISED "\n",
		     text_at(tests->record, "entry_point")) < 0) {
		json_decref(check);
		return -ENOMEM;
	}
	*record = check;
	return 0;
}

int inner_tests_take_result(struct inner_tests *tests, const assay_result *result)
{
	const size_t n = assay_result_number(result, ASSAY_RESULT_N_TESTS);
	const size_t wanted = tests->at == ALL_AT_ONCE ? json_array_size(tests->asserts) : 1;
	int err = 0;

	if (n != wanted)
		return 0; /* it cannot be used; or they cannot together, and follow one by one */
	for (size_t i = 0; i < wanted && err == 0; i++) {
		size_t len;
		const char *type = assay_result_test_text(result, i, ASSAY_TEST_ERROR_TYPE, NULL);
		const char *call = assay_result_test_text(result, i, ASSAY_TEST_CALL, &len);

		if (strcmp(type, RAISED) == 0)
			err = json_array_set_new(tests->calls,
						 tests->at == ALL_AT_ONCE ? i : tests->at,
						 json_from_bytes(call, len));
	}
	tests->are_known |= tests->at == ALL_AT_ONCE;
	return err < 0 ? -ENOMEM : 0;
}

/* What it says that its call equals; NULL: something else is asserted. */
static const char *expectation(const struct inner_tests *tests, size_t index)
{
	const char *text = json_string_value(json_array_get(tests->asserts, index));
	const char *call = json_string_value(json_array_get(tests->calls, index));
	const char *found = call != NULL && call[0] != '\0' ? strstr(text, call) : NULL;

	if (found == NULL)
		return NULL;
	found += strlen(call);
	found += strspn(found, " \n\t)");
	return strncmp(found, "==", 2) == 0 ? found : NULL;
}

/* Whether another says otherwise of the same call, or an earlier one the same. */
static bool is_contradicted(const struct inner_tests *tests, size_t index)
{
	const char *wanted = expectation(tests, index);

	for (size_t i = 0; wanted != NULL && i < json_array_size(tests->asserts); i++) {
		const char *other = i != index ? expectation(tests, i) : NULL;

		if (other == NULL || !json_equal(json_array_get(tests->calls, i),
						 json_array_get(tests->calls, index)))
			continue;
		if (strcmp(other, wanted) != 0 || i < index)
			return true;
	}
	return false;
}

static int settle(struct inner_tests *tests)
{
	json_t *good = json_array();
	json_t *text;
	size_t i;
	int err = good == NULL ? -1 : 0;

	json_array_foreach(tests->asserts, i, text)
	{
		if (err == 0 && json_is_string(json_array_get(tests->calls, i)) &&
		    !is_contradicted(tests, i))
			err = json_array_append(good, text);
	}
	if (err == 0 && json_array_size(good) > 0)
		err = json_object_set_new(tests->record, "tests",
					  json_pack("{sO}", "asserts", good));
	json_decref(good);
	return err < 0 ? -ENOMEM : 0;
}

/* Before the first check. */
static int begin(struct inner_tests *tests)
{
	int err = name_entry_point(tests);

	for (size_t i = 0; err == 0 && i < json_array_size(tests->asserts); i++)
		err = json_array_append_new(tests->calls, json_null()) < 0 ? -ENOMEM : 0;
	tests->were_tried = true;
	return err;
}

bool inner_tests_next(struct inner_tests *tests, json_t **record, char **code)
{
	const size_t n = json_array_size(tests->asserts);

	*record = NULL;
	if (!tests->were_tried) {
		if (begin(tests) < 0)
			return true;
	} else {
		tests->at = tests->at == ALL_AT_ONCE ? 0 : tests->at + 1;
	}
	if (n > 0 && !tests->are_known && (tests->at == ALL_AT_ONCE || tests->at < n))
		return make_check(tests, record, code) <= 0;
	return settle(tests) < 0;
}

bool inner_tests_are_there(const struct inner_tests *tests)
{
	return json_object_get(tests->record, "tests") != NULL;
}
