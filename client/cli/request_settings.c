/*
 * How a task wants to be judged and told: the words and numbers beside its tests. Runs in `assay`.
 *
 * One table of fields; words become the numbers of libassay here, ranges are checked by libassay
 * and by the daemon.
 */
#include "client/cli/request_settings.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/cli/request_field.h"

struct word {
	const char *word;
	uint64_t value;
};
static const struct word integrity_words[] = {
	{"auto", ASSAY_INTEGRITY_UNKNOWN},
	{"native", ASSAY_NATIVE},
	{"split", ASSAY_SPLIT},
	{"shared", ASSAY_SHARED},
	{NULL, 0},
};
static const struct word stop_words[] = {{"all", 0}, {"first_failure", 1}, {NULL, 0}};
static const struct word reveal_words[] = {
	{"full", ASSAY_REVEAL_FULL},
	{"inputs", ASSAY_REVEAL_INPUTS},
	{"none", ASSAY_REVEAL_NONE},
	{NULL, 0},
};
static const struct word extract_words[] = {{"nothing", 0}, {"last_fence", 1}, {NULL, 0}};

static const struct word form_words[] = {
	{"plain", ASSAY_FEEDBACK_PLAIN},
	{"reflexion", ASSAY_FEEDBACK_REFLEXION},
	{NULL, 0},
};

static const struct setting {
	const char *field;
	enum assay_request_number number;
	const struct word *words; /* NULL: a whole number; true and false count as 1 and 0 */
	bool is_denial;           /* true and false; the number says that it is not wanted */
} setting_table[] = {
	{"integrity", ASSAY_REQUEST_INTEGRITY, integrity_words, false},
	{"stop", ASSAY_REQUEST_STOP_FIRST_FAILURE, stop_words, false},
	{"reveal", ASSAY_REQUEST_REVEAL, reveal_words, false},
	{"extract", ASSAY_REQUEST_EXTRACT_LAST_FENCE, extract_words, false},
	{"feedback_form", ASSAY_REQUEST_FEEDBACK_FORM, form_words, false},
	{"feedback_bytes", ASSAY_REQUEST_FEEDBACK_BYTES, NULL, false},
	{"deadline_ms", ASSAY_REQUEST_DEADLINE_MS, NULL, false},
	{"repeat", ASSAY_REQUEST_REPEAT, NULL, false},
	{"no_cache", ASSAY_REQUEST_NO_CACHE, NULL, false},
	{"control", ASSAY_REQUEST_NO_CONTROL, NULL, true},
};

static int read_word(const json_t *value, const char *field, const struct word *words,
		     uint64_t *number, struct request_error *error)
{
	const char *text = json_string_value(value);
	char names[128] = "";
	size_t len = 0;

	for (; words->word != NULL; words++) {
		if (text != NULL && strcmp(text, words->word) == 0) {
			*number = words->value;
			return 0;
		}
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s\"%s\"",
					len > 0 ? ", " : "", words->word);
	}
	if (text == NULL)
		return field_wrong_type(error, field, names, value);
	return field_error(error, field, "must be one of %s, not \"%.40s\"", names, text);
}

static int read_setting(const json_t *value, const struct setting *setting, uint64_t *number,
			struct request_error *error)
{
	if (setting->words != NULL)
		return read_word(value, setting->field, setting->words, number, error);
	if (setting->is_denial) {
		*number = json_is_false(value);
		return json_is_boolean(value)
			       ? 0
			       : field_wrong_type(error, setting->field, "true or false", value);
	}
	if (json_is_boolean(value))
		*number = json_is_true(value);
	else if (json_is_integer(value) && json_integer_value(value) >= 0)
		*number = (uint64_t)json_integer_value(value);
	else
		return field_wrong_type(error, setting->field, "a whole number of at least 0",
					value);
	return 0;
}

/* "hidden": places of tests of which nothing is told. */
static int hide_tests(const json_t *task, assay_request *request, struct request_error *error)
{
	json_t *hidden = json_object_get(task, "hidden"), *place;
	size_t position;
	char field[32];

	if (hidden == NULL || json_is_null(hidden))
		return 0;
	if (!json_is_array(hidden))
		return field_wrong_type(error, "hidden", "a list of whole numbers", hidden);
	json_array_foreach(hidden, position, place)
	{
		int err;

		snprintf(field, sizeof(field), "hidden[%zu]", position);
		if (!json_is_integer(place) || json_integer_value(place) < 0 ||
		    json_integer_value(place) > UINT32_MAX)
			return field_wrong_type(error, field, "a whole number of at least 0",
						place);
		err = assay_request_hide_test(request, (uint32_t)json_integer_value(place));
		if (err < 0)
			return err;
	}
	return 0;
}

int request_settings_from_json(const json_t *task, assay_request *request,
			       struct request_error *error)
{
	for (size_t i = 0; i < sizeof(setting_table) / sizeof(setting_table[0]); i++) {
		const struct setting *setting = &setting_table[i];
		json_t *value = json_object_get(task, setting->field);
		uint64_t number = 0;
		int err;

		if (value == NULL || json_is_null(value))
			continue;
		err = read_setting(value, setting, &number, error);
		if (err < 0)
			return err;
		err = assay_request_set_number(request, setting->number, number);
		if (err < 0)
			return field_error(error, setting->field, "cannot be used: %s",
					   strerror(-err));
	}
	return hide_tests(task, request, error);
}
