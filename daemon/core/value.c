/*
 * From bytes to a tree. Broker.
 *
 * values_check() has the structure; here nothing is checked again. The parts of a container lie
 * next to each other, so that they can be found by a number. What a BACK refers to has ended before
 * it: its value is copied, its parts are shared. So the tree may be a graph without cycles, and
 * whoever walks it needs a budget.
 */
#include "core/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inside/runtimes/python/values_reader.h"

struct reading {
	struct value_reader reader;
	struct value_tree *tree;
	uint32_t *shared; /* places of the containers that ended */
	uint32_t n_shared;
};

static void read_value(struct reading *reading, uint32_t place);

static uint64_t number(struct reading *reading, size_t n)
{
	uint64_t number = 0;

	value_take_number(&reading->reader, n, &number);
	return number;
}

static void read_bytes(struct reading *reading, struct value *value, size_t n)
{
	value->n = (uint32_t)n;
	value->bytes = value_take(&reading->reader, n);
}

static void read_integer(struct reading *reading, struct value *value)
{
	size_t n = number(reading, 1);
	uint64_t bits = number(reading, n);

	if (n > 0 && n < sizeof(bits) && (bits >> (8 * n - 1) & 1) != 0)
		bits |= UINT64_MAX << (8 * n);
	value->integer = (int64_t)bits;
}

static void read_parts(struct reading *reading, uint32_t place, uint32_t n, uint32_t each)
{
	uint32_t first = reading->tree->n;

	reading->tree->n += n * each;
	reading->tree->values[place].n = n;
	reading->tree->values[place].first = first;
	for (uint32_t i = 0; i < n * each; i++)
		read_value(reading, first + i);
}

/* What is not compared here is skipped whole: the rest of its message is of no use. */
static void give_up(struct reading *reading)
{
	reading->reader.left = 0;
}

static void read_container(struct reading *reading, uint32_t place, enum value_tag tag)
{
	uint32_t n = (uint32_t)number(reading, 4);

	read_parts(reading, place, n, tag == VALUE_DICT ? 2 : 1);
	if (value_is_shared(tag))
		reading->shared[reading->n_shared++] = place;
}

static void read_value(struct reading *reading, uint32_t place)
{
	struct value *value = &reading->tree->values[place];
	enum value_tag tag;
	uint64_t bits;

	/* Behind something unknown: NOT_IMPLEMENTED stands for it. */
	value->tag = VALUE_NOT_IMPLEMENTED;
	if (reading->reader.left == 0)
		return;
	tag = (enum value_tag)number(reading, 1);
	value->tag = (uint8_t)tag;
	switch (tag) {
	case VALUE_NONE:
	case VALUE_FALSE:
	case VALUE_TRUE:
	case VALUE_ELLIPSIS:
		value->integer = tag == VALUE_TRUE;
		break;
	case VALUE_INT:
		read_integer(reading, value);
		break;
	case VALUE_FLOAT:
		bits = number(reading, 8);
		memcpy(&value->real, &bits, sizeof(value->real));
		break;
	case VALUE_BIG_INT:
	case VALUE_TEXT:
	case VALUE_BYTES:
		read_bytes(reading, value, number(reading, 4));
		break;
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
	case VALUE_FROZENSET:
	case VALUE_DICT:
		read_container(reading, place, tag);
		break;
	case VALUE_BACK:
		*value = reading->tree->values[reading->shared[number(reading, 4)]];
		break;
	default:
		value->tag = VALUE_NOT_IMPLEMENTED;
		give_up(reading);
		break;
	}
}

bool value_tree_read(struct value_tree *tree, struct slice bytes)
{
	struct reading reading = {
		.reader = {.bytes = bytes.bytes, .left = bytes.len},
		.tree = tree,
	};
	struct value_needs needs;

	if (values_check(bytes.bytes, bytes.len, &needs) != NULL)
		return false;
	/* A value has at least one byte. */
	tree->values = xcalloc(bytes.len, sizeof(*tree->values));
	tree->n = 1;
	reading.shared = xcalloc((size_t)needs.n_shared + 1, sizeof(*reading.shared));
	read_value(&reading, 0);
	free(reading.shared);
	return true;
}

void value_tree_deinit(struct value_tree *tree)
{
	free(tree->values);
	*tree = (struct value_tree){0};
}

enum truth value_is_true(const struct value_tree *tree)
{
	const struct value *value = &tree->values[0];

	switch ((enum value_tag)value->tag) {
	case VALUE_NONE:
	case VALUE_FALSE:
		return TRUTH_NO;
	case VALUE_INT:
		return value->integer != 0 ? TRUTH_YES : TRUTH_NO;
	case VALUE_FLOAT:
		return value->real != 0 ? TRUTH_YES : TRUTH_NO;
	case VALUE_TRUE:
	case VALUE_ELLIPSIS:
	case VALUE_BIG_INT:
		return TRUTH_YES;
	case VALUE_TEXT:
	case VALUE_BYTES:
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
	case VALUE_FROZENSET:
	case VALUE_DICT:
		return value->n > 0 ? TRUTH_YES : TRUTH_NO;
	default:
		return TRUTH_UNKNOWN;
	}
}

bool value_number(const struct value *value, bool takes_bool, double *number)
{
	const int64_t exact = (int64_t)1 << 53;

	if (value->tag == VALUE_FLOAT) {
		*number = value->real;
		return true;
	}
	if (value->tag != VALUE_INT &&
	    !(takes_bool && (value->tag == VALUE_TRUE || value->tag == VALUE_FALSE)))
		return false;
	if (value->integer > exact || value->integer < -exact)
		return false;
	*number = (double)value->integer;
	return true;
}
