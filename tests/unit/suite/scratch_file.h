/* A file in /tmp for one test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Its path, to be given to scratch_remove(). */
static inline char *scratch_new(const void *bytes, size_t len)
{
	char *path = strdup("/tmp/assay_suite_test.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	return path;
}

static inline char *scratch_new_text(const char *text)
{
	return scratch_new(text, strlen(text));
}

static inline void scratch_remove(char *path)
{
	unlink(path);
	free(path);
}
