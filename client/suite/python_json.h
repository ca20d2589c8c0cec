/*
 * JSON as Python's json module reads and writes it, for result files that must equal those of
 * openai/human-eval byte for byte: json.dumps(json.loads(line)).
 *
 * A value is kept as the text that json.dumps() would give: ", " and ": " between elements, every
 * character outside printable ASCII as \uXXXX, floats as repr() writes them, integers of any size.
 * NaN, Infinity and lone surrogates are accepted as Python accepts them.
 */
#pragma once

#include <stddef.h>

struct python_member {
	char *key;   /* with its quotes */
	char *value; /* any JSON value */
};

/* In the order of the text. */
struct python_object {
	struct python_member *members;
	size_t n_members;
};

/* Reads one object. 0: it is to be given to python_object_deinit(); 1: *problem says what is wrong
 * (static text); -ENOMEM. */
int python_object_parse(const char *text, size_t len, struct python_object *object,
			const char **problem);
void python_object_deinit(struct python_object *object);

/* The value of a key of letters, digits and underscores; NULL if it is absent. Borrowed. */
const char *python_object_get(const struct python_object *object, const char *key);

/* Replaces in place or appends. Copies. 0 or -ENOMEM. */
int python_object_set(struct python_object *object, const char *key, const char *value);

/* json.dumps(): text that the caller frees; NULL when memory is short. */
char *python_object_dump(const struct python_object *object);

/* json.dumps() of a text given as UTF-8, where lone surrogates may stand as three bytes; other
 * invalid bytes become U+FFFD. The caller frees; NULL when memory is short. */
char *python_string_quote(const char *bytes, size_t len);

/* The opposite, of a value from above: 0, with a NUL behind *len bytes, freed by the caller; 1: it
 * is not a string; -ENOMEM. */
int python_string_unquote(const char *value, char **bytes, size_t *len);
