/*
 * Cases of kind stdio: a program, what it reads, and what it must print. Whether one has passed is
 * decided here, from what the kernel said of the process and from the bytes that it wrote; never
 * from anything that it said of itself. Pure.
 */
#pragma once

#include <stdbool.h>

#include "core/compare.h"
#include "core/job.h"
#include "core/verdict.h"

/* Of `float`, where a request names no tolerance. */
#define CASE_DEFAULT_ABSOLUTE 1e-9
#define CASE_DEFAULT_RELATIVE 1e-6
/* Longest expected output of comparator `set`, which sorts its lines. */
#define CASE_SET_BYTES_MAX (1u << 20)

/* The cases of a task; what the program reads is task.tests. */
struct stdio_tests {
	enum comparator comparator;
	struct tolerance tolerance;
	struct stdio_case {
		const char *name;
		struct slice expected;
	} * cases; /* owned; as many as task.n_tests */
};

/*
 * How a case went whose run ended by itself, `facts` say how. FAILED: *difference says where its
 * output is not the expected one. ERROR: it ended with a status of its own; CRASHED: by a signal.
 */
enum test_outcome case_judge(const struct stdio_tests *tests, uint32_t index,
			     const struct run_facts *facts, struct slice output,
			     struct difference *difference);

/* The part of a text that is told when it is longer than a value may be, beginning somewhat before
 * its byte `at`. */
struct slice case_excerpt(struct slice text, size_t at, size_t max_bytes);
