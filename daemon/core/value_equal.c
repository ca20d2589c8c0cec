/*
 * Are two values equal, as inside/runtimes/python/equality.c and comparator.c have it? Broker.
 *
 * Sets, dicts and lists in any order are sorted by hashes of their parts, equal values having equal
 * hashes: 1, 1.0 and True are one key. The hash depends on a secret of this process, so nobody can
 * choose many values of one hash; if it happens all the same, nothing is said. A NaN equals
 * nothing: the two sides never hold the same object.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/value.h"

/* Nesting that is looked at; BACK makes it deeper than a message may be. */
#define DEPTH_MAX 500
#define SAME_HASHES_MAX 8

/* One of the two sides. */
struct side {
	const struct value_tree *tree;
	const struct value *value;
};

struct hashed {
	uint64_t hash;
	uint32_t place; /* of the part, among its container's */
};

static enum truth equal(struct side actual, struct side expected,
			struct value_comparison *comparison, unsigned depth);

static enum truth truth_of(bool truth)
{
	return truth ? TRUTH_YES : TRUTH_NO;
}

static struct side part(struct side side, uint32_t i)
{
	return (struct side){side.tree, &side.tree->values[side.value->first + i]};
}

static bool spend(struct value_comparison *comparison, uint32_t n)
{
	if (n > comparison->budget) {
		comparison->budget = 0;
		return false;
	}
	comparison->budget -= n;
	return true;
}

/* ---------------------------------------------------------------- scalars */

static bool is_integer(const struct value *value)
{
	return value->tag == VALUE_INT || value->tag == VALUE_TRUE || value->tag == VALUE_FALSE;
}

static bool is_numeric(const struct value *value)
{
	return is_integer(value) || value->tag == VALUE_FLOAT || value->tag == VALUE_BIG_INT;
}

static bool is_scalar(const struct value *value)
{
	return is_numeric(value) || value->tag == VALUE_NONE || value->tag == VALUE_ELLIPSIS ||
	       value->tag == VALUE_TEXT || value->tag == VALUE_BYTES;
}

static bool is_known(const struct value *value)
{
	return is_scalar(value) || value->tag == VALUE_LIST || value->tag == VALUE_TUPLE ||
	       value->tag == VALUE_SET || value->tag == VALUE_FROZENSET || value->tag == VALUE_DICT;
}

static bool is_set(const struct value *value)
{
	return value->tag == VALUE_SET || value->tag == VALUE_FROZENSET;
}

static bool same_bytes(const struct value *one, const struct value *other)
{
	return one->n == other->n && memcmp(one->bytes, other->bytes, one->n) == 0;
}

/* An integer of at most 64 bits and a double, exactly. */
static bool integer_equals(int64_t integer, double real)
{
	const double limit = 9223372036854775808.0; /* 2^63 */

	return real >= -limit && real < limit && real == floor(real) && (int64_t)real == integer;
}

static enum truth numbers_equal(const struct value *one, const struct value *other)
{
	if (one->tag == VALUE_BIG_INT && other->tag == VALUE_BIG_INT)
		return truth_of(same_bytes(one, other));
	if (one->tag == VALUE_BIG_INT || other->tag == VALUE_BIG_INT) {
		const struct value *rest = one->tag == VALUE_BIG_INT ? other : one;

		/* What 64 bits hold is no BIG_INT. */
		if (rest->tag != VALUE_FLOAT || !isfinite(rest->real) || fabs(rest->real) < 0x1p63)
			return TRUTH_NO;
		return TRUTH_UNKNOWN;
	}
	if (one->tag == VALUE_FLOAT && other->tag == VALUE_FLOAT)
		return truth_of(one->real == other->real);
	if (one->tag == VALUE_FLOAT)
		return truth_of(integer_equals(other->integer, one->real));
	if (other->tag == VALUE_FLOAT)
		return truth_of(integer_equals(one->integer, other->real));
	return truth_of(one->integer == other->integer);
}

static enum truth near(const struct value *actual, const struct value *expected,
		       const struct value_comparison *comparison)
{
	double one, other, difference, bound;

	if (!is_numeric(actual) || !is_numeric(expected) || actual->tag == VALUE_TRUE ||
	    actual->tag == VALUE_FALSE || expected->tag == VALUE_TRUE ||
	    expected->tag == VALUE_FALSE)
		return TRUTH_NO;
	if (!value_number(actual, false, &one) || !value_number(expected, false, &other))
		return TRUTH_UNKNOWN;
	if (isnan(one) || isnan(other))
		return truth_of(isnan(one) && isnan(other));
	if (isinf(one) || isinf(other))
		return TRUTH_NO;
	difference = one - other;
	bound = fmax(comparison->absolute, comparison->relative * fabs(other));
	return truth_of(isfinite(difference) && fabs(difference) <= bound);
}

