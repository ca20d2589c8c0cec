/* Reads a text file, plain or gzip, line by line; bounded, so that a hostile archive cannot fill
 * the memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LINES_MAX_BYTES (64u << 20) /* of one line, decompressed */

struct lines;

/* Opens `path`; "-" is standard input. gzip is recognised by its first bytes, whatever the name. 0
 * or -errno; *lines goes back to lines_close(). */
int lines_open(const char *path, struct lines **lines);

/*
 * The next line, without its newline and with a NUL behind it (it may hold NUL bytes itself);
 * borrowed until the next call. A last line without a newline counts; an empty line is given as
 * such. 0: *text and *len are set; 1: the end. -EFBIG: a line above LINES_MAX_BYTES; -EBADMSG: a
 * damaged or cut off archive; -EINTR: a signal came, calling again goes on. Other errors repeat.
 */
int lines_next(struct lines *lines, char **text, size_t *len);

/* Number of the line given last, from 1. */
uint64_t lines_number(const struct lines *lines);

/* NULL is allowed. */
void lines_close(struct lines *lines);
