/*
 * From the bytes that came out of a cell to an examination. The bytes are hostile. Broker only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/outcome.h"
#include "inside/wire.h"

/*
 * Fills *examination; its text points into `bytes`. Anything that our side never writes sets
 * is_malformed and ends the reading; a record cut off at the end (the writer was killed) does not.
 * Never fails. To be given to examination_deinit().
 */
void record_read(const uint8_t *bytes, size_t len, const uint8_t nonce[JOB_NONCE_BYTES],
		 struct examination *examination);

/* One record, and its fields within its bytes. */
struct record {
	struct record_header header;
	struct slice fields[RECORD_FIELDS];
};

/* RECORD_CUT: its end is not there (the writer was killed); RECORD_BAD: it is none. */
enum record_parsing { RECORD_CUT = 1, RECORD_BAD };
int record_parse(const uint8_t *bytes, size_t len, struct record *record);

struct test_error record_error(const struct record *record);
