/* broker/record_reader: honest records, and every way of forging them that we thought of. */
#include "broker/record_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t nonce[JOB_NONCE_BYTES] = "0123456789abcdef";
static uint8_t bytes[65536];
static size_t len;
static struct examination examination;

static int set_up(void **state)
{
	(void)state;
	len = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	examination_deinit(&examination);
	return 0;
}

static void put(uint8_t type, uint8_t outcome, uint32_t number, const char *field, size_t field_len)
{
	struct record_header header = {
		.magic = RECORD_MAGIC,
		.type = type,
		.outcome = outcome,
		.number = number,
		.n_fields = field != NULL,
		.length = (uint32_t)(sizeof(header) + (field != NULL ? 4 + field_len : 0)),
	};
	uint32_t announced = (uint32_t)field_len;

	memcpy(bytes + len, &header, sizeof(header));
	len += sizeof(header);
	if (field == NULL)
		return;
	memcpy(bytes + len, &announced, 4);
	memcpy(bytes + len + 4, field, field_len);
	len += 4 + field_len;
}

static void put_honest(void)
{
	put(RECORD_PLAN, 0, 2, NULL, 0);
	put(RECORD_STATE, 0, RECORD_STATE_LOADING, NULL, 0);
	put(RECORD_STATE, 0, RECORD_STATE_TESTING, NULL, 0);
	put(RECORD_TEST, RECORD_PASSED, 0, NULL, 0);
	put(RECORD_TEST, RECORD_FAILED, 1, "name", 4);
}

static void put_end(uint32_t reached)
{
	put(RECORD_END, 0, reached, (const char *)nonce, sizeof(nonce));
}

static void read_all(void)
{
	examination_deinit(&examination);
	record_read(bytes, len, nonce, &examination);
}

static void test_honest(void **state)
{
	(void)state;
	put_honest();
	put_end(2);
	read_all();
	assert_true(examination.is_complete);
	assert_false(examination.is_malformed);
	assert_int_equal(examination.n_tests, 2);
	assert_int_equal(examination.tests[0].outcome, TEST_PASSED);
	assert_int_equal(examination.tests[1].outcome, TEST_FAILED);
	assert_memory_equal(examination.tests[1].name.bytes, "name", 4);
	assert_int_equal(examination.state, EXAMINATION_TESTING);
}

/* Cut anywhere: never complete, never read beyond, and not called forged. */
static void test_cut(void **state)
{
	size_t whole;

	(void)state;
	put_honest();
	put_end(2);
	whole = len;
	for (len = 0; len < whole; len++) {
		read_all();
		assert_false(examination.is_complete);
		assert_false(examination.is_malformed);
	}
}

static void expect_forged(void)
{
	read_all();
	assert_true(examination.is_malformed);
	assert_false(examination.is_complete);
	len = 0;
}

static void test_forged(void **state)
{
	(void)state;
	put_honest();
	put(RECORD_END, 0, 2, "0123456789abcdeX", 16);
	expect_forged();
	put_honest();
	put_end(1);
	expect_forged();
	put_end(0); /* without a plan */
	expect_forged();
	put_honest();
	put_end(2);
	put(RECORD_TEST, RECORD_PASSED, 1, NULL, 0);
	expect_forged();
	put_honest();
	put(RECORD_TEST, RECORD_PASSED, 1, NULL, 0); /* a failure does not become a pass */
	expect_forged();
	put_honest();
	put(RECORD_TEST, RECORD_PASSED, 2, NULL, 0);
	expect_forged();
	put_honest();
	put(RECORD_TEST, 9, 0, NULL, 0);
	expect_forged();
	put_honest();
	put(RECORD_PLAN, 0, 1, NULL, 0);
	expect_forged();
	put(RECORD_PLAN, 0, RECORD_TESTS_MAX + 1, NULL, 0);
	expect_forged();
	put_honest();
	put(RECORD_STATE, 0, RECORD_STATE_LOADING, NULL, 0); /* back to before */
	expect_forged();
	put(77, 0, 0, NULL, 0);
	expect_forged();
	put_honest();
	put(RECORD_FAULT, RECORD_FAULT_HARNESS, 0, NULL, 0); /* not ours: its code runs */
	expect_forged();
	put_honest();
	bytes[0] ^= 1;
	expect_forged();
}

static void test_lengths(void **state)
{
	struct record_header header;

	(void)state;
	put(RECORD_PLAN, 0, 1, "abcd", 4);
	memcpy(&header, bytes, sizeof(header));
	header.length = RECORD_BYTES_MAX + 1;
	memcpy(bytes, &header, sizeof(header));
	expect_forged();
	put(RECORD_PLAN, 0, 1, "abcd", 4);
	memset(bytes + sizeof(header), 0xff, 4); /* a field longer than its record */
	expect_forged();
	put(RECORD_PLAN, 0, 1, "abcd", 4);
	memcpy(&header, bytes, sizeof(header));
	header.n_fields = RECORD_FIELDS + 1;
	memcpy(bytes, &header, sizeof(header));
	expect_forged();
	put(RECORD_PLAN, 0, 1, NULL, 0);
	memcpy(&header, bytes, sizeof(header));
	header.length = 4;
	memcpy(bytes, &header, sizeof(header));
	expect_forged();
}

static void test_fault(void **state)
{
	(void)state;
	put(RECORD_FAULT, RECORD_FAULT_COMPILE, 0, NULL, 0);
	put_end(0);
	read_all();
	assert_true(examination.is_complete);
	assert_int_equal(examination.fault, EXAMINATION_COMPILE);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_honest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fault, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
