/*
 * Messages of values for tests, written by hand: V("L" ...) would be one more language, so they are
 * bytes in string literals, with the tags by name. Included by test programs.
 */
#pragma once

#include "core/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NONE "\x00"
#define FALSE_ "\x01"
#define TRUE_ "\x02"
#define ELLIPSIS "\x03"
#define INT(byte) "\x05\x01" byte
#define BIG "\x06\x09\0\0\0" /* nine bytes follow */
#define FLOAT "\x07"         /* eight bytes follow */
#define ONE_POINT_5 FLOAT "\0\0\0\0\0\0\xf8\x3f"
#define ONE_POINT_0 FLOAT "\0\0\0\0\0\0\xf0\x3f"
#define TEXT(n) "\x09" n "\0\0\0"
#define BYTES(n) "\x0a" n "\0\0\0"
#define LIST(n) "\x0c" n "\0\0\0"
#define TUPLE(n) "\x0d" n "\0\0\0"
#define SET(n) "\x0e" n "\0\0\0"
#define FROZENSET(n) "\x0f" n "\0\0\0"
#define DICT(n) "\x10" n "\0\0\0"
#define BACK(i) "\x20" i "\0\0\0"
#define NO_OPERATIONS LIST("\0")

#define SLICE(text) ((struct slice){.bytes = (const uint8_t *)(text), .len = sizeof(text) - 1})

static inline struct value_tree tree_of(struct slice bytes)
{
	/* In a block of its own, so that reading beyond it is noticed; trees borrow their texts. */
	struct value_tree tree;

	assert_true(value_tree_read(&tree, bytes));
	return tree;
}
