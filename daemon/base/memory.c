/*
 * The xmalloc family. Host-side processes only; never after a fork inside a cell.
 */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *check(void *result)
{
	if (result == NULL) {
		log_error("out of memory");
		abort();
	}
	return result;
}

void *xmalloc(size_t size)
{
	return check(malloc(size > 0 ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return check(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
	return check(realloc(old, size > 0 ? size : 1));
}

char *xstrdup(const char *text)
{
	return check(strdup(text));
}

void *xmemdup(const void *bytes, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}
