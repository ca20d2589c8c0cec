/*
 * Walks a message of values (values.h) and says whether the decoder may trust its structure. In
 * both locked processes, before anything is made of the bytes: in the examiner they come from the
 * candidate's side and are hostile.
 *
 * Plain C, no allocation; recursion ends at VALUE_DEPTH_MAX. Every number of parts is compared with
 * the bytes that are left (each part has at least one) before it is believed, so the time is linear
 * in the length. One table says for each tag how it is checked, what it costs and where it may be.
 */
#include "inside/runtimes/python/values.h"

#include "inside/runtimes/python/values_reader.h"

struct check {
	struct value_reader reader;
	uint32_t n_nodes;
	uint32_t n_shared;
	const char *wrong; /* what was found first */
};

enum place {
	PLACE_ANY,
	PLACE_KEY, /* of a dict or set, or within one */
};

/* Where a value stands. */
struct spot {
	unsigned depth;
	enum place place;
};

struct kind {
	bool (*check)(struct check *check, const struct kind *kind, struct spot at);
	uint32_t size;   /* bytes or values that always follow, bytes of a length */
	uint32_t weight; /* 0: 1 */
	bool is_key;
	bool is_shared;
};

static bool check_value(struct check *check, struct spot at);

static bool fail(struct check *check, const char *what)
{
	if (check->wrong == NULL)
		check->wrong = what;
	return false;
}

static bool take_number(struct check *check, size_t n, uint64_t *number)
{
	return value_take_number(&check->reader, n, number) || fail(check, "ends too early");
}

static bool take(struct check *check, uint64_t n, const uint8_t **bytes)
{
	*bytes = value_take(&check->reader, n);
	return *bytes != NULL || fail(check, "ends too early");
}

/* The length of the UTF-8 sequence at `text`, lone surrogates allowed; 0: there is none. */
static size_t text_step(const uint8_t *text, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t point = text[0];
	size_t n = point < 0x80 ? 1 : point < 0xc2 ? 0 : point < 0xe0 ? 2 : point < 0xf0 ? 3 : 4;

	if (n <= 1)
		return n;
	if (point > 0xf4 || n > left)
		return 0;
	point &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	return point < least[n] || point > 0x10ffff ? 0 : n;
}

static bool check_text(struct check *check, uint64_t len)
{
	const uint8_t *text;

	if (!take(check, len, &text))
		return false;
	while (len > 0) {
		size_t n = text_step(text, len);

		if (n == 0)
			return fail(check, "text is not UTF-8");
		text += n;
		len -= n;
	}
	return true;
}

static bool check_fixed(struct check *check, const struct kind *kind, struct spot at)
{
	const uint8_t *bytes;

	(void)at;
	return take(check, kind->size, &bytes);
}

static bool check_int_bytes(struct check *check, uint64_t n)
{
	const uint8_t *bytes;

	if (!take(check, n, &bytes))
		return false;
	if (n > 1 && bytes[n - 1] == (bytes[n - 2] & 0x80 ? 0xff : 0))
		return fail(check, "an integer is longer than it needs to be");
	return true;
}

static bool check_int(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n;

	(void)at;
	if (!take_number(check, kind->size, &n))
		return false;
	if (n == 0 || (n > 8) != (kind->size > 1))
		return fail(check, "an integer has a wrong length");
	return check_int_bytes(check, n);
}

static bool check_unicode(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n;

	(void)at;
	return take_number(check, kind->size, &n) && check_text(check, n);
}

static bool check_bytes(struct check *check, const struct kind *kind, struct spot at)
{
	const uint8_t *bytes;
	uint64_t n;

	(void)kind, (void)at;
	return take_number(check, 4, &n) && take(check, n, &bytes);
}

/* `n` groups of a part as `first` says and, if `has_value`, one that may be anything. */
static bool check_parts(struct check *check, uint64_t n, unsigned depth, enum place first,
			bool has_value)
{
	if (n > check->reader.left)
		return fail(check, "has more parts than bytes");
	for (uint64_t i = 0; i < n; i++) {
		if (!check_value(check, (struct spot){depth + 1, first}))
			return false;
		if (has_value && !check_value(check, (struct spot){depth + 1, PLACE_ANY}))
			return false;
	}
	return true;
}

static bool check_items(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n;

	(void)kind;
	return take_number(check, 4, &n) && check_parts(check, n, at.depth, at.place, false);
}

