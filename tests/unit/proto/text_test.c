/*
 * NUL in strings: found at every depth, and only in strings; nonsense is left to unpacking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "assay.pb-c.h"
#include "proto/text.h"

static bool has_nul(const void *bytes, size_t len)
{
	return text_has_nul(&assay__client_message__descriptor, bytes, len);
}

/* Packs a request with this language, and puts a NUL where it has '@'. */
static size_t pack(uint8_t bytes[512], const char *language, const char *code)
{
	Assay__ClientMessage message = ASSAY__CLIENT_MESSAGE__INIT;
	Assay__Evaluate evaluate = ASSAY__EVALUATE__INIT;
	Assay__Candidate candidate = ASSAY__CANDIDATE__INIT;
	Assay__Candidate *candidates[] = {&candidate};
	size_t len;

	candidate.code.data = (uint8_t *)code;
	candidate.code.len = strlen(code);
	candidate.id = (char *)"first";
	evaluate.language = (char *)language;
	evaluate.candidates = candidates;
	evaluate.n_candidates = 1;
	message.request_id = 0x4000;
	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_EVALUATE;
	message.evaluate = &evaluate;
	len = assay__client_message__get_packed_size(&message);
	assert_true(len <= 512);
	assay__client_message__pack(&message, bytes);
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '@')
			bytes[i] = '\0';
	return len;
}

static void test_strings_and_bytes(void **state)
{
	uint8_t bytes[512];

	(void)state;
	assert_false(has_nul(bytes, pack(bytes, "python", "x = 1")));
	assert_true(has_nul(bytes, pack(bytes, "pyth@on", "x = 1")));
	assert_true(has_nul(bytes, pack(bytes, "python@", "x = 1")));
	assert_false(has_nul(bytes, pack(bytes, "python", "x = @")));
	assert_false(has_nul(bytes, 0));
}

static void test_nested_string(void **state)
{
	uint8_t bytes[512];
	size_t len = pack(bytes, "python", "x = 1");
	uint8_t *name = memmem(bytes, len, "first", 5);

	(void)state;
	assert_non_null(name);
	name[2] = '\0';
	assert_true(has_nul(bytes, len));
}

/* Every cut and every changed byte of a message: never beyond its end (AddressSanitizer looks). */
static void test_nonsense(void **state)
{
	uint8_t bytes[512];
	size_t len = pack(bytes, "python", "x = 1");

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_false(has_nul(bytes, cut));
	for (size_t i = 0; i < len; i++) {
		uint8_t before = bytes[i];

		for (unsigned int value = 1; value < 256; value++) {
			bytes[i] = (uint8_t)value;
			(void)has_nul(bytes, len);
		}
		bytes[i] = before;
	}
	assert_false(has_nul("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 12));
	assert_false(has_nul("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10));
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_strings_and_bytes),
		cmocka_unit_test(test_nested_string),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
