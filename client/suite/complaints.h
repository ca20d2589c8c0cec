/* Lines of input that could not be used: the first few are told, all are counted. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct complaints {
	/* Tells one, in the manner of printf; NULL: only count. */
	void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
	size_t n;
};

/* "FILE, line 17: PROBLEM", while it is one of the first ten. */
void complain(struct complaints *complaints, const char *file, uint64_t line, const char *problem);

/* "... and 5 more lines could not be used" if some were not told. */
void complain_rest(struct complaints *complaints);
