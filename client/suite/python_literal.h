/*
 * JSON as json.dumps() writes it (python_json.h) to a literal of Python, with lists that were
 * tuples or sets before they were JSON. For arguments of calls: the outermost list is theirs.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

enum literal_kind {
	LITERAL_PLAIN,
	LITERAL_SETS,          /* lists at depth 2 are sets, but the empty one and others are {} */
	LITERAL_COMPLEX,       /* the argument is a complex number, or its text */
	LITERAL_FLOAT_COMPLEX, /* the first is a float, or its text; the second as above */
};

struct literal_shape {
	uint32_t arguments; /* bit i: argument i has tuples */
	uint32_t depths;    /* bit d: lists at that depth are; the argument itself has depth 1 */
	enum literal_kind kind;
};
#define LITERAL_ALL UINT32_MAX

/* Writes the literal of one value. What is behind it is not looked at. */
void python_literal_write(FILE *out, const char *json, const struct literal_shape *shape);