static enum truth scalar_equal(const struct value *actual, const struct value *expected,
			       const struct value_comparison *comparison)
{
	enum truth truth = TRUTH_NO;

	if (is_numeric(actual) && is_numeric(expected))
		truth = numbers_equal(actual, expected);
	else if (actual->tag == expected->tag)
		truth = actual->tag == VALUE_TEXT || actual->tag == VALUE_BYTES
				? truth_of(same_bytes(actual, expected))
				: TRUTH_YES;
	if (truth == TRUTH_NO && comparison->has_tolerance)
		return near(actual, expected, comparison);
	return truth;
}

/* ---------------------------------------------------------------- hashes */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9u;
	return hash ^ hash >> 32;
}

static uint64_t hash_bytes(uint64_t hash, const struct value *value)
{
	uint64_t word;
	uint32_t at = 0;

	for (; value->n - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, value->bytes + at, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, value->bytes + at, value->n - at);
	return mix(mix(hash, word), value->n);
}

/* False: equal values need not have equal hashes. */
static bool hash_number(const struct value *value, uint64_t secret, uint64_t *hash)
{
	int64_t integer = value->integer;
	uint64_t bits;

	if (value->tag == VALUE_BIG_INT) {
		*hash = hash_bytes(mix(secret, VALUE_BIG_INT), value);
		return true;
	}
	if (value->tag == VALUE_FLOAT) {
		if (isfinite(value->real) && fabs(value->real) >= 0x1p63)
			return false; /* may equal a BIG_INT */
		integer = fabs(value->real) < 0x1p63 ? (int64_t)value->real : 0;
		if (!integer_equals(integer, value->real)) {
			memcpy(&bits, &value->real, sizeof(bits));
			*hash = mix(mix(secret, VALUE_FLOAT), bits);
			return true;
		}
	}
	*hash = mix(mix(secret, VALUE_INT), (uint64_t)integer);
	return true;
}

static bool hash_value(struct side side, struct value_comparison *comparison, unsigned depth,
		       uint64_t *hash);

/* Of a container: in order, or as a sum that any order has. */
static bool hash_parts(struct side side, struct value_comparison *comparison, unsigned depth,
		       uint64_t *hash)
{
	const struct value *value = side.value;
	bool is_dict = value->tag == VALUE_DICT;
	bool is_ordered = value->tag == VALUE_LIST || value->tag == VALUE_TUPLE;
	enum value_tag kind = is_set(value) ? VALUE_SET : (enum value_tag)value->tag;
	uint64_t seed, sum = 0, key, content = 0;

	if (comparison->is_json && kind == VALUE_TUPLE)
		kind = VALUE_LIST;
	seed = mix(mix(comparison->secret, kind), value->n);
	for (uint32_t i = 0; i < value->n; i++) {
		if (!hash_value(part(side, is_dict ? 2 * i : i), comparison, depth + 1, &key))
			return false;
		if (is_dict && !hash_value(part(side, 2 * i + 1), comparison, depth + 1, &content))
			return false;
		sum = is_ordered ? mix(sum ^ seed, key) : sum + mix(mix(seed, key), content);
	}
	*hash = mix(seed, sum);
	return true;
}

static bool hash_value(struct side side, struct value_comparison *comparison, unsigned depth,
		       uint64_t *hash)
{
	const struct value *value = side.value;

	if (depth > DEPTH_MAX || !spend(comparison, 1) || !is_known(value))
		return false;
	if (is_numeric(value))
		return hash_number(value, comparison->secret, hash);
	if (!is_scalar(value))
		return hash_parts(side, comparison, depth, hash);
	*hash = mix(comparison->secret, value->tag);
	if (value->tag == VALUE_TEXT || value->tag == VALUE_BYTES)
		*hash = spend(comparison, value->n / 64) ? hash_bytes(*hash, value) : *hash;
	return true;
}

static int by_hash(const void *one, const void *other)
{
	uint64_t a = ((const struct hashed *)one)->hash;
	uint64_t b = ((const struct hashed *)other)->hash;

	return (a > b) - (a < b);
}

/* The parts (of a dict: its keys) sorted by their hashes; NULL: cannot be said. */
static struct hashed *sorted(struct side side, struct value_comparison *comparison, unsigned depth)
{
	uint32_t n = side.value->n;
	uint32_t each = side.value->tag == VALUE_DICT ? 2 : 1;
	struct hashed *parts = xcalloc((size_t)n + 1, sizeof(*parts));

