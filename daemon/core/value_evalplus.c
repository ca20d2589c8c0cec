/*
 * Are two values equal by the rules of EvalPlus (evalplus/eval/__init__.py, unsafe_execute)?
 * Broker.
 *
 * There numpy.allclose() decides what == does not. Of it is here what it says of numbers and of
 * lists and tuples of them, which are the same to it below the outermost; whatever it has no number
 * for (texts, None, dicts, sets, integers beyond 64 bits) makes it raise, which is a failure. The
 * examiner has the same in Python: inside/runtimes/python/evalplus.py.
 */
#include <math.h>

#include "core/value.h"

#define TOLERANCE_OF_FLOATS 1e-6
#define DEPTH_MAX 32 /* numpy has no more dimensions */

/* One of the two sides. */
struct side {
	const struct value_tree *tree;
	const struct value *value;
};

struct nearness {
	double absolute;
	double relative;
	struct value_comparison *comparison; /* its budget */
};

static enum truth truth_of(bool truth)
{
	return truth ? TRUTH_YES : TRUTH_NO;
}

static struct side whole(const struct value_tree *tree)
{
	return (struct side){tree, tree->values};
}

static struct side part(struct side side, uint32_t i)
{
	return (struct side){side.tree, &side.tree->values[side.value->first + i]};
}

static bool is_sequence(const struct value *value)
{
	return value->tag == VALUE_LIST || value->tag == VALUE_TUPLE;
}

static bool is_integer(const struct value *value)
{
	return value->tag == VALUE_INT || value->tag == VALUE_TRUE || value->tag == VALUE_FALSE;
}

static bool take_number(const struct value *value, double *number)
{
	if (!is_integer(value) && value->tag != VALUE_FLOAT)
		return false;
	*number = value->tag == VALUE_FLOAT ? value->real : (double)value->integer;
	return true;
}

/* ---------------------------------------------------------------- near */

static bool has_floats(struct side side)
{
	if (side.value->tag == VALUE_FLOAT)
		return true;
	if (!is_sequence(side.value) || side.value->n == 0)
		return false;
	for (uint32_t i = 0; i < side.value->n; i++)
		if (part(side, i).value->tag != VALUE_FLOAT)
			return false;
	return true;
}

static enum truth numbers_near(const struct nearness *nearness, const struct value *actual,
			       const struct value *expected)
{
	double one, other;

	if (actual->tag == VALUE_NOT_IMPLEMENTED || expected->tag == VALUE_NOT_IMPLEMENTED)
		return TRUTH_UNKNOWN; /* complex numbers, and what numpy may have a number for */
	if (!take_number(actual, &one) || !take_number(expected, &other))
		return TRUTH_NO;
	if (!isfinite(one) || !isfinite(other))
		return truth_of(one == other);
	return truth_of(fabs(one - other) <= nearness->absolute + nearness->relative * fabs(other));
}

static enum truth near(const struct nearness *nearness, struct side actual, struct side expected,
		       unsigned depth)
{
	enum truth truth = TRUTH_YES;

	if (nearness->comparison->budget == 0 || depth > DEPTH_MAX)
		return TRUTH_UNKNOWN;
	nearness->comparison->budget--;
	if (!is_sequence(actual.value) || !is_sequence(expected.value))
		return is_sequence(actual.value) || is_sequence(expected.value)
			       ? TRUTH_NO
			       : numbers_near(nearness, actual.value, expected.value);
	if (actual.value->n != expected.value->n)
		return TRUTH_NO;
	for (uint32_t i = 0; truth == TRUTH_YES && i < expected.value->n; i++)
		truth = near(nearness, part(actual, i), part(expected, i), depth + 1);
	return truth;
}

static bool is_bool(const struct value *value)
{
	return value->tag == VALUE_TRUE || value->tag == VALUE_FALSE;
}

static enum truth nearly_equal(struct side actual, struct side expected,
			       struct value_comparison *comparison)
{
	struct nearness nearness = {
		.absolute = comparison->absolute,
		.relative = comparison->relative,
		.comparison = comparison,
	};

	if (nearness.absolute == 0 && has_floats(expected))
		nearness.absolute = TOLERANCE_OF_FLOATS;
	if (nearness.absolute == 0)
		return TRUTH_NO;
	if (actual.value->tag == VALUE_NOT_IMPLEMENTED)
		return TRUTH_UNKNOWN;
	if (actual.value->tag != expected.value->tag &&
	    !(is_bool(actual.value) && is_bool(expected.value)))
		return TRUTH_NO;
	return near(&nearness, actual, expected, 0);
}

/* ---------------------------------------------------------------- oracles */

static bool is_hashable(struct side side)
{
	if (side.value->tag == VALUE_LIST || side.value->tag == VALUE_SET ||
	    side.value->tag == VALUE_DICT)
		return false;
	for (uint32_t i = 0; side.value->tag == VALUE_TUPLE && i < side.value->n; i++)
		if (!is_hashable(part(side, i)))
			return false;
	return true;
}

static bool is_collection(const struct value *value)
{
	return is_sequence(value) || value->tag == VALUE_SET || value->tag == VALUE_FROZENSET;
}

/* Characters, bytes, keys, or what is not known. */
static bool has_other_elements(const struct value *value)
{
	return value->tag == VALUE_TEXT || value->tag == VALUE_BYTES || value->tag == VALUE_DICT ||
	       value->tag == VALUE_NOT_IMPLEMENTED;
}

