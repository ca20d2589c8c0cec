/*
 * Values as candidates answer and tests expect them, read from their canonical bytes
 * (inside/runtimes/python/values.h) and compared as an examination compares plain data
 * (inside/runtimes/python/equality.c). Pure; used by the broker.
 *
 * The bytes of an answer are hostile. Time and memory are bounded: a comparison has a budget, sets
 * are compared by keyed hashes, and what is not plain enough, or too costly, is UNKNOWN, which says
 * that another kind of examination has to decide.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/job.h"
#include "inside/runtimes/python/values.h"

enum truth { TRUTH_NO = 0, TRUTH_YES = 1, TRUTH_UNKNOWN = 2 };

struct value {
	uint8_t tag; /* enum value_tag; never VALUE_BACK */
	uint32_t n;  /* bytes, or parts; pairs of a dict */
	union {
		int64_t integer; /* INT; FALSE and TRUE: 0 and 1 */
		double real;
		const uint8_t *bytes; /* BIG_INT, TEXT, BYTES: borrowed from the message */
		uint32_t first;       /* place of the first part among the tree's values */
	};
};

/* A message as a tree; values[0] is the whole. BACK shares the parts of what it refers to. */
struct value_tree {
	struct value *values;
	uint32_t n;
};

/* False: the bytes are no message of values. Else free with value_tree_deinit(). */
bool value_tree_read(struct value_tree *tree, struct slice bytes);
void value_tree_deinit(struct value_tree *tree);

/* How two values are compared. */
struct value_comparison {
	bool is_json;      /* a tuple is as good as the list that is expected */
	bool is_unordered; /* so is another order of the outer list */
	bool has_tolerance;
	double absolute;
	double relative;
	uint64_t secret; /* of this process: no candidate can choose values of one hash */
	uint32_t budget; /* parts that may still be looked at; counts down */
};

/* Whether `actual` equals `expected`, both of which stay. */
enum truth value_equals(const struct value_tree *actual, const struct value_tree *expected,
			struct value_comparison *comparison);

/* The same with a part of another tree. */
enum truth value_equals_part(const struct value_tree *actual, const struct value_tree *tree,
			     const struct value *expected, struct value_comparison *comparison);

/* Of values[0]: as Python's bool() has it. */
enum truth value_is_true(const struct value_tree *tree);

/* A number as double, if it is one that a double holds exactly. No bool but for `takes_bool`. */
bool value_number(const struct value *value, bool takes_bool, double *number);

/*
 * Python's repr() of it, at most `size` bytes without a NUL. False: it does not fit, or its text
 * cannot be told here (order of a set, characters that may not be printable, no plain type).
 */
bool value_text(const struct value_tree *tree, char *text, size_t size, size_t *len);
