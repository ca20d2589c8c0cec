/*
 * Operations on answers, as Python does them. Broker.
 *
 * Only what is exact here is done: integers that fit, numbers that a double holds. Where Python
 * would raise an exception, or use more than 64 bits, nothing is said.
 */
#include "core/call_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 15

static bool is_integer(const struct value *value)
{
	return value->tag == VALUE_INT || value->tag == VALUE_TRUE || value->tag == VALUE_FALSE;
}

static bool set_integer(struct value *value, int64_t integer)
{
	*value = (struct value){.tag = VALUE_INT, .integer = integer};
	return true;
}

static bool set_real(struct value *value, double real)
{
	*value = (struct value){.tag = VALUE_FLOAT, .real = real};
	return true;
}

static bool set_truth(struct value *value, bool truth)
{
	*value = (struct value){.tag = truth ? VALUE_TRUE : VALUE_FALSE, .integer = truth};
	return true;
}

static bool subtract(struct value *result, const struct value *left, const struct value *right)
{
	int64_t integer;
	double one, other;

	if (is_integer(left) && is_integer(right))
		return !__builtin_sub_overflow(left->integer, right->integer, &integer) &&
		       set_integer(result, integer);
	return value_number(left, true, &one) && value_number(right, true, &other) &&
	       set_real(result, one - other);
}

static bool absolute(struct value *value)
{
	if (value->tag == VALUE_FLOAT)
		return set_real(value, fabs(value->real));
	return is_integer(value) && value->integer != INT64_MIN &&
	       set_integer(value, value->integer < 0 ? -value->integer : value->integer);
}

/* To the nearest of those decimals, half to even on what the double exactly is: as printf does. */
static bool round_to(struct value *value, const struct value *digits)
{
	char text[512];

	if (is_integer(value))
		return (digits->tag == VALUE_NONE ||
			(digits->tag == VALUE_INT && digits->integer >= 0)) &&
		       set_integer(value, value->integer);
	if (value->tag != VALUE_FLOAT || !isfinite(value->real))
		return false;
	if (digits->tag == VALUE_NONE)
		return fabs(value->real) < 0x1p53 &&
		       set_integer(value, (int64_t)nearbyint(value->real));
	if (digits->tag != VALUE_INT || digits->integer < 0 || digits->integer > DIGITS_MAX)
		return false;
	snprintf(text, sizeof(text), "%.*f", (int)digits->integer, value->real);
	return set_real(value, strtod(text, NULL));
}

static bool compare(struct value *value, const struct value *operand, enum call_operation operation)
{
	bool is_less, is_equal;
	double one, other;

	if (is_integer(value) && is_integer(operand)) {
		is_less = value->integer < operand->integer;
		is_equal = value->integer == operand->integer;
	} else if (value_number(value, true, &one) && value_number(operand, true, &other)) {
		if (isnan(one) || isnan(other))
			return set_truth(value, false);
		is_less = one < other;
		is_equal = one == other;
	} else {
		return false;
	}
	switch (operation) {
	case CALL_LESS:
		return set_truth(value, is_less);
	case CALL_AT_MOST:
		return set_truth(value, is_less || is_equal);
	case CALL_GREATER:
		return set_truth(value, !is_less && !is_equal);
	default:
		return set_truth(value, !is_less);
	}
}

static bool is_close(struct value *value, const struct value *parts)
{
	double one, other, relative, least, difference;

	if (!value_number(value, true, &one) || !value_number(&parts[0], true, &other) ||
	    !value_number(&parts[1], true, &relative) || !value_number(&parts[2], true, &least) ||
	    relative < 0 || least < 0)
		return false;
	if (one == other)
		return set_truth(value, true);
	if (isinf(one) || isinf(other))
		return set_truth(value, false);
	difference = fabs(other - one);
	return set_truth(value, difference <= fabs(relative * other) ||
					difference <= fabs(relative * one) || difference <= least);
}