static enum truth equal(struct side actual, struct side expected,
			struct value_comparison *comparison)
{
	return value_parts_equal(actual.tree, actual.value, expected.tree, expected.value,
				 comparison);
}

/* Each part of `these` is among `those`. */
static enum truth all_among(struct side these, struct side those,
			    struct value_comparison *comparison)
{
	for (uint32_t i = 0; i < these.value->n; i++) {
		enum truth truth = TRUTH_NO;

		for (uint32_t k = 0; truth == TRUTH_NO && k < those.value->n; k++)
			truth = equal(part(these, i), part(those, k), comparison);
		if (truth != TRUTH_YES)
			return truth;
	}
	return TRUTH_YES;
}

/* set(actual) == set(expected) */
static enum truth same_set(struct side actual, struct side expected,
			   struct value_comparison *comparison)
{
	const struct value *value = actual.value;
	enum truth truth;

	if (has_other_elements(value) || has_other_elements(expected.value))
		return TRUTH_UNKNOWN;
	if (!is_collection(value) || !is_collection(expected.value))
		return TRUTH_NO;
	for (uint32_t i = 0; i < value->n; i++)
		if (!is_hashable(part(actual, i)))
			return TRUTH_NO;
	truth = all_among(actual, expected, comparison);
	return truth == TRUTH_YES ? all_among(expected, actual, comparison) : truth;
}

/* As sum([c * math.pow(x, i) for i, c in enumerate(list)]) has it; what raises there fails. */
static enum truth is_root(const struct value *answer, struct side list, double tolerance)
{
	double x, coefficient, power, sum = 0;

	if (answer->tag == VALUE_BIG_INT || answer->tag == VALUE_NOT_IMPLEMENTED ||
	    !is_sequence(list.value))
		return TRUTH_UNKNOWN;
	if (!take_number(answer, &x))
		return TRUTH_NO;
	for (uint32_t i = 0; i < list.value->n; i++) {
		if (!take_number(part(list, i).value, &coefficient))
			return TRUTH_UNKNOWN;
		power = pow(x, i);
		if (!isfinite(power) && isfinite(x))
			return TRUTH_NO;
		sum += coefficient * power;
	}
	return truth_of(fabs(sum) <= tolerance);
}

/* A bool says so itself. */
static enum truth says_not_none(const struct value *answer, const struct value *expected)
{
	bool says = answer->tag != VALUE_FALSE && answer->tag != VALUE_NONE;

	return truth_of(says == (expected->tag == VALUE_TRUE));
}

/* The first of the tuple is the reference's, compared with tolerances. */
static enum truth equals_one_of(struct side actual, struct side expected,
				struct value_comparison *comparison)
{
	enum truth truth = TRUTH_NO;

	if (expected.value->tag != VALUE_TUPLE || expected.value->n == 0)
		return TRUTH_UNKNOWN;
	for (uint32_t i = 0; truth == TRUTH_NO && i < expected.value->n; i++)
		truth = equal(actual, part(expected, i), comparison);
	return truth == TRUTH_NO ? nearly_equal(actual, part(expected, 0), comparison) : truth;
}

enum truth value_evalplus(const struct value_tree *actual_tree,
			  const struct value_tree *expected_tree,
			  struct value_comparison *comparison)
{
	struct side actual = whole(actual_tree), expected = whole(expected_tree);
	enum truth truth;

	switch (comparison->oracle) {
	case VALUE_ORACLE_ANY:
		return TRUTH_YES;
	case VALUE_ORACLE_NOT_NONE:
		return says_not_none(actual.value, expected.value);
	case VALUE_ORACLE_ROOT:
		return is_root(actual.value, expected, comparison->absolute);
	case VALUE_ORACLE_SEVERAL:
		return equals_one_of(actual, expected, comparison);
	case VALUE_ORACLE_SET:
		truth = same_set(actual, expected, comparison);
		break;
	default:
		truth = equal(actual, expected, comparison);
	}
	return truth == TRUTH_NO ? nearly_equal(actual, expected, comparison) : truth;
}

/* ---------------------------------------------------------------- digests */

static bool is_container(enum value_tag tag)
{
	return tag == VALUE_LIST || tag == VALUE_TUPLE || tag == VALUE_SET ||
	       tag == VALUE_FROZENSET || tag == VALUE_DICT;
}

/* Not what has equals of other types: Decimal, Fraction, bytearray, named tuples. */
static bool is_plain(enum value_tag tag)
{
	return tag <= VALUE_FLOAT || tag == VALUE_TEXT || is_container(tag);
}

enum truth value_evalplus_digest(enum value_tag actual, enum value_tag expected,
				 const struct value_comparison *comparison)
{
	if (comparison->oracle == VALUE_ORACLE_ANY)
		return TRUTH_YES;
	if (comparison->oracle == VALUE_ORACLE_NOT_NONE)
		return truth_of(expected == VALUE_TRUE);
	if (comparison->oracle != VALUE_ORACLE_NONE || !is_plain(actual) || !is_plain(expected))
		return TRUTH_UNKNOWN;
	return is_container(actual) && is_container(expected) ? TRUTH_UNKNOWN : TRUTH_NO;
}
