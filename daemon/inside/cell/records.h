/*
 * Writing the records of a run (inside/wire.h) into their pipe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inside/wire.h"

/* Longest single field; all fields together then fit RECORD_BYTES_MAX. */
#define RECORDS_FIELD_MAX (24u * 1024u)

struct records_field {
	const char *bytes;
	size_t len; /* what is beyond RECORDS_FIELD_MAX is cut */
};

struct records_test {
	uint32_t index;
	enum record_outcome outcome;
	uint32_t line;
	uint32_t flags; /* RECORD_TEST_* */
	uint64_t cpu_ns;
	struct records_field fields[RECORD_FIELDS];
};

struct records_fault {
	enum record_fault kind;
	uint32_t line;
	struct records_field type;
	struct records_field message;
	struct records_field traceback;
};

/* The pipe to write to from now on (borrowed); a child of this process cannot write to it. */
void records_open(int fd);

/* The next record is the first of another candidate: the budget of texts begins anew. */
void records_start(void);

/* The pipe, or -1. */
int records_descriptor(void);

/* Closes it: nothing is written from now on. */
void records_close(void);

void records_write_plan(uint32_t n_tests);
void records_write_state(enum record_state state);
void records_write_test(const struct records_test *test);
void records_write_fault(const struct records_fault *fault);
/* A record whose fields may be longer: type, outcome, number, line and flags are the caller's.
 * False, and nothing is written: it is too long, or all together would be. */
bool records_write_large(struct record_header *header, const struct records_field *fields);

/* Room in the pipe for many of them, so that nobody has to read while they are written. */
void records_make_room(void);

void records_write_harness_fault(const char *what);
void records_write_end(uint32_t n_reached, const uint8_t nonce[JOB_NONCE_BYTES]);
