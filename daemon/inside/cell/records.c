/*
 * Records leave the process one write(2) each, as soon as they are known: whatever ends the process
 * next cannot take back what is in the pipe. In the judging process (and, if the zygote cannot
 * fork, pid 1 for one record).
 *
 * The run has a budget of bytes that the broker accepts; near its end records go without their
 * texts, so that a test suite with many long values is not taken for an attack.
 */
#include "inside/cell/records.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/fd.h"

/* Every test may write twice without texts and still fit RECORD_RUN_BYTES_MAX. */
#define TEXT_BUDGET \
	(RECORD_RUN_BYTES_MAX - 2u * RECORD_TESTS_MAX * sizeof(struct record_header) - 65536u)

static struct {
	int fd;
	size_t written;
	char buffer[RECORD_BYTES_MAX];
} records = {.fd = -1};

_Static_assert(sizeof(struct record_header) + RECORD_FIELDS * (4 + RECORDS_FIELD_MAX) <=
		       RECORD_BYTES_MAX,
	       "a record fits the buffer");
_Static_assert(RECORD_RUN_BYTES_MAX > 2u * RECORD_TESTS_MAX * sizeof(struct record_header) + 65536u,
	       "there is room for texts");

/* A process forked by the candidate runs the same tests to the same end; only the first may say so.
 */
static void forget_in_child(void)
{
	records.fd = -1;
}

void records_open(int fd)
{
	records.fd = fd;
	records.written = 0;
	pthread_atfork(NULL, NULL, forget_in_child);
}

void records_start(void)
{
	records.written = 0;
}

int records_descriptor(void)
{
	return records.fd;
}

void records_close(void)
{
	fd_close(&records.fd);
}

static size_t append_field(size_t at, const struct records_field *field, size_t max)
{
	uint32_t len = (uint32_t)(field->len < max ? field->len : max);

	memcpy(records.buffer + at, &len, sizeof(len));
	if (len > 0)
		memcpy(records.buffer + at + sizeof(len), field->bytes, len);
	return at + sizeof(len) + len;
}

static void write_fields(struct record_header *header, const struct records_field *fields,
			 uint32_t n_fields, size_t max)
{
	size_t at = sizeof(*header);

	if (records.fd < 0)
		return;
	for (uint32_t i = 0; i < n_fields; i++)
		at = append_field(at, &fields[i], max);
	header->magic = RECORD_MAGIC;
	header->n_fields = n_fields;
	header->length = (uint32_t)at;
	memcpy(records.buffer, header, sizeof(*header));
	records.written += at;
	fd_write_all(records.fd, records.buffer, at);
}

static void write_record(struct record_header *header, const struct records_field *fields,
			 uint32_t n_fields)
{
	if (header->type == RECORD_TEST && records.written > TEXT_BUDGET)
		n_fields = 0;
	write_fields(header, fields, n_fields, RECORDS_FIELD_MAX);
}

bool records_write_large(struct record_header *header, const struct records_field *fields)
{
	size_t total = sizeof(*header);
	uint32_t n_fields = RECORD_FIELDS;

	while (n_fields > 0 && fields[n_fields - 1].len == 0)
		n_fields--;
	for (uint32_t i = 0; i < n_fields; i++) {
		if (fields[i].len > RECORD_BYTES_MAX)
			return false;
		total += sizeof(uint32_t) + fields[i].len;
	}
	if (total > RECORD_BYTES_MAX || records.written + total > RECORD_RUN_BYTES_MAX / 2)
		return false;
	write_fields(header, fields, n_fields, RECORD_BYTES_MAX);
	return true;
}

void records_make_room(void)
{
	/* What an ordinary user may have, unless the machine's owner allows less. */
	(void)fcntl(records.fd, F_SETPIPE_SZ, 1 << 20);
}

void records_write_plan(uint32_t n_tests)
{
	struct record_header header = {.type = RECORD_PLAN, .number = n_tests};

	write_record(&header, NULL, 0);
}

void records_write_state(enum record_state state)
{
	struct record_header header = {.type = RECORD_STATE, .number = state};

	write_record(&header, NULL, 0);
}

void records_write_test(const struct records_test *test)
{
	struct record_header header = {
		.type = RECORD_TEST,
		.outcome = (uint8_t)test->outcome,
		.number = test->index,
		.line = test->line,
		.cpu_ns = test->cpu_ns,
		.flags = test->flags,
	};

	write_record(&header, test->fields, RECORD_FIELDS);
}

void records_write_fault(const struct records_fault *fault)
{
	struct records_field fields[RECORD_FIELDS] = {
		[RECORD_FIELD_ERROR_TYPE] = fault->type,
		[RECORD_FIELD_ERROR_MESSAGE] = fault->message,
		[RECORD_FIELD_TRACEBACK] = fault->traceback,
	};
	struct record_header header = {
		.type = RECORD_FAULT,
		.outcome = (uint8_t)fault->kind,
		.line = fault->line,
	};

	write_record(&header, fields, RECORD_FIELDS);
}

void records_write_harness_fault(const char *what)
{
	struct records_fault fault = {
		.kind = RECORD_FAULT_HARNESS,
		.message = {.bytes = what, .len = strlen(what)},
	};

	records_write_fault(&fault);
}

void records_write_end(uint32_t n_reached, const uint8_t nonce[JOB_NONCE_BYTES])
{
	struct records_field field = {.bytes = (const char *)nonce, .len = JOB_NONCE_BYTES};
	struct record_header header = {.type = RECORD_END, .number = n_reached};

	write_record(&header, &field, 1);
}
