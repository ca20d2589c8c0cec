/*
 * The error contract of all daemon code, and the value that says which step of a set-up failed.
 *
 * A function that can fail returns int: 0 done; < 0 is -errno, unexpected, passed up unchanged;
 * > 0 is an outcome of that function's own enum, handled by the direct caller.
 */
#pragma once

#include <stdint.h>

/* Our machine failed at a set-up step; travels from the inside through the keeper to the broker. */
struct failure {
	char step[32];    /* name of the step in inside.c or of the keeper's own action */
	int32_t error;    /* errno, positive; 0: none */
	char detail[124]; /* what was tried, for a person; NUL-terminated */
};

/* Fills `failure`; `format` as printf. Uses no heap and no stdio locks; safe after fork. */
void failure_set(struct failure *failure, const char *step, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