static bool check_elements(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n;

	(void)kind;
	return take_number(check, 4, &n) && check_parts(check, n, at.depth, PLACE_KEY, false);
}

static bool check_pairs(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n;

	(void)kind;
	return take_number(check, 4, &n) && check_parts(check, n, at.depth, PLACE_KEY, true);
}

/* The next value must have one of two tags. */
static bool check_either(struct check *check, unsigned depth, enum value_tag one,
			 enum value_tag other)
{
	if (check->reader.left == 0)
		return fail(check, "ends too early");
	if (check->reader.bytes[0] != one && check->reader.bytes[0] != other)
		return fail(check, "has a part of the wrong kind");
	return check_value(check, (struct spot){depth + 1, PLACE_KEY});
}

static bool check_default(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n;

	(void)kind;
	return take_number(check, 4, &n) &&
	       check_either(check, at.depth, VALUE_NONE, VALUE_BUILTIN) &&
	       check_parts(check, n, at.depth, PLACE_KEY, true);
}

static bool check_deque(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n, maxlen;

	(void)kind;
	if (!take_number(check, 4, &n) || !take_number(check, 8, &maxlen))
		return false;
	if (maxlen != 0 && (n > maxlen - 1 || maxlen - 1 > INT64_MAX))
		return fail(check, "a deque is longer than it may be");
	return check_parts(check, n, at.depth, PLACE_ANY, false);
}

static bool check_named(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t n, length;

	(void)kind;
	if (!take_number(check, 2, &n))
		return false;
	if (n > VALUE_FIELDS_MAX)
		return fail(check, "a named tuple has too many fields");
	for (uint64_t i = 0; i < n + 1; i++)
		if (!take_number(check, 1, &length) || !check_text(check, length))
			return false;
	return check_parts(check, n, at.depth, at.place, false);
}

static bool check_integers(struct check *check, const struct kind *kind, struct spot at)
{
	for (uint32_t i = 0; i < kind->size; i++)
		if (!check_either(check, at.depth, VALUE_INT, VALUE_BIG_INT))
			return false;
	return true;
}

static bool check_fraction(struct check *check, const struct kind *kind, struct spot at)
{
	size_t before = check->reader.left;

	if (!check_integers(check, kind, at))
		return false;
	if (before - check->reader.left > kind->size * (5 + VALUE_FRACTION_BYTES_MAX))
		return fail(check, "a fraction is too long");
	return true;
}

static bool check_slice(struct check *check, const struct kind *kind, struct spot at)
{
	return check_parts(check, kind->size, at.depth, PLACE_ANY, false);
}

/* Letters, digits and the signs of a number; Python's own parser has the last word. */
static bool check_decimal(struct check *check, const struct kind *kind, struct spot at)
{
	const uint8_t *text;
	uint64_t n;

	(void)kind, (void)at;
	if (!take_number(check, 4, &n) || !take(check, n, &text))
		return false;
	for (uint64_t i = 0; i < n; i++) {
		uint8_t letter = text[i] | 0x20;

		if (!(text[i] >= '0' && text[i] <= '9') && !(letter >= 'a' && letter <= 'z') &&
		    text[i] != '+' && text[i] != '-' && text[i] != '.')
			return fail(check, "a decimal number is none");
	}
	return true;
}

static bool check_time(struct check *check, const struct kind *kind, struct spot at)
{
	return check_fixed(check, kind, at) &&
	       check_either(check, at.depth, VALUE_NONE, VALUE_TIMEZONE);
}

static bool check_timezone(struct check *check, const struct kind *kind, struct spot at)
{
	return check_fixed(check, kind, at) &&
	       check_either(check, at.depth, VALUE_NONE, VALUE_TEXT);
}

static bool check_back(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t i;

	(void)kind, (void)at;
	if (!take_number(check, 4, &i))
		return false;
	return i < check->n_shared || fail(check, "refers to what is not finished");
}

static bool check_handle(struct check *check, const struct kind *kind, struct spot at)
{
	uint64_t which, ident, n;
	const uint8_t *label;

	(void)kind, (void)at;
	if (!take_number(check, 1, &which) || !take_number(check, 8, &ident) ||
	    !take_number(check, 2, &n))
		return false;
	if (ident > INT64_MAX || n > VALUE_LABEL_BYTES_MAX)
		return fail(check, "a handle is out of bounds");
	return take(check, n, &label);
}

