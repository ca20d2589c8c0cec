/*
 * What a check of a plan asks of an answer: operations on it, then a question. Pure; used by the
 * broker. The numbers of operations are those of runtimes/python/call_plan.py.
 */
#pragma once

#include "core/value.h"

enum call_operation {
	CALL_SUBTRACT,      /* answer - operand */
	CALL_SUBTRACT_FROM, /* operand - answer */
	CALL_ABSOLUTE,
	CALL_ROUND, /* operand: digits or None */
	CALL_EQUAL,
	CALL_UNEQUAL,
	CALL_LESS,
	CALL_AT_MOST,
	CALL_GREATER,
	CALL_AT_LEAST,
	CALL_IS_CLOSE, /* operand: (other, relative, absolute) as math.isclose() has them */
	CALL_LIST,
	CALL_TUPLE,
	CALL_LENGTH,
	CALL_OPERATIONS, /* how many there are */
};

/*
 * Changes values[0] of `answer` as the list of `operations` says: tuples of number and operand.
 * False: what comes of it is not known here (an exception, most likely).
 */
bool call_operate(struct value_tree *answer, const struct value_tree *operations,
		  struct value_comparison *comparison);

/* Whether these bytes are a list of operations. */
bool call_operations_check(struct slice bytes);

/* Is it the expected one of None, True, False and Ellipsis? */
enum truth call_is_same(const struct value_tree *answer, const struct value_tree *expected);
