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
	bool is_evalplus; /* by value_evalplus() */
	enum value_oracle oracle;
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

/* The same with a part of each. */
enum truth value_parts_equal(const struct value_tree *actual, const struct value *part,
			     const struct value_tree *tree, const struct value *expected,
			     struct value_comparison *comparison);

/*
 * The same by the rules of EvalPlus: what the oracle says; else equality; else, if there is a
 * tolerance (the absolute one, or 1e-6 if a float or a list or tuple of floats is expected), two of
 * the same type, and of the same length, with numbers that are near each other wherever they lie.
 *
 * Other than theirs: a tolerance that one expected value brings about holds for that one alone, and
 * lists of different shapes are not made alike.
 */
enum truth value_evalplus(const struct value_tree *actual, const struct value_tree *expected,
			  struct value_comparison *comparison);

/*
 * The same of two values that do not have the same bytes, if one of them at least is too long to be
 * looked at, and nothing but its tag is known.
 */
enum truth value_evalplus_digest(enum value_tag actual, enum value_tag expected,
				 const struct value_comparison *comparison);

/* Of values[0]: as Python's bool() has it. */
enum truth value_is_true(const struct value_tree *tree);

/* A number as double, if it is one that a double holds exactly. No bool but for `takes_bool`. */
bool value_number(const struct value *value, bool takes_bool, double *number);

/*
 * Python's repr() of it, at most `size` bytes without a NUL. False: it does not fit, or its text
 * cannot be told here (order of a set, characters that may not be printable, no plain type).
 */
bool value_text(const struct value_tree *tree, char *text, size_t size, size_t *len);

/* The same, of any value: what can be told of it at its beginning, and "...". `size` >= 3. */
size_t value_text_in_part(const struct value_tree *tree, char *text, size_t size);