/* Characters of UTF-8. */
static int64_t count_characters(const struct value *text)
{
	int64_t n = 0;

	for (uint32_t i = 0; i < text->n; i++)
		n += (text->bytes[i] & 0xc0) != 0x80;
	return n;
}

static bool measure(struct value *value)
{
	switch ((enum value_tag)value->tag) {
	case VALUE_TEXT:
		return set_integer(value, count_characters(value));
	case VALUE_BYTES:
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
	case VALUE_FROZENSET:
	case VALUE_DICT:
		return set_integer(value, value->n);
	default:
		return false;
	}
}

static bool arrange(struct value *value, enum value_tag tag)
{
	if (value->tag != VALUE_LIST && value->tag != VALUE_TUPLE)
		return false;
	value->tag = (uint8_t)tag;
	return true;
}

static bool equate(struct value_tree *answer, const struct value_tree *operations,
		   const struct value *operand, bool wanted, struct value_comparison *comparison)
{
	struct value_comparison plain = {.secret = comparison->secret,
					 .budget = comparison->budget};
	enum truth truth = value_equals_part(answer, operations, operand, &plain);

	comparison->budget = plain.budget;
	return truth != TRUTH_UNKNOWN &&
	       set_truth(&answer->values[0], (truth == TRUTH_YES) == wanted);
}

static bool operate(struct value_tree *answer, const struct value_tree *operations,
		    const struct value *step, struct value_comparison *comparison)
{
	const struct value *parts = &operations->values[step->first];
	const struct value *operand = &parts[1];
	enum call_operation operation = (enum call_operation)parts[0].integer;
	struct value *value = &answer->values[0];

	switch (operation) {
	case CALL_SUBTRACT:
		return subtract(value, value, operand);
	case CALL_SUBTRACT_FROM:
		return subtract(value, operand, value);
	case CALL_ABSOLUTE:
		return absolute(value);
	case CALL_ROUND:
		return round_to(value, operand);
	case CALL_EQUAL:
	case CALL_UNEQUAL:
		return equate(answer, operations, operand, operation == CALL_EQUAL, comparison);
	case CALL_IS_CLOSE:
		return operand->tag == VALUE_TUPLE && operand->n == 3 &&
		       is_close(value, &operations->values[operand->first]);
	case CALL_LIST:
		return arrange(value, VALUE_LIST);
	case CALL_TUPLE:
		return arrange(value, VALUE_TUPLE);
	case CALL_LENGTH:
		return measure(value);
	default:
		return compare(value, operand, operation);
	}
}

bool call_operate(struct value_tree *answer, const struct value_tree *operations,
		  struct value_comparison *comparison)
{
	const struct value *list = &operations->values[0];

	for (uint32_t i = 0; i < list->n; i++)
		if (!operate(answer, operations, &operations->values[list->first + i], comparison))
			return false;
	return true;
}

static bool is_operation(const struct value_tree *tree, const struct value *value)
{
	const struct value *number;

	if (value->tag != VALUE_TUPLE || value->n != 2)
		return false;
	number = &tree->values[value->first];
	return number->tag == VALUE_INT && number->integer >= 0 &&
	       number->integer < CALL_OPERATIONS;
}

bool call_operations_check(struct slice bytes)
{
	struct value_tree tree;
	bool is_good;

	if (!value_tree_read(&tree, bytes))
		return false;
	is_good = tree.values[0].tag == VALUE_LIST;
	for (uint32_t i = 0; is_good && i < tree.values[0].n; i++)
		is_good = is_operation(&tree, &tree.values[tree.values[0].first + i]);
	value_tree_deinit(&tree);
	return is_good;
}

enum truth call_is_same(const struct value_tree *answer, const struct value_tree *expected)
{
	enum value_tag wanted = (enum value_tag)expected->values[0].tag;

	if (wanted != VALUE_NONE && wanted != VALUE_TRUE && wanted != VALUE_FALSE &&
	    wanted != VALUE_ELLIPSIS)
		return TRUTH_UNKNOWN;
	return answer->values[0].tag == wanted ? TRUTH_YES : TRUTH_NO;
}
