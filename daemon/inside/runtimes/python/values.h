/*
 * The wire format of values between examiner and examinee, and its checker. No Python in here: the
 * checker is fuzzed and tested by itself.
 *
 * A message is exactly one value. A value is a tag (one byte) and what the tag says; integers are
 * little-endian, `text` is UTF-8 in which lone surrogates are allowed (ED A0 80 to ED BF BF).
 *
 *   NONE FALSE TRUE ELLIPSIS NOT_IMPLEMENTED
 *   INT            u8 n in 1..8, n bytes: two's complement, as short as can be
 *   BIG_INT        u32 n > 8, n bytes: the same
 *   FLOAT          8 bytes: IEEE 754 binary64
 *   COMPLEX        16 bytes: real, imaginary
 *   TEXT           u32 n, n bytes of text
 *   BYTES          u32 n, n bytes
 *   BYTEARRAY  *   u32 n, n bytes
 *   LIST       *   u32 n, n values
 *   TUPLE          u32 n, n values
 *   SET        *   u32 n, n keys
 *   FROZENSET      u32 n, n keys
 *   DICT       *   u32 n, n times key and value, in the order of the dict
 *   COUNTER    *   as DICT
 *   ORDERED    *   as DICT
 *   DEFAULT    *   u32 n, NONE or BUILTIN (the default factory), then as DICT
 *   DEQUE      *   u32 n, u64 maxlen + 1 (0: none), n values
 *   NAMED          u16 n, n + 1 names (the type's, the fields'), n values; name: u8 m, m bytes of
 *                  text
 *   RANGE          start, stop, step: INT or BIG_INT each
 *   SLICE          start, stop, step: values
 *   DECIMAL        u32 n, n characters: what str() says of it
 *   FRACTION       numerator, denominator: INT or BIG_INT, together 2 * VALUE_FRACTION_BYTES_MAX
 *   DATE           4 bytes: year (high byte first), month, day
 *   TIME           6 bytes: hour + 128 fold, minute, second, microsecond (3, high byte first),
 *                  then NONE or TIMEZONE
 *   DATETIME       10 bytes: year (2), month + 128 fold, day, and the rest as in TIME
 *   TIMEDELTA      i32 days, u32 seconds, u32 microseconds
 *   TIMEZONE       as TIMEDELTA, then NONE or TEXT (its name)
 *   BUILTIN        u8 n, n characters: a builtin type or function by name, as the receiver has it
 *   BACK           u32 i: the i-th of the containers marked * above, counted from 0 in the order in
 *                  which they end. So one can only refer to what is finished: no cycle exists.
 *   HANDLE         u8 kind, u64 ident < 2^63, u16 n <= VALUE_LABEL_BYTES_MAX, n bytes of label
 *
 * A key is a value that can be hashed without asking anybody: none of the containers marked *, no
 * SLICE, BACK or HANDLE, also not within a tuple. No two keys of a container are equal, and
 * no more than 200 have the same hash.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALUE_DEPTH_MAX 400u /* a value without parts has depth 1 */
#define VALUE_NODES_MAX 3000000u
#define VALUE_BYTES_MAX (64u << 20)
#define VALUE_LABEL_BYTES_MAX 1000u
#define VALUE_FIELDS_MAX 1000u         /* of a named tuple */
#define VALUE_NAME_BYTES_MAX 255u      /* of a named tuple and its fields */
#define VALUE_FRACTION_BYTES_MAX 4096u /* a part, on average: reducing takes quadratic time */

enum value_tag {
	VALUE_NONE,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_ELLIPSIS,
	VALUE_NOT_IMPLEMENTED,
	VALUE_INT,
	VALUE_BIG_INT,
	VALUE_FLOAT,
	VALUE_COMPLEX,
	VALUE_TEXT,
	VALUE_BYTES,
	VALUE_BYTEARRAY,
	VALUE_LIST,
	VALUE_TUPLE,
	VALUE_SET,
	VALUE_FROZENSET,
	VALUE_DICT,
	VALUE_COUNTER,
	VALUE_ORDERED,
	VALUE_DEFAULT,
	VALUE_DEQUE,
	VALUE_NAMED,
	VALUE_RANGE,
	VALUE_SLICE,
	VALUE_DECIMAL,
	VALUE_FRACTION,
	VALUE_DATE,
	VALUE_TIME,
	VALUE_DATETIME,
	VALUE_TIMEDELTA,
	VALUE_TIMEZONE,
	VALUE_BUILTIN,
	VALUE_BACK,
	VALUE_HANDLE,
	VALUE_TAGS, /* how many there are */
};

/* What a checked message needs. */
struct value_needs {
	uint32_t n_nodes;  /* values in it, large ones counted as value_weight() says */
	uint32_t n_shared; /* containers that BACK can refer to */
};

/*
 * NULL: the bytes are one value within all bounds, in well-formed parts, and `needs` is filled.
 * Else what is wrong with them, a constant. What only Python can tell is left to the decoder: equal
 * keys, days of a month, names of builtins.
 */
const char *values_check(const uint8_t *bytes, size_t len, struct value_needs *needs);

/* How many nodes a value counts: so that 3,000,000 of them never need more than some 300 MB. */
uint32_t value_weight(enum value_tag tag);

/* Marked * above: can be referred to by BACK. */
bool value_is_shared(enum value_tag tag);
