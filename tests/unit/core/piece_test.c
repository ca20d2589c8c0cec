/* core/piece: lines and tokens. */
#include "core/piece.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) ((struct slice){.bytes = (const uint8_t *)(text), .len = sizeof(text) - 1})

struct expected_piece {
	size_t line;
	size_t offset;
	const char *bytes;
};

static void check_pieces(struct slice text, enum piece_cut cut, const struct expected_piece *list)
{
	struct piece_cursor cursor = piece_open(text, cut);
	struct piece piece = piece_next(&cursor);

	for (; list->bytes != NULL; list++, piece = piece_next(&cursor)) {
		assert_false(piece.is_end);
		assert_int_equal(piece.line, list->line);
		assert_int_equal(piece.offset, list->offset);
		assert_int_equal(piece.len, strlen(list->bytes));
		assert_memory_equal(piece_bytes(text, &piece).bytes, list->bytes, piece.len);
	}
	for (int i = 0; i < 2; i++, piece = piece_next(&cursor)) {
		assert_true(piece.is_end);
		assert_int_equal(piece.offset, text.len);
		assert_int_equal(piece.line, list->line);
		assert_int_equal(piece.len, 0);
	}
}

#define CHECK(text, cut, ...) \
	check_pieces(BYTES(text), cut, (const struct expected_piece[]){__VA_ARGS__})

static void test_whole_lines(void **state)
{
	(void)state;
	CHECK("", PIECE_WHOLE_LINE, {1, 0, NULL});
	CHECK("\n", PIECE_WHOLE_LINE, {1, 0, "\n"}, {2, 0, NULL});
	CHECK("a \r\n\n b", PIECE_WHOLE_LINE, {1, 0, "a \r\n"}, {2, 4, "\n"}, {3, 5, " b"},
	      {4, 0, NULL});
}

static void test_rstripped_lines(void **state)
{
	(void)state;
	CHECK("", PIECE_RSTRIPPED_LINE, {1, 0, NULL});
	CHECK(" \n\t\r\n\v\f", PIECE_RSTRIPPED_LINE, {1, 0, NULL});
	CHECK("\n a \t\r\n  \n\tb\n\n \n", PIECE_RSTRIPPED_LINE, {1, 0, ""}, {2, 1, " a"},
	      {3, 7, ""}, {4, 10, "\tb"}, {5, 0, NULL});
	CHECK("a\rb", PIECE_RSTRIPPED_LINE, {1, 0, "a\rb"}, {2, 0, NULL});
}

static void test_stripped_lines(void **state)
{
	(void)state;
	CHECK("\n a \t\r\n  \n\tb c\n\n", PIECE_STRIPPED_LINE, {1, 0, ""}, {2, 2, "a"}, {3, 9, ""},
	      {4, 11, "b c"}, {5, 0, NULL});
	CHECK("\xc2\xa0"
	      "a",
	      PIECE_STRIPPED_LINE,
	      {1, 0,
	       "\xc2\xa0"
	       "a"},
	      {2, 0, NULL}); /* U+00A0 is no white space of ASCII */
}

static void test_tokens(void **state)
{
	(void)state;
	CHECK("", PIECE_TOKEN, {1, 0, NULL});
	CHECK(" \n \n", PIECE_TOKEN, {1, 0, NULL});
	CHECK("a\tb\vc\fd\re f\n\n g\n", PIECE_TOKEN, {1, 0, "a"}, {1, 2, "b"}, {1, 4, "c"},
	      {1, 6, "d"}, {1, 8, "e"}, {1, 10, "f"}, {3, 14, "g"}, {3, 0, NULL});
	CHECK("a\x1f\x85\xa0z", PIECE_TOKEN, {1, 0, "a\x1f\x85\xa0z"}, {1, 0, NULL});
}

static void test_nul_is_a_byte(void **state)
{
	struct slice text = BYTES("a\0 b\0\nc");
	struct piece_cursor cursor = piece_open(text, PIECE_TOKEN);
	struct piece piece = piece_next(&cursor);

	(void)state;
	assert_int_equal(piece.len, 2);
	piece = piece_next(&cursor);
	assert_int_equal(piece.offset, 3);
	assert_int_equal(piece.len, 2);
	cursor = piece_open(text, PIECE_RSTRIPPED_LINE);
	assert_int_equal(piece_next(&cursor).len, 5);
	assert_int_equal(piece_next(&cursor).len, 1);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_whole_lines),    cmocka_unit_test(test_rstripped_lines),
		cmocka_unit_test(test_stripped_lines), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_nul_is_a_byte),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
