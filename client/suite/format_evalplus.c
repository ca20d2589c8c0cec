/*
 * EvalPlus, HumanEval+ and MBPP+: {"task_id", "prompt", "entry_point", "canonical_solution",
 * "base_input", "plus_input", "atol"}. Part of `assay suite`.
 *
 * Each input is a call whose expected value is what the reference solution answers, in the daemon;
 * base inputs first. Which outputs are equal, and of which tasks something else is asked, is theirs
 * (evalplus/eval/__init__.py, _special_oracle.py); so is what the arguments of MBPP+ were before
 * they were JSON (mbpp_deserialize_inputs). Theirs is also the memory; their time, a few seconds
 * for each input and a minute for all, would let a candidate that never ends take a minute.
 */
#include "client/suite/task_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/call_json.h"
#include "client/suite/python_literal.h"

#define CPU_MS 20000
#define WALL_MS 120000
#define MEMORY_BYTES ((uint64_t)4 << 30)

/* What is asked of a task's answers besides equality with the reference's. */
struct special {
	const char *entry_point;
	const char *oracle;
	const char *alternative; /* a source whose answers are right, too; NULL: none */
};

static const struct special specials[] = {
	{"find_zero", "root", NULL},
	{"are_equivalent", "any", NULL},
	{"similar_elements", "set", NULL},
	{"find_char_long", "set", NULL},
	{"common_in_nested_lists", "set", NULL},
	{"extract_singly", "set", NULL},
	{"larg_nnum", "set", NULL},
	{"intersection_array", "set", NULL},
	{"find_dissimilar", "set", NULL},
	{"Diff", "set", NULL},
	{"check_str", "not_none", NULL},
	{"text_match_three", "not_none", NULL},
	{"text_starta_endb", "not_none", NULL},
	{"sum_div", NULL, "def sum_div(*arguments):\n    return 0\n"},
	{"surface_Area", NULL,
	 "def surface_Area(edge, height):\n"
	 "    slant = ((edge / 2) ** 2 + height**2) ** 0.5\n"
	 "    return round(edge**2 + 4 * (edge * slant) / 2)\n"},
	{"digit_distance_nums", NULL,
	 "def digit_distance_nums(one, other):\n"
	 "    width = max(len(str(one)), len(str(other)))\n"
	 "    pairs = zip(str(one).zfill(width), str(other).zfill(width))\n"
	 "    return sum(abs(int(a) - int(b)) for a, b in pairs)\n"},
};

#define TUPLES_AT(depth) (1u << (depth))
#define EVERYWHERE UINT32_MAX
#define FIRST 1u
#define SECOND 2u

/* Tasks of MBPP+ by their numbers, up to a 0, and what their arguments were. */
static const struct {
	unsigned int tasks[24];
	struct literal_shape shape;
} shapes[] = {
	{{2,   116, 132, 143, 222, 261, 273, 394, 399, 421, 424,
	  429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809},
	 {LITERAL_ALL, TUPLES_AT(1), LITERAL_PLAIN}},
	{{63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780},
	 {LITERAL_ALL, TUPLES_AT(2), LITERAL_PLAIN}},
	{{75, 413, 444, 753, 722}, {FIRST, TUPLES_AT(2), LITERAL_PLAIN}},
	{{106, 750}, {SECOND, TUPLES_AT(1), LITERAL_PLAIN}},
	{{250, 307, 405, 446, 617, 720, 763, 808}, {FIRST, TUPLES_AT(1), LITERAL_PLAIN}},
	{{259, 278, 401, 445}, {LITERAL_ALL, TUPLES_AT(1) | TUPLES_AT(2), LITERAL_PLAIN}},
	{{580, 615, 791}, {LITERAL_ALL, EVERYWHERE, LITERAL_PLAIN}},
	{{115}, {0, 0, LITERAL_SETS}},
	{{252}, {0, 0, LITERAL_COMPLEX}},
	{{124}, {0, 0, LITERAL_FLOAT_COMPLEX}},
};

static bool recognises(const json_t *record)
{
	return json_object_get(record, "base_input") && json_object_get(record, "plus_input");
}

/* The text of an array, which call_json_load() has put in quotes; NULL: it is none. Where there are
 * no inputs, MBPP+ has an empty object. */
static const char *inputs_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text != NULL && (text[0] == '[' || strcmp(text, "{}") == 0) ? text : NULL;
}

static const char *find_problem(const json_t *record, char *buf, size_t size)
{
	static const char *const texts[] = {"task_id", "prompt", "entry_point",
					    "canonical_solution"};
	size_t len;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (task_format_text(record, texts[i], &len) && len > 0)
			continue;
		snprintf(buf, size, "no %s", texts[i]);
		return buf;
	}
	if (!inputs_of(record, "base_input") || !inputs_of(record, "plus_input"))
		return "base_input or plus_input is no list";
	return NULL;
}

static char *new_name(const json_t *record)
{
	return strdup(json_string_value(json_object_get(record, "task_id")));
}

