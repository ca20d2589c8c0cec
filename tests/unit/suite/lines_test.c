/* Lines of plain and compressed files, and of damaged ones. */
#include "tests/unit/suite/scratch_file.h"

#include <errno.h>
#include <zlib.h>

#include "client/suite/lines.h"

/* One gzip member. */
static size_t compress_text(const void *text, size_t len, unsigned char *out, size_t size)
{
	z_stream stream = {.next_in = (unsigned char *)(uintptr_t)text,
			   .avail_in = (uInt)len,
			   .next_out = out,
			   .avail_out = (uInt)size};
	assert_int_equal(
		deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return size - stream.avail_out;
}

static void assert_next(struct lines *lines, const char *expected)
{
	char *text;
	size_t len;
	assert_int_equal(lines_next(lines, &text, &len), 0);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(text, expected);
}

static void assert_end(struct lines *lines, int expected)
{
	char *text;
	size_t len;
	assert_int_equal(lines_next(lines, &text, &len), expected);
	assert_int_equal(lines_next(lines, &text, &len), expected);
}

static void plain_text(void **state)
{
	(void)state;
	char *path = scratch_new_text("\xef\xbb\xbf"
				      "one\n\nthree\r\nlast");
	struct lines *lines;
	assert_int_equal(lines_open(path, &lines), 0);
	assert_next(lines, "one");
	assert_next(lines, "");
	assert_next(lines, "three\r");
	assert_int_equal(lines_number(lines), 3);
	assert_next(lines, "last");
	assert_int_equal(lines_number(lines), 4);
	assert_end(lines, 1);
	lines_close(lines);
	scratch_remove(path);
}

static void short_files(void **state)
{
	(void)state;
	static const char *const texts[] = {"a", "\x1f", "\xef", "\xef\xbb"};
	struct lines *lines;
	for (size_t index = 0; index < 4; index++) {
		char *path = scratch_new_text(texts[index]);
		assert_int_equal(lines_open(path, &lines), 0);
		assert_next(lines, texts[index]);
		assert_end(lines, 1);
		lines_close(lines);
		scratch_remove(path);
	}
	assert_int_equal(lines_open("/dev/null", &lines), 0);
	assert_end(lines, 1);
	lines_close(lines);
	assert_int_equal(lines_open("/nonexistent/file", &lines), -ENOENT);
}

static void several_gzip_members_are_one_text(void **state)
{
	(void)state;
	unsigned char bytes[512];
	size_t len = compress_text("one\ntw", 6, bytes, sizeof(bytes));
	len += compress_text("o\nthree", 7, bytes + len, sizeof(bytes) - len);
	char *path = scratch_new(bytes, len);
	struct lines *lines;
	assert_int_equal(lines_open(path, &lines), 0);
	assert_next(lines, "one");
	assert_next(lines, "two");
	assert_next(lines, "three");
	assert_end(lines, 1);
	lines_close(lines);
	scratch_remove(path);
}

static void damaged_archives_are_told(void **state)
{
	(void)state;
	unsigned char bytes[512];
	size_t len = compress_text("one\ntwo\n", 8, bytes, sizeof(bytes));
	for (size_t cut = 2; cut < len; cut++) {
		char *path = scratch_new(bytes, cut);
		struct lines *lines;
		char *text;
		size_t text_len;
		int err;
		assert_int_equal(lines_open(path, &lines), 0);
		while ((err = lines_next(lines, &text, &text_len)) == 0)
			;
		assert_int_equal(err, -EBADMSG);
		lines_close(lines);
		scratch_remove(path);
	}
	memcpy(bytes + len, "rest", 4); /* no gzip header */
	char *path = scratch_new(bytes, len + 4);
	struct lines *lines;
	assert_int_equal(lines_open(path, &lines), 0);
	assert_next(lines, "one");
	assert_next(lines, "two");
	assert_end(lines, -EBADMSG);
	lines_close(lines);
	scratch_remove(path);
}

static void a_long_line_is_whole(void **state)
{
	(void)state;
	size_t len = 3000000;
	char *text = malloc(len + 3);
	memset(text, 'x', len);
	memcpy(text + len, "\ny\n", 3);
	char *path = scratch_new(text, len + 3);
	struct lines *lines;
	char *line;
	size_t line_len;
	assert_int_equal(lines_open(path, &lines), 0);
	assert_int_equal(lines_next(lines, &line, &line_len), 0);
	assert_int_equal(line_len, len);
	assert_memory_equal(line, text, len);
	assert_next(lines, "y");
	assert_end(lines, 1);
	lines_close(lines);
	scratch_remove(path);
	free(text);
}

/* `len` bytes of 'x' and a newline, compressed; what the reader says to the first line. */
static int read_huge_line(size_t len, size_t *line_len)
{
	char *text = malloc(len + 1);
	unsigned char *bytes = malloc(1 << 20);
	memset(text, 'x', len);
	text[len] = '\n';
	char *path = scratch_new(bytes, compress_text(text, len + 1, bytes, 1 << 20));
	free(text);
	free(bytes);
	struct lines *lines;
	char *line;
	assert_int_equal(lines_open(path, &lines), 0);
	int err = lines_next(lines, &line, line_len);
	if (err < 0)
		assert_end(lines, err);
	lines_close(lines);
	scratch_remove(path);
	return err;
}

static void a_line_is_bounded(void **state)
{
	(void)state;
	size_t len = 0;
	assert_int_equal(read_huge_line(LINES_MAX_BYTES, &len), 0);
	assert_int_equal(len, LINES_MAX_BYTES);
	assert_int_equal(read_huge_line((size_t)LINES_MAX_BYTES + 1, &len), -EFBIG);
	assert_int_equal(read_huge_line((size_t)LINES_MAX_BYTES * 2, &len), -EFBIG);
}

static void a_line_comes_before_the_pipe_is_full(void **state)
{
	(void)state;
	int pipe_fds[2], before = dup(STDIN_FILENO);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(dup2(pipe_fds[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(write(pipe_fds[1], "{}\n", 3), 3);
	struct lines *lines;
	assert_int_equal(lines_open("-", &lines), 0);
	assert_next(lines, "{}"); /* would wait for ever if it wanted more */
	assert_int_equal(write(pipe_fds[1], "next\n", 5), 5);
	assert_next(lines, "next");
	close(pipe_fds[1]);
	assert_end(lines, 1);
	lines_close(lines);
	close(pipe_fds[0]);
	dup2(before, STDIN_FILENO);
	close(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text),
		cmocka_unit_test(short_files),
		cmocka_unit_test(several_gzip_members_are_one_text),
		cmocka_unit_test(damaged_archives_are_told),
		cmocka_unit_test(a_long_line_is_whole),
		cmocka_unit_test(a_line_is_bounded),
		cmocka_unit_test(a_line_comes_before_the_pipe_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