/* The weights follow from sizeof in CPython 3.9 to 3.13, in units of some 64 bytes. */
static const struct kind kinds[VALUE_TAGS] = {
	[VALUE_NONE] = {check_fixed, .is_key = true},
	[VALUE_FALSE] = {check_fixed, .is_key = true},
	[VALUE_TRUE] = {check_fixed, .is_key = true},
	[VALUE_ELLIPSIS] = {check_fixed, .is_key = true},
	[VALUE_NOT_IMPLEMENTED] = {check_fixed, .is_key = true},
	[VALUE_INT] = {check_int, .size = 1, .is_key = true},
	[VALUE_BIG_INT] = {check_int, .size = 4, .is_key = true},
	[VALUE_FLOAT] = {check_fixed, .size = 8, .is_key = true},
	[VALUE_COMPLEX] = {check_fixed, .size = 16, .is_key = true},
	[VALUE_TEXT] = {check_unicode, .size = 4, .is_key = true},
	[VALUE_BYTES] = {check_bytes, .is_key = true},
	[VALUE_BYTEARRAY] = {check_bytes, .is_shared = true},
	[VALUE_LIST] = {check_items, .is_shared = true},
	[VALUE_TUPLE] = {check_items, .is_key = true},
	[VALUE_SET] = {check_elements, .weight = 4, .is_shared = true},
	[VALUE_FROZENSET] = {check_elements, .weight = 4, .is_key = true},
	[VALUE_DICT] = {check_pairs, .weight = 4, .is_shared = true},
	[VALUE_COUNTER] = {check_pairs, .weight = 8, .is_shared = true},
	[VALUE_ORDERED] = {check_pairs, .weight = 8, .is_shared = true},
	[VALUE_DEFAULT] = {check_default, .weight = 8, .is_shared = true},
	[VALUE_DEQUE] = {check_deque, .weight = 12, .is_shared = true},
	[VALUE_NAMED] = {check_named, .weight = 2, .is_key = true},
	[VALUE_RANGE] = {check_integers, .size = 3, .is_key = true},
	[VALUE_SLICE] = {check_slice, .size = 3},
	[VALUE_DECIMAL] = {check_decimal, .weight = 2, .is_key = true},
	[VALUE_FRACTION] = {check_fraction, .size = 2, .is_key = true},
	[VALUE_DATE] = {check_fixed, .size = 4, .is_key = true},
	[VALUE_TIME] = {check_time, .size = 6, .is_key = true},
	[VALUE_DATETIME] = {check_time, .size = 10, .is_key = true},
	[VALUE_TIMEDELTA] = {check_fixed, .size = 12, .is_key = true},
	[VALUE_TIMEZONE] = {check_timezone, .size = 12, .weight = 2, .is_key = true},
	[VALUE_BUILTIN] = {check_unicode, .size = 1, .is_key = true},
	[VALUE_BACK] = {check_back},
	[VALUE_HANDLE] = {check_handle, .weight = 4},
};

static bool check_value(struct check *check, struct spot at)
{
	uint64_t tag;

	if (!take_number(check, 1, &tag))
		return false;
	if (tag >= VALUE_TAGS)
		return fail(check, "has an unknown tag");
	if (at.depth > VALUE_DEPTH_MAX)
		return fail(check, "is nested too deep");
	if (at.place == PLACE_KEY && !kinds[tag].is_key)
		return fail(check, "has a key that cannot be one");
	check->n_nodes += value_weight(tag);
	if (check->n_nodes > VALUE_NODES_MAX)
		return fail(check, "has too many parts");
	if (!kinds[tag].check(check, &kinds[tag], at))
		return false;
	check->n_shared += kinds[tag].is_shared;
	return true;
}

uint32_t value_weight(enum value_tag tag)
{
	return kinds[tag].weight > 0 ? kinds[tag].weight : 1;
}

bool value_is_shared(enum value_tag tag)
{
	return kinds[tag].is_shared;
}

const char *values_check(const uint8_t *bytes, size_t len, struct value_needs *needs)
{
	struct check check = {.reader = {.bytes = bytes, .left = len}};

	if (len > VALUE_BYTES_MAX)
		return "is too long";
	if (!check_value(&check, (struct spot){1, PLACE_ANY}))
		return check.wrong;
	if (check.reader.left > 0)
		return "goes on after its end";
	needs->n_nodes = check.n_nodes;
	needs->n_shared = check.n_shared;
	return NULL;
}
