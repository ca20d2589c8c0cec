/*
 * From JSON to a literal of Python. Part of `assay suite`.
 *
 * One walk over text that json.dumps() has written, so nothing is checked but the end. What is
 * different in Python: the three names, brackets by the shape, and pairs of surrogates, which are
 * one escape there.
 */
#include "client/suite/python_literal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 31 /* deeper lists are lists, or as those at this depth */

struct writing {
	FILE *out;
	const char *at;
	const struct literal_shape *shape;
	uint32_t argument; /* the one that is written */
};

static void write_value(struct writing *writing, unsigned depth);

static bool is_surrogate(const char *escape, const char *first)
{
	return strncmp(escape, "\\ud", 3) == 0 && escape[3] != '\0' &&
	       strchr(first, escape[3]) != NULL;
}

static unsigned long hex(const char *digits)
{
	char text[5] = {0};

	memcpy(text, digits, 4);
	return strtoul(text, NULL, 16);
}

static void write_escape(struct writing *writing)
{
	if (is_surrogate(writing->at, "89ab") && is_surrogate(writing->at + 6, "cdef")) {
		unsigned long high = hex(writing->at + 2) & 0x3ff;
		unsigned long low = hex(writing->at + 8) & 0x3ff;

		fprintf(writing->out, "\\U%08lx", 0x10000 + (high << 10 | low));
		writing->at += 12;
		return;
	}
	for (int i = 0; i < 2 && *writing->at != '\0'; i++)
		fputc(*writing->at++, writing->out);
}

static void write_text(struct writing *writing)
{
	fputc(*writing->at++, writing->out);
	while (*writing->at != '"' && *writing->at != '\0') {
		if (*writing->at == '\\')
			write_escape(writing);
		else
			fputc(*writing->at++, writing->out);
	}
	if (*writing->at == '"')
		fputc(*writing->at++, writing->out);
}

/* A number or a name. */
static void write_word(struct writing *writing)
{
	static const char *const names[][2] = {
		{"true", "True"}, {"false", "False"},  {"null", "None"},
		{"NaN", "nan"},   {"Infinity", "inf"}, {"-Infinity", "-inf"},
	};
	size_t len = strcspn(writing->at, ",]}: ");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i][0]) != len || strncmp(writing->at, names[i][0], len) != 0)
			continue;
		fputs(names[i][1], writing->out);
		writing->at += len;
		return;
	}
	fwrite(writing->at, 1, len, writing->out);
	writing->at += len;
}

static void skip_separator(struct writing *writing)
{
	writing->at += strspn(writing->at, ",: ");
}

/* Elements up to the bracket, which is passed; how many there were. `depth` is theirs. */
static size_t write_elements(struct writing *writing, unsigned depth, bool is_object)
{
	size_t n = 0;

	writing->at++;
	while (*writing->at != ']' && *writing->at != '}' && *writing->at != '\0') {
		if (n > 0)
			fputs(", ", writing->out);
		if (depth == 1)
			writing->argument = (uint32_t)n;
		if (is_object) {
			write_text(writing);
			fputs(": ", writing->out);
			skip_separator(writing);
		}
		write_value(writing, depth);
		skip_separator(writing);
		n++;
	}
	if (*writing->at != '\0')
		writing->at++;
	return n;
}

static bool is_tuple(const struct writing *writing, unsigned depth)
{
	const struct literal_shape *shape = writing->shape;
	unsigned place = depth < DEPTH_MAX ? depth : DEPTH_MAX;

	return depth > 0 && writing->argument < 32 && (shape->arguments >> writing->argument & 1) &&
	       (shape->depths >> place & 1);
}

static void write_list(struct writing *writing, unsigned depth)
{
	bool tuple = is_tuple(writing, depth);
	size_t n;

	fputc(tuple ? '(' : '[', writing->out);
	n = write_elements(writing, depth + 1, false);
	if (tuple && n == 1)
		fputc(',', writing->out);
	fputc(tuple ? ')' : ']', writing->out);
}

static void write_plain(struct writing *writing, unsigned depth)
{
	switch (*writing->at) {
	case '[':
		write_list(writing, depth);
		break;
	case '{':
		fputc('{', writing->out);
		write_elements(writing, depth + 1, true);
		fputc('}', writing->out);
		break;
	case '"':
		write_text(writing);
		break;
	default:
		write_word(writing);
	}
}

/* An empty one is a dict, and so is what is no list: so says mbpp_deserialize_inputs(). */
static void write_set(struct writing *writing)
{
	FILE *out = writing->out;
	char *nothing = NULL;
	size_t len;

	if (*writing->at == '[') {
		fputc('{', out);
		write_elements(writing, 3, false);
		fputc('}', out);
		return;
	}
	fputs("{}", out);
	writing->out = open_memstream(&nothing, &len);
	if (writing->out != NULL) {
		write_plain(writing, 2);
		fclose(writing->out);
	}
	free(nothing);
	writing->out = out;
}

static void write_call(struct writing *writing, const char *function)
{
	fprintf(writing->out, "%s(", function);
	write_plain(writing, 1);
	fputc(')', writing->out);
}

static void write_value(struct writing *writing, unsigned depth)
{
	enum literal_kind kind = writing->shape->kind;

	if (kind == LITERAL_SETS && depth == 2)
		write_set(writing);
	else if (kind >= LITERAL_COMPLEX && depth == 1)
		write_call(writing, kind == LITERAL_FLOAT_COMPLEX && writing->argument == 0
					    ? "float"
					    : "complex");
	else
		write_plain(writing, depth);
}

void python_literal_write(FILE *out, const char *json, const struct literal_shape *shape)
{
	struct writing writing = {.out = out, .at = json, .shape = shape};

	write_value(&writing, 0);
}