/* NULL: the arguments are as JSON has them. */
static const struct literal_shape *find_shape(const json_t *record)
{
	static const char prefix[] = "Mbpp/";
	const char *id = json_string_value(json_object_get(record, "task_id"));
	unsigned long number;

	if (strncmp(id, prefix, strlen(prefix)) != 0)
		return NULL;
	number = strtoul(id + strlen(prefix), NULL, 10);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (size_t k = 0; shapes[i].tasks[k] != 0; k++)
			if (shapes[i].tasks[k] == number)
				return &shapes[i].shape;
	return NULL;
}

static const char *text_at(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

/* ---------------------------------------------------------------- inputs */

static int add_input(assay_request *request, const char *json, size_t len,
		     const struct literal_shape *shape)
{
	char *text = shape == NULL ? strndup(json, len) : NULL;
	size_t size;
	FILE *out;
	int err;

	if (shape != NULL) {
		out = open_memstream(&text, &size);
		if (out == NULL)
			return -ENOMEM;
		python_literal_write(out, json, shape);
		fclose(out);
	}
	if (text == NULL)
		return -ENOMEM;
	err = shape == NULL ? assay_request_add_call(request, text, NULL, NULL)
			    : assay_request_add_literal_call(request, text, NULL);
	free(text);
	return err;
}

/* Of Mbpp/255, whose last arguments 76 and 77 have answers of millions of texts, beyond what a
 * value may be. */
static bool is_too_large(const json_t *record, const char *json, size_t len)
{
	const char *id = json_string_value(json_object_get(record, "task_id"));

	return strcmp(id, "Mbpp/255") == 0 && len > 5 &&
	       (memcmp(json + len - 5, ", 76]", 5) == 0 || memcmp(json + len - 5, ", 77]", 5) == 0);
}

/* Adds all inputs of an array to the request, if there is one; how many they are, or -errno. */
static long each_input(const json_t *record, const char *key, assay_request *request)
{
	const struct literal_shape *shape = find_shape(record);
	long n = 0;

	for (const char *at = inputs_of(record, key) + 1; strchr("]}", *at) == NULL;) {
		size_t len = call_json_value_len(at);
		bool is_left_out = is_too_large(record, at, len);
		int err = request != NULL && !is_left_out ? add_input(request, at, len, shape) : 0;

		if (err < 0)
			return err;
		n += !is_left_out;
		at += len;
		at += strspn(at, ", ");
	}
	return n;
}

static size_t count_base(const json_t *record)
{
	return (size_t)each_input(record, "base_input", NULL);
}

/* ---------------------------------------------------------------- requests */

static const struct special *find_special(const char *entry_point)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (strcmp(specials[i].entry_point, entry_point) == 0)
			return &specials[i];
	return NULL;
}

static int set_reference(const json_t *record, assay_request *request)
{
	const struct special *special = find_special(text_at(record, "entry_point"));
	char *source;
	int len = asprintf(&source, "%s%s", text_at(record, "prompt"),
			   text_at(record, "canonical_solution"));
	int err;

	if (len < 0)
		return -ENOMEM;
	err = assay_request_set_reference(request, source, (size_t)len,
					  special != NULL ? special->oracle : NULL);
	free(source);
	if (err == 0 && special != NULL && special->alternative != NULL)
		err = assay_request_add_alternative(request, special->alternative,
						    strlen(special->alternative));
	return err;
}

static int set_limits(assay_request *request)
{
	int err = assay_request_set_number(request, ASSAY_REQUEST_CPU_MS, CPU_MS);

	if (err == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_WALL_MS, WALL_MS);
	if (err == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_MEMORY_BYTES, MEMORY_BYTES);
	return err;
}

static int set_text(const json_t *record, assay_request *request, const char *key,
		    enum assay_request_text which)
{
	const char *text = text_at(record, key);

	return assay_request_set_text(request, which, text, strlen(text));
}

static int fill(const json_t *record, assay_request *request)
{
	static const char *const keys[] = {"base_input", "plus_input"};
	double tolerance = json_number_value(json_object_get(record, "atol"));
	int err = set_text(record, request, "prompt", ASSAY_REQUEST_PROMPT);

	if (err == 0)
		err = set_text(record, request, "entry_point", ASSAY_REQUEST_ENTRY_POINT);
	if (err == 0)
		err = assay_request_set_calls(request, "evalplus", tolerance, 0);
	if (err == 0)
		err = set_reference(record, request);
	if (err == 0)
		err = set_limits(request);
	for (size_t i = 0; err == 0 && i < sizeof(keys) / sizeof(keys[0]); i++) {
		long n = each_input(record, keys[i], request);

		err = n < 0 ? (int)n : 0;
	}
	return err;
}

static int new_request(const json_t *record, assay_request **result)
{
	return task_format_request("python", fill, record, result);
}

static const char *reference(const json_t *record, size_t *len)
{
	return task_format_text(record, "canonical_solution", len);
}

const struct task_format format_evalplus = {
	.name = "EvalPlus",
	.keys = "task_id, prompt, entry_point, base_input, plus_input",
	.recognises = recognises,
	.find_problem = find_problem,
	.new_name = new_name,
	.new_prompt = task_format_prompt,
	.new_request = new_request,
	.reference = reference,
	.hint = reference,
	.is_text = task_format_is_no_text,
	.count_base = count_base,
};
