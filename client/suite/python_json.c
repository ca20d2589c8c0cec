/*
 * JSON in the manner of Python's json module. Part of the command line `assay`, used for sample
 * files.
 *
 * Samples carry extra keys that belong to their owner and must come back unchanged, among them
 * log-probabilities (-Infinity), 64-bit hashes and larger, and completions cut in the middle of a
 * surrogate pair. A usual JSON library refuses each of these; so this is a reader that turns text
 * into the text that json.dumps() would write, without building values in between.
 *
 * One difference is known: a key that stands twice in an object below the top one is kept twice
 * (Python keeps the last).
 */
#include "client/suite/python_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/suite/python_text.h"

#define DEPTH_MAX 500

struct reader {
	const char *at, *end;
	FILE *out;
	const char *problem;
	int depth;
};

static bool refuse(struct reader *reader, const char *problem)
{
	if (!reader->problem)
		reader->problem = problem;
	return false;
}

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at && strchr(" \t\r\n", *reader->at))
		reader->at++;
}

static bool next_is(struct reader *reader, char expected)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != expected)
		return false;
	reader->at++;
	return true;
}

static bool read_hex4(struct reader *reader, uint32_t *unit)
{
	uint32_t value = 0;
	if (reader->end - reader->at < 4)
		return refuse(reader, "invalid \\uXXXX escape");
	for (int digit = 0; digit < 4; digit++) {
		char letter = *reader->at++;
		const char *digits = "0123456789abcdef";
		char lower = letter >= 'A' && letter <= 'F' ? (char)(letter + 32) : letter;
		const char *found = lower ? strchr(digits, lower) : NULL;
		if (!found)
			return refuse(reader, "invalid \\uXXXX escape");
		value = value * 16 + (uint32_t)(found - digits);
	}
	*unit = value;
	return true;
}

static bool read_escape(struct reader *reader)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	if (reader->at == reader->end)
		return refuse(reader, "unterminated string");
	char letter = *reader->at++;
	uint32_t unit;
	if (letter == 'u') {
		if (!read_hex4(reader, &unit))
			return false;
	} else {
		const char *found = letter ? strchr(letters, letter) : NULL;
		if (!found)
			return refuse(reader, "invalid \\ escape");
		unit = (unsigned char)meanings[found - letters];
	}
	python_text_escape(reader->out, unit);
	return true;
}

/* After the opening quote. */
static bool read_string(struct reader *reader)
{
	fputc('"', reader->out);
	while (reader->at < reader->end) {
		unsigned char byte = (unsigned char)*reader->at;
		if (byte == '"') {
			reader->at++;
			fputc('"', reader->out);
			return true;
		}
		if (byte < 0x20)
			return refuse(reader, "control character in a string");
		if (byte == '\\') {
			reader->at++;
			if (!read_escape(reader))
				return false;
			continue;
		}
		uint32_t code_point;
		size_t used = python_text_decode(reader->at, (size_t)(reader->end - reader->at),
						 &code_point);
		if (used == 0 || (code_point >= 0xd800 && code_point < 0xe000))
			return refuse(reader, "not UTF-8");
		reader->at += used;
		python_text_escape(reader->out, code_point);
	}
	return refuse(reader, "unterminated string");
}

static size_t skip_digits(struct reader *reader)
{
	const char *start = reader->at;
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return (size_t)(reader->at - start);
}

/* A fraction and an exponent, each only if it is complete, as Python's scanner does it. */
static bool skip_fraction(struct reader *reader)
{
	bool is_float = false;
	const char *mark = reader->at;
	if (reader->at < reader->end && *reader->at == '.') {
		reader->at++;
		is_float = skip_digits(reader) > 0;
		if (!is_float)
			reader->at = mark;
	}
	mark = reader->at;
	if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E')) {
		reader->at++;
		if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-'))
			reader->at++;
		if (skip_digits(reader) > 0)
			is_float = true;
		else
			reader->at = mark;
	}
	return is_float;
}

static bool read_number(struct reader *reader)
{
	const char *start = reader->at;
	if (*reader->at == '-')
		reader->at++;
	const char *first = reader->at;
	if (first < reader->end && *first == '0')
		reader->at++;
	else if (skip_digits(reader) == 0)
		return refuse(reader, "expecting a value");
	bool is_float = skip_fraction(reader);
	size_t len = (size_t)(reader->at - start);
	if (is_float) {
		char *text = strndup(start, len);
		if (!text)
			return refuse(reader, "not enough memory");
		python_text_float(reader->out, strtod(text, NULL));
		free(text);
	} else if (len == 2 && memcmp(start, "-0", 2) == 0) {
		fputc('0', reader->out);
	} else {
		fwrite(start, 1, len, reader->out);
	}
	return true;
}

static bool read_word(struct reader *reader)
{
	static const char *const words[] = {"null", "true",     "false",
					    "NaN",  "Infinity", "-Infinity"};
	for (size_t index = 0; index < sizeof(words) / sizeof(words[0]); index++) {
		size_t len = strlen(words[index]);
		if ((size_t)(reader->end - reader->at) >= len &&
		    memcmp(reader->at, words[index], len) == 0) {
			reader->at += len;
			fputs(words[index], reader->out);
			return true;
		}
	}
	return false;
}