	for (uint32_t i = 0; i < n; i++) {
		parts[i].place = i * each;
		if (!hash_value(part(side, i * each), comparison, depth + 1, &parts[i].hash)) {
			free(parts);
			return NULL;
		}
	}
	qsort(parts, n, sizeof(*parts), by_hash);
	return parts;
}

/* ---------------------------------------------------------------- containers */

static enum truth sequences_equal(struct side actual, struct side expected,
				  struct value_comparison *comparison, unsigned depth)
{
	enum truth truth = truth_of(actual.value->n == expected.value->n);

	for (uint32_t i = 0; truth == TRUTH_YES && i < expected.value->n; i++)
		truth = equal(part(actual, i), part(expected, i), comparison, depth + 1);
	return truth;
}

/* Of two parts with the same hash. */
static enum truth same_part(struct side actual, uint32_t at, struct side expected, uint32_t where,
			    struct value_comparison *comparison, unsigned depth)
{
	struct value_comparison exact = *comparison;
	enum truth truth;

	exact.has_tolerance = false; /* keys are looked up */
	truth = equal(part(actual, at), part(expected, where), &exact, depth + 1);
	comparison->budget = exact.budget;
	if (truth != TRUTH_YES || expected.value->tag != VALUE_DICT)
		return truth;
	return equal(part(actual, at + 1), part(expected, where + 1), comparison, depth + 1);
}

/* Each of `actual` has a partner of its own among those of `expected`; both are sorted. Where two
 * parts of one side have the same hash they are equal, but for chance. */
static enum truth partners(struct side actual, const struct hashed *ours, struct side expected,
			   const struct hashed *theirs, struct value_comparison *comparison,
			   unsigned depth)
{
	enum truth truth = TRUTH_YES;

	for (uint32_t i = 0; i < expected.value->n; i++)
		if (ours[i].hash != theirs[i].hash)
			return TRUTH_NO;
	for (uint32_t i = 0; truth == TRUTH_YES && i < expected.value->n; i++)
		truth = same_part(actual, ours[i].place, expected, theirs[i].place, comparison,
				  depth);
	return truth;
}

static enum truth equal_in_any_order(struct side actual, struct side expected,
				     struct value_comparison *comparison, unsigned depth)
{
	struct hashed *ours, *theirs = NULL;
	enum truth truth = TRUTH_UNKNOWN;

	if (actual.value->n != expected.value->n)
		return TRUTH_NO;
	ours = sorted(actual, comparison, depth);
	if (ours != NULL)
		theirs = sorted(expected, comparison, depth);
	if (theirs != NULL)
		truth = partners(actual, ours, expected, theirs, comparison, depth);
	free(ours);
	free(theirs);
	return truth;
}

static enum truth containers_equal(struct side actual, struct side expected,
				   struct value_comparison *comparison, unsigned depth)
{
	const struct value *one = actual.value, *other = expected.value;

	if (is_set(other))
		return is_set(one) ? equal_in_any_order(actual, expected, comparison, depth)
				   : TRUTH_NO;
	if (other->tag == VALUE_DICT)
		return one->tag == VALUE_DICT
			       ? equal_in_any_order(actual, expected, comparison, depth)
			       : TRUTH_NO;
	if (one->tag != other->tag &&
	    !(comparison->is_json && other->tag == VALUE_LIST && one->tag == VALUE_TUPLE))
		return TRUTH_NO;
	if (depth == 1 && comparison->is_unordered && other->tag == VALUE_LIST)
		return equal_in_any_order(actual, expected, comparison, depth);
	return sequences_equal(actual, expected, comparison, depth);
}

static enum truth equal(struct side actual, struct side expected,
			struct value_comparison *comparison, unsigned depth)
{
	if (!is_known(actual.value) || !is_known(expected.value) || depth > DEPTH_MAX ||
	    !spend(comparison, 1))
		return TRUTH_UNKNOWN;
	if (is_scalar(expected.value))
		return scalar_equal(actual.value, expected.value, comparison);
	if (is_scalar(actual.value))
		return TRUTH_NO;
	return containers_equal(actual, expected, comparison, depth);
}

enum truth value_parts_equal(const struct value_tree *actual, const struct value *part,
			     const struct value_tree *tree, const struct value *expected,
			     struct value_comparison *comparison)
{
	return equal((struct side){actual, part}, (struct side){tree, expected}, comparison, 1);
}

enum truth value_equals_part(const struct value_tree *actual, const struct value_tree *tree,
			     const struct value *expected, struct value_comparison *comparison)
{
	return value_parts_equal(actual, actual->values, tree, expected, comparison);
}

enum truth value_equals(const struct value_tree *actual, const struct value_tree *expected,
			struct value_comparison *comparison)
{
	return value_equals_part(actual, expected, expected->values, comparison);
}
