/*
 * Lines of a file, plain or gzip. Part of the command line `assay`.
 *
 * zlib's own gzread() would do the decompression, but it insists on filling its buffer before it
 * gives anything: a program that feeds `assay eval -` through a pipe, one task at a time, would
 * wait for ever. So the bytes are read here with read(2), and whatever has arrived is inflated and
 * given out.
 *
 * Only one line is held at a time and a line is bounded, so the memory is bounded however small the
 * archive and however long its contents. Archives of several members (made by `cat a.gz b.gz`) are
 * one text. Bytes after the last member that are no gzip header are an error, not silence.
 */
#include "client/suite/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define INPUT_BYTES (64u << 10)
#define FIRST_CAPACITY (128u << 10)

struct lines {
	int fd;
	bool is_gzip;
	bool stream_ended; /* the present gzip member is complete */
	bool input_ended;  /* read() said so */
	bool ended;        /* nothing more will come into `text` */
	int failed;        /* -errno that repeats */
	z_stream inflater;
	unsigned char input[INPUT_BYTES];
	size_t input_start, input_end;
	char *text;
	size_t capacity;
	size_t start, end; /* what of `text` has not been given out */
	size_t searched;   /* bytes from `start` known to hold no newline */
	uint64_t number;
};

static int read_input(struct lines *lines)
{
	if (lines->input_start == lines->input_end)
		lines->input_start = lines->input_end = 0;
	if (lines->input_end == INPUT_BYTES)
		return 0;
	ssize_t got =
		read(lines->fd, lines->input + lines->input_end, INPUT_BYTES - lines->input_end);
	if (got < 0)
		return -errno;
	if (got == 0)
		lines->input_ended = true;
	lines->input_end += (size_t)got;
	return 0;
}

/* The first two bytes decide between gzip and plain text; a byte order mark is skipped. */
static int recognise(struct lines *lines)
{
	while (lines->input_end < 3 && !lines->input_ended) {
		int err = read_input(lines);
		if (err < 0)
			return err;
		/* A program may wait after one short line: only these two openings need more. */
		if (lines->input_end && lines->input[0] != 0x1f && lines->input[0] != 0xef)
			break;
	}
	if (lines->input_end >= 2 && lines->input[0] == 0x1f && lines->input[1] == 0x8b) {
		if (inflateInit2(&lines->inflater, 16 + MAX_WBITS) != Z_OK)
			return -ENOMEM;
		lines->is_gzip = true;
	} else if (lines->input_end >= 3 && memcmp(lines->input, "\xef\xbb\xbf", 3) == 0) {
		lines->input_start = 3;
	}
	return 0;
}

int lines_open(const char *path, struct lines **result)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	bool is_stdin = strcmp(path, "-") == 0;
	lines->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			     : open(path, O_RDONLY | O_CLOEXEC);
	int err = lines->fd < 0 ? -errno : 0;
	if (err == 0) {
		lines->capacity = FIRST_CAPACITY;
		lines->text = malloc(lines->capacity + 1);
		err = lines->text ? 0 : -ENOMEM;
	}
	while (err == 0 || err == -EINTR) {
		err = recognise(lines);
		if (err != -EINTR || is_stdin)
			break;
	}
	if (err < 0) {
		lines_close(lines);
		return err;
	}
	*result = lines;
	return 0;
}

static int make_room(struct lines *lines)
{
	if (lines->start > 0 && lines->end == lines->capacity) {
		memmove(lines->text, lines->text + lines->start, lines->end - lines->start);
		lines->end -= lines->start;
		lines->start = 0;
	}
	if (lines->end < lines->capacity)
		return 0;
	if (lines->capacity > LINES_MAX_BYTES)
		return -EFBIG;
	size_t capacity = lines->capacity * 2;
	if (capacity > LINES_MAX_BYTES)
		capacity = LINES_MAX_BYTES + 1; /* the newline may follow a line of full length */
	char *text = realloc(lines->text, capacity + 1);
	if (!text)
		return -ENOMEM;
	lines->text = text;
	lines->capacity = capacity;
	return 0;
}

static void take_plain(struct lines *lines)
{
	size_t room = lines->capacity - lines->end;
	size_t available = lines->input_end - lines->input_start;
	size_t len = available < room ? available : room;

	memcpy(lines->text + lines->end, lines->input + lines->input_start, len);
	lines->input_start += len;
	lines->end += len;
}

static int take_inflated(struct lines *lines)
{
	z_stream *inflater = &lines->inflater;
	if (lines->stream_ended) {
		if (inflateReset(inflater) != Z_OK)
			return -EBADMSG;
		lines->stream_ended = false;
	}
	inflater->next_in = lines->input + lines->input_start;
	inflater->avail_in = (uInt)(lines->input_end - lines->input_start);
	inflater->next_out = (unsigned char *)lines->text + lines->end;
	inflater->avail_out = (uInt)(lines->capacity - lines->end);
	int outcome = inflate(inflater, Z_NO_FLUSH);
	lines->input_start = lines->input_end - inflater->avail_in;
	lines->end = lines->capacity - inflater->avail_out;
	if (outcome == Z_STREAM_END)
		lines->stream_ended = true;
	else if (outcome == Z_MEM_ERROR)
		return -ENOMEM;
	else if (outcome != Z_OK && outcome != Z_BUF_ERROR)
		return -EBADMSG;
	return 0;
}

/* Appends what can be had to `text`, or sets `ended`. */
static int fill(struct lines *lines)
{
	int err = make_room(lines);
	if (err < 0)
		return err;
	size_t before = lines->end;
	for (;;) {
		if (lines->input_start < lines->input_end) {
			if (lines->is_gzip)
				err = take_inflated(lines);
			else
				take_plain(lines);
			if (err < 0 || lines->end > before)
				return err;
		}
		if (lines->input_ended && lines->input_start == lines->input_end) {
			lines->ended = true;
			return lines->is_gzip && !lines->stream_ended ? -EBADMSG : 0;
		}
		if (lines->input_start == lines->input_end && !lines->input_ended) {
			err = read_input(lines);
			if (err < 0)
				return err;
		}
	}
}

static void give(struct lines *lines, size_t line_len, size_t taken, char **text, size_t *len)
{
	*text = lines->text + lines->start;
	(*text)[line_len] = '\0';
	*len = line_len;
	lines->start += taken;
	lines->searched = 0;
	lines->number++;
	if (lines->start == lines->end)
		lines->start = lines->end = 0;
}

int lines_next(struct lines *lines, char **text, size_t *len)
{
	if (lines->failed)
		return lines->failed;
	for (;;) {
		size_t available = lines->end - lines->start;
		char *found = memchr(lines->text + lines->start + lines->searched, '\n',
				     available - lines->searched);
		if (found) {
			size_t line_len = (size_t)(found - (lines->text + lines->start));
			give(lines, line_len, line_len + 1, text, len);
			return 0;
		}
		lines->searched = available;
		if (available > LINES_MAX_BYTES)
			return lines->failed = -EFBIG;
		if (lines->ended && available == 0)
			return 1;
		if (lines->ended) {
			give(lines, available, available, text, len);
			return 0;
		}
		int err = fill(lines);
		if (err < 0) {
			if (err != -EINTR)
				lines->failed = err;
			return err;
		}
	}
}

uint64_t lines_number(const struct lines *lines)
{
	return lines->number;
}

void lines_close(struct lines *lines)
{
	if (!lines)
		return;
	if (lines->is_gzip)
		inflateEnd(&lines->inflater);
	if (lines->fd >= 0)
		close(lines->fd);
	free(lines->text);
	free(lines);
}