static bool read_value(struct reader *reader);

static bool read_key(struct reader *reader)
{
	if (!next_is(reader, '"'))
		return refuse(reader, "expecting a key in double quotes");
	if (!read_string(reader))
		return false;
	return next_is(reader, ':') || refuse(reader, "expecting ':'");
}

static bool read_elements(struct reader *reader, bool is_object)
{
	char close = is_object ? '}' : ']';
	fputc(is_object ? '{' : '[', reader->out);
	if (next_is(reader, close)) {
		fputc(close, reader->out);
		return true;
	}
	for (;;) {
		if (is_object) {
			if (!read_key(reader))
				return false;
			fputs(": ", reader->out);
		}
		if (!read_value(reader))
			return false;
		if (next_is(reader, close)) {
			fputc(close, reader->out);
			return true;
		}
		if (!next_is(reader, ','))
			return refuse(reader, "expecting ','");
		fputs(", ", reader->out);
	}
}

static bool read_value(struct reader *reader)
{
	skip_space(reader);
	if (reader->at == reader->end)
		return refuse(reader, "expecting a value");
	char first = *reader->at;
	if (first == '"') {
		reader->at++;
		return read_string(reader);
	}
	if (first == '{' || first == '[') {
		if (++reader->depth > DEPTH_MAX)
			return refuse(reader, "nested too deeply");
		reader->at++;
		bool ok = read_elements(reader, first == '{');
		reader->depth--;
		return ok;
	}
	return read_word(reader) || read_number(reader);
}

/* Runs `read` into a text of its own. */
static int capture(struct reader *reader, bool (*read)(struct reader *), char **text)
{
	size_t size;
	char *captured = NULL;
	reader->out = open_memstream(&captured, &size);
	if (!reader->out)
		return -ENOMEM;
	bool ok = read(reader);
	int err = fclose(reader->out) == 0 ? 0 : -ENOMEM;
	if (err < 0 || !ok) {
		free(captured);
		return err < 0 ? err : 1;
	}
	*text = captured;
	return 0;
}

/* Takes key and value, also on failure. */
static int put_member(struct python_object *object, char *key, char *value)
{
	for (size_t index = 0; index < object->n_members; index++) {
		struct python_member *member = &object->members[index];
		if (strcmp(member->key, key) == 0) {
			free(member->value);
			member->value = value;
			free(key);
			return 0;
		}
	}
	struct python_member *members =
		reallocarray(object->members, object->n_members + 1, sizeof(*members));
	if (!members) {
		free(key);
		free(value);
		return -ENOMEM;
	}
	members[object->n_members++] = (struct python_member){.key = key, .value = value};
	object->members = members;
	return 0;
}

static int read_members(struct reader *reader, struct python_object *object)
{
	if (!next_is(reader, '{'))
		return !refuse(reader, "not a JSON object");
	if (next_is(reader, '}'))
		return 0;
	for (;;) {
		char *key, *value;
		int err = capture(reader, read_key, &key);
		if (err != 0)
			return err;
		err = capture(reader, read_value, &value);
		if (err != 0) {
			free(key);
			return err;
		}
		err = put_member(object, key, value);
		if (err < 0)
			return err;
		if (next_is(reader, '}'))
			return 0;
		if (!next_is(reader, ','))
			return !refuse(reader, "expecting ','");
	}
}

int python_object_parse(const char *text, size_t len, struct python_object *object,
			const char **problem)
{
	struct reader reader = {.at = text, .end = text + len};
	struct python_object parsed = {0};

	int err = read_members(&reader, &parsed);
	skip_space(&reader);
	if (err == 0 && reader.at != reader.end) {
		refuse(&reader, "extra text behind the object");
		err = 1;
	}
	if (err != 0) {
		python_object_deinit(&parsed);
		*problem = reader.problem;
		return err;
	}
	*object = parsed;
	return 0;
}

void python_object_deinit(struct python_object *object)
{
	for (size_t index = 0; index < object->n_members; index++) {
		free(object->members[index].key);
		free(object->members[index].value);
	}
	free(object->members);
	*object = (struct python_object){0};
}

const char *python_object_get(const struct python_object *object, const char *key)
{
	size_t len = strlen(key);
	for (size_t index = 0; index < object->n_members; index++) {
		const char *quoted = object->members[index].key;
		if (strlen(quoted) == len + 2 && memcmp(quoted + 1, key, len) == 0)
			return object->members[index].value;
	}
	return NULL;
}

int python_object_set(struct python_object *object, const char *key, const char *value)
{
	char *quoted = python_string_quote(key, strlen(key));
	char *copy = strdup(value);
	if (!quoted || !copy) {
		free(quoted);
		free(copy);
		return -ENOMEM;
	}
	return put_member(object, quoted, copy);
}

char *python_object_dump(const struct python_object *object)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	fputc('{', out);
	for (size_t index = 0; index < object->n_members; index++)
		fprintf(out, "%s%s: %s", index ? ", " : "", object->members[index].key,
			object->members[index].value);
	fputc('}', out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
