/*
 * The completion mark of native programs: an object that is linked with the tests and the
 * candidate, and that writes the records of the run. It is the only file of ours that lives in the
 * candidate's process.
 *
 * The entry point of the program is here, so the nonce is taken, and its descriptor closed, before
 * anything of the candidate can run (constructors, resolvers of indirect functions). RECORD_END is
 * written when the tests' main() has returned, in the process that was started, and nowhere else:
 * exit, a signal or exec leave without it. Everything but the names that the linker needs is
 * static, so no candidate can call it by name.
 *
 * Before the C library is initialised there is no stack protector and no errno: system calls are
 * made by hand, and this file is built without the protector. What is left is that the nonce lies
 * in the memory of the process: code that looks for it there can forge the mark
 * (docs/threat-model.md).
 */
#include "inside/runtimes/native/mark.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "inside/wire.h"

#define MESSAGE_BYTES 256

int assay_tests_main(int argc, char **argv, char **environment);
void __real___assert_fail(const char *what, const char *file, unsigned int line,
			  const char *function) __attribute__((noreturn));
void __wrap___assert_fail(const char *what, const char *file, unsigned int line,
			  const char *function) __attribute__((noreturn));
void assay_tests_exit(int status) __attribute__((noreturn));
void assay_tests_abort(void) __attribute__((noreturn));
void assay_take_nonce(void) __attribute__((visibility("hidden")));

static struct {
	uint8_t nonce[JOB_NONCE_BYTES];
	long process;
	int is_told;
} mark;

static long call(long number, long one, long two, long three)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(one), "S"(two), "d"(three)
			 : "rcx", "r11", "memory");
	return result;
}

/* Where the kernel enters; then the C library's own beginning. */
__asm__(".text\n"
	".globl assay_start\n"
	".type assay_start, @function\n"
	"assay_start:\n"
	"	mov %rdx, %r12\n"
	"	mov %rsp, %r13\n"
	"	and $-16, %rsp\n"
	"	call assay_take_nonce\n"
	"	mov %r13, %rsp\n"
	"	mov %r12, %rdx\n"
	"	xor %ebp, %ebp\n"
	"	jmp _start\n");

void assay_take_nonce(void)
{
	if (call(SYS_read, MARK_FD_NONCE, (long)mark.nonce, sizeof(mark.nonce)) ==
	    (long)sizeof(mark.nonce))
		mark.process = call(SYS_getpid, 0, 0, 0);
	call(SYS_close, MARK_FD_NONCE, 0, 0);
}

struct record {
	struct record_header header;
	uint8_t fields[RECORD_FIELDS * sizeof(uint32_t) + MESSAGE_BYTES];
};

static void add_field(struct record *record, const void *bytes, size_t bytes_len)
{
	uint32_t len = (uint32_t)(bytes_len < MESSAGE_BYTES ? bytes_len : MESSAGE_BYTES);
	uint8_t *at = (uint8_t *)record + record->header.length;

	memcpy(at, &len, sizeof(len));
	if (len > 0)
		memcpy(at + sizeof(len), bytes, len);
	record->header.length += (uint32_t)sizeof(len) + len;
	record->header.n_fields++;
}

static struct record new_record(uint8_t type, uint32_t number)
{
	return (struct record){
		.header = {.magic = RECORD_MAGIC,
			   .type = type,
			   .length = sizeof(struct record_header),
			   .number = number},
	};
}

static void write_record(const struct record *record)
{
	call(SYS_write, MARK_FD_RECORDS, (long)record, record->header.length);
}

static void write_state(uint32_t state)
{
	struct record record = new_record(RECORD_STATE, state);

	write_record(&record);
}

/* The one test of the run, and the mark. A copy of the process has nothing to say. */
static void tell(uint8_t outcome, const char *message)
{
	struct record record;

	if (mark.is_told || mark.process != call(SYS_getpid, 0, 0, 0))
		return;
	mark.is_told = 1;
	record = new_record(RECORD_TEST, 0);
	record.header.outcome = outcome;
	for (int i = 0; i < RECORD_FIELD_ERROR_MESSAGE; i++)
		add_field(&record, "", 0);
	add_field(&record, message, strlen(message));
	write_record(&record);
	record = new_record(RECORD_END, 1);
	add_field(&record, mark.nonce, sizeof(mark.nonce));
	write_record(&record);
}

/* "the tests ended with status 1" */
static void tell_status(int status)
{
	char text[] = "the tests ended with status ...";
	unsigned int value = (unsigned int)status & 0xff;
	char *digits = text + sizeof(text) - 4;

	digits[0] = (char)('0' + value / 100);
	digits[1] = (char)('0' + value / 10 % 10);
	digits[2] = (char)('0' + value % 10);
	while (digits[0] == '0' && digits[1] != '\0')
		memmove(digits, digits + 1, strlen(digits));
	tell(RECORD_FAILED, text);
}

int main(int argc, char **argv, char **environment)
{
	struct record plan = new_record(RECORD_PLAN, 1);
	int status;

	write_record(&plan);
	write_state(RECORD_STATE_LOADING);
	write_state(RECORD_STATE_TESTING);
	status = assay_tests_main(argc, argv, environment);
	if (status == 0)
		tell(RECORD_PASSED, "");
	else
		tell_status(status);
	return status;
}

/* An assertion of the tests is a wrong answer; one of the candidate's own is an error. */
void __wrap___assert_fail(const char *what, const char *file, unsigned int line,
			  const char *function)
{
	char text[MESSAGE_BYTES] = "assertion failed: ";
	size_t len = strlen(text);
	size_t what_len = strlen(what);
	int is_of_tests = strncmp(file, MARK_TESTS_NAME ".", sizeof(MARK_TESTS_NAME)) == 0;

	if (what_len > sizeof(text) - len - 1)
		what_len = sizeof(text) - len - 1;
	memcpy(text + len, what, what_len);
	tell(is_of_tests ? RECORD_FAILED : RECORD_ERROR, text);
	__real___assert_fail(what, file, line, function);
}

/* What exit(3) and abort(3) in the tests become. Leaving in order is no pass. */
void assay_tests_exit(int status)
{
	if (status != 0)
		tell_status(status);
	exit(status);
}

void assay_tests_abort(void)
{
	tell(RECORD_FAILED, "the tests called abort()");
	abort();
}
