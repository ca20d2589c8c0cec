/*
 * Messages and their budget: round trips, cuts at every length, bombs, and what is ignored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "proto/frame.h"

#define PLENTY ((size_t)64 << 20)

static ProtobufCBinaryData bytes_of(const char *text)
{
	return (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)text};
}

/* A request with a bit of everything. The frame is the caller's. */
static uint8_t *pack_sample(size_t *len)
{
	Assay__ClientMessage message = ASSAY__CLIENT_MESSAGE__INIT;
	Assay__Evaluate evaluate = ASSAY__EVALUATE__INIT;
	Assay__AssertTests asserts = ASSAY__ASSERT_TESTS__INIT;
	Assay__Candidate first = ASSAY__CANDIDATE__INIT;
	Assay__Candidate second = ASSAY__CANDIDATE__INIT;
	Assay__Candidate *candidates[] = {&first, &second};
	ProtobufCBinaryData texts[] = {bytes_of("assert f(1) == 2"), bytes_of("")};
	Assay__Limits limits = ASSAY__LIMITS__INIT;
	uint8_t *bytes;

	message.request_id = 7;
	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_EVALUATE;
	message.evaluate = &evaluate;
	evaluate.id = (char *)"gr\xc3\xbc\xc3\x9f";
	evaluate.language = (char *)"python";
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_ASSERTS;
	evaluate.asserts = &asserts;
	asserts.n_asserts = 2;
	asserts.asserts = texts;
	evaluate.n_candidates = 2;
	evaluate.candidates = candidates;
	first.code = bytes_of("\xff not UTF-8");
	second.id = (char *)"b";
	limits.cpu_ms = UINT64_MAX;
	evaluate.limits = &limits;
	assert_int_equal(codec_pack_client(&message, &bytes, len), 0);
	return bytes;
}

static int unpack(const void *bytes, size_t len, size_t budget, Assay__ClientMessage **message)
{
	return codec_unpack_client(bytes, len, budget, message);
}

static void round_trip_keeps_everything(void **state)
{
	size_t len;
	uint8_t *bytes = pack_sample(&len);
	Assay__ClientMessage *message;
	Assay__Evaluate *evaluate;
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(bytes, len, len, &frame), 0);
	assert_int_equal(frame.total_len, len);
	assert_int_equal(unpack(frame.message, frame.message_len, PLENTY, &message), 0);
	assert_int_equal(message->request_id, 7);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_EVALUATE);
	evaluate = message->evaluate;
	assert_string_equal(evaluate->id, "gr\xc3\xbc\xc3\x9f");
	assert_int_equal(evaluate->asserts->n_asserts, 2);
	assert_int_equal(evaluate->asserts->asserts[1].len, 0);
	assert_null(evaluate->asserts->asserts[1].data);
	assert_int_equal(evaluate->candidates[0]->code.len, 11);
	assert_int_equal(evaluate->candidates[0]->code.data[11], '\0');
	assert_true(evaluate->limits->cpu_ms == UINT64_MAX);
	assert_string_equal(evaluate->candidates[0]->id, "");
	codec_free_client(message);
	free(bytes);
}

static void a_cut_message_is_never_more_than_refused(void **state)
{
	size_t len;
	uint8_t *bytes = pack_sample(&len);
	size_t n_refused = 0;

	(void)state;
	for (size_t cut = 0; cut < len - FRAME_HEADER_BYTES; cut++) {
		/* A block of its own, so that a read behind the end is found by ASan. */
		uint8_t *part = malloc(cut > 0 ? cut : 1);
		Assay__ClientMessage *message = NULL;
		int outcome;

		assert_non_null(part);
		memcpy(part, bytes + FRAME_HEADER_BYTES, cut);
		outcome = unpack(part, cut, PLENTY, &message);
		assert_true(outcome == 0 || outcome == CODEC_MALFORMED);
		assert_int_equal(outcome == 0, message != NULL);
		n_refused += outcome == CODEC_MALFORMED;
		codec_free_client(message);
		free(part);
	}
	assert_true(n_refused > (len - FRAME_HEADER_BYTES) * 9 / 10);
	free(bytes);
}

static void any_flipped_byte_is_survived(void **state)
{
	size_t len;
	uint8_t *bytes = pack_sample(&len);

	(void)state;
	for (size_t at = FRAME_HEADER_BYTES; at < len; at++)
		for (unsigned int flip = 1; flip < 256; flip++) {
			Assay__ClientMessage *message = NULL;
			int outcome;

			bytes[at] ^= (uint8_t)flip;
			outcome = unpack(bytes + FRAME_HEADER_BYTES, len - FRAME_HEADER_BYTES,
					 PLENTY, &message);
			assert_int_equal(outcome == 0, message != NULL);
			codec_free_client(message);
			bytes[at] ^= (uint8_t)flip;
		}
	free(bytes);
}

static void every_budget_fails_cleanly_or_suffices(void **state)
{
	size_t len;
	uint8_t *bytes = pack_sample(&len);
	Assay__ClientMessage *message = NULL;
	size_t budget = 0;

	(void)state;
	while (unpack(bytes + 4, len - 4, budget, &message) == CODEC_TOO_LARGE) {
		assert_null(message);
		budget++;
	}
	assert_non_null(message);
	/* What was kept costs more than its wire size, and far less than the usual budget. */
	assert_in_range(budget, len, codec_budget_bytes(len) / 100);
	codec_free_client(message);
	free(bytes);
}

static size_t put_varint(uint8_t *to, uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		to[n++] = (uint8_t)(value | 0x80);
	to[n++] = (uint8_t)value;
	return n;
}

/* evaluate { <n times a length-delimited field `number` of no bytes> } */
static uint8_t *make_bomb(unsigned int number, size_t n, size_t *len)
{
	uint8_t *bytes = malloc(16 + 3 * n);
	uint8_t tag[2];
	size_t tag_len = put_varint(tag, number << 3 | 2);
	size_t at = 0;

	assert_non_null(bytes);
	bytes[at++] = 3 << 3 | 2;
	at += put_varint(bytes + at, n * (tag_len + 1));
	for (size_t i = 0; i < n; i++) {
		memcpy(bytes + at, tag, tag_len);
		at += tag_len;
		bytes[at++] = 0;
	}
	*len = at;
	return bytes;
}

static void as_many_small_calls_as_tests_fit(void **state)
{
	/* { args_json = "[]", expect_json = "0" } */
	static const uint8_t call[] = {0xa, 7, 0xa, 2, '[', ']', 0x1a, 1, '0'};
	const size_t n = 65536;
	uint8_t *bytes = malloc(32 + n * sizeof(call));
	size_t calls_len = n * sizeof(call), len = 0;
	Assay__ClientMessage *message;
	uint8_t header[16];
	size_t header_len = 0;

	(void)state;
	assert_non_null(bytes);
	header[header_len++] = 12 << 3 | 2;
	header_len += put_varint(header + header_len, calls_len);
	bytes[len++] = 3 << 3 | 2;
	len += put_varint(bytes + len, header_len + calls_len);
	memcpy(bytes + len, header, header_len);
	len += header_len;
	for (size_t i = 0; i < n; i++, len += sizeof(call))
		memcpy(bytes + len, call, sizeof(call));
	assert_int_equal(unpack(bytes, len, codec_budget_bytes(len), &message), 0);
	assert_int_equal(message->evaluate->calls->n_calls, n);
	codec_free_client(message);
	free(bytes);
}

static void empty_elements_by_the_million_exceed_the_budget(void **state)
{
	size_t len;
	uint8_t *bytes = make_bomb(16, 1000000, &len);
	Assay__ClientMessage *message = NULL;

	(void)state;
	assert_int_equal(unpack(bytes, len, codec_budget_bytes(len), &message), CODEC_TOO_LARGE);
	assert_null(message);
	free(bytes);
}

static void a_oneof_set_again_and_again_exceeds_the_budget(void **state)
{
	size_t len;
	uint8_t *bytes = make_bomb(6, 1000000, &len);
	Assay__ClientMessage *message = NULL;

	(void)state;
	assert_int_equal(unpack(bytes, len, codec_budget_bytes(len), &message), CODEC_TOO_LARGE);
	free(bytes);
}

static void unknown_fields_by_the_million_exceed_the_budget(void **state)
{
	size_t len;
	uint8_t *bytes = make_bomb(100, 1000000, &len);
	Assay__ClientMessage *message = NULL;

	(void)state;
	assert_int_equal(unpack(bytes, len, codec_budget_bytes(len), &message), CODEC_TOO_LARGE);
	free(bytes);
}

static void unknown_fields_are_dropped(void **state)
{
	/* request_id = 5, field 100 = "xy", ping { payload = "p", field 9 = 1 } */
	const uint8_t bytes[] = {0x08, 5, 0xa2, 0x06, 2, 'x', 'y', 0x32, 5, 0xa, 1, 'p', 0x48, 1};
	Assay__ClientMessage *message;

	(void)state;
	assert_int_equal(unpack(bytes, sizeof(bytes), PLENTY, &message), 0);
	assert_int_equal(message->request_id, 5);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_PING);
	assert_string_equal((char *)message->ping->payload.data, "p");
	assert_int_equal(message->base.n_unknown_fields, 0);
	assert_int_equal(message->ping->base.n_unknown_fields, 0);
	codec_free_client(message);
}

static void the_last_of_a_oneof_wins(void **state)
{
	/* ping {}, cancel { target_id = 3 }, ping { payload = "q" } */
	const uint8_t bytes[] = {0x32, 0, 0x22, 2, 8, 3, 0x32, 3, 0xa, 1, 'q'};
	Assay__ClientMessage *message;

	(void)state;
	assert_int_equal(unpack(bytes, sizeof(bytes), PLENTY, &message), 0);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_PING);
	assert_string_equal((char *)message->ping->payload.data, "q");
	codec_free_client(message);
}

/* protobuf-c 1.4 merges text and bytes, but not numbers; no encoder sends such a thing. */
static void a_sub_message_given_twice_keeps_the_last(void **state)
{
	/* evaluate { limits { cpu_ms = 1 }, limits { wall_ms = 2 } } */
	const uint8_t bytes[] = {0x1a, 10, 0x92, 1, 2, 8, 1, 0x92, 1, 2, 0x10, 2};
	Assay__ClientMessage *message;

	(void)state;
	assert_int_equal(unpack(bytes, sizeof(bytes), PLENTY, &message), 0);
	assert_int_equal(message->evaluate->limits->wall_ms, 2);
	codec_free_client(message);
}

static void strings_that_are_not_utf8_are_malformed(void **state)
{
	/* evaluate { id = "\xff" }; evaluate { candidates { id = "\xed\xa0\x80" } } */
	const uint8_t plain[] = {0x1a, 3, 0xa, 1, 0xff};
	const uint8_t nested[] = {0x1a, 8, 0x82, 1, 5, 0xa, 3, 0xed, 0xa0, 0x80};
	Assay__ClientMessage *message = NULL;

	(void)state;
	assert_int_equal(unpack(plain, sizeof(plain), PLENTY, &message), CODEC_MALFORMED);
	assert_int_equal(unpack(nested, sizeof(nested), PLENTY, &message), CODEC_MALFORMED);
	assert_null(message);
}

static void an_enum_may_hold_a_number_of_the_future(void **state)
{
	/* evaluate { stop = 77 } */
	const uint8_t bytes[] = {0x1a, 3, 0xa0, 1, 77};
	Assay__ClientMessage *message;

	(void)state;
	assert_int_equal(unpack(bytes, sizeof(bytes), PLENTY, &message), 0);
	assert_int_equal(message->evaluate->stop, 77);
	codec_free_client(message);
}

static void garbage_is_malformed(void **state)
{
	static const char *const samples[] = {"GET / HTTP/1.1\r\n", "\x1a\xff\xff\xff\xff\x0f",
					      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
					      "\x07", "\x1b\x1c"};
	Assay__ClientMessage *message = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		assert_int_equal(unpack(samples[i], strlen(samples[i]), PLENTY, &message),
				 CODEC_MALFORMED);
	assert_null(message);
}

static void server_messages_survive_the_round_trip(void **state)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Result result = ASSAY__RESULT__INIT;
	Assay__ServerMessage *copy;
	uint8_t *bytes;
	size_t len;

	(void)state;
	message.request_id = UINT64_MAX;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_RESULT;
	message.result = &result;
	result.verdict = ASSAY__VERDICT__TAMPERED;
	result.score = 0.5;
	result.id = (char *)"\xff"; /* a client takes it */
	result.stdout = (ProtobufCBinaryData){.len = 3, .data = (uint8_t *)"a\0b"};
	assert_int_equal(codec_pack_server(&message, &bytes, &len), 0);
	assert_int_equal(codec_unpack_server(bytes + 4, len - 4, PLENTY, &copy), 0);
	assert_true(copy->request_id == UINT64_MAX);
	assert_int_equal(copy->result->verdict, ASSAY__VERDICT__TAMPERED);
	assert_true(copy->result->score == 0.5);
	assert_memory_equal(copy->result->stdout.data, "a\0b\0", 4);
	assert_int_equal(codec_unpack_server(bytes + 4, len - 4, 10, &copy), CODEC_TOO_LARGE);
	codec_free_server(copy);
	codec_free_server(NULL);
	codec_free_client(NULL);
	free(bytes);
}

/* Made of two parts, and read as one; also by those who read field by field. */
static void a_result_in_two_parts_is_one(void **state)
{
	Assay__Result own = ASSAY__RESULT__INIT;
	Assay__Result rest = ASSAY__RESULT__INIT;
	Assay__ServerMessage *copy;
	uint8_t packed[64];
	uint8_t *bytes;
	size_t len;

	(void)state;
	own.id = (char *)"task";
	own.candidate_index = 300;
	own.cached = 1;
	rest.verdict = ASSAY__VERDICT__FAILED;
	rest.stdout = (ProtobufCBinaryData){.len = 3, .data = (uint8_t *)"a\0b"};
	len = assay__result__pack(&rest, packed);
	assert_int_equal(codec_pack_result(UINT64_MAX, &own, packed, len, &bytes, &len), 0);
	assert_int_equal(codec_unpack_server(bytes + 4, len - 4, PLENTY, &copy), 0);
	assert_int_equal(copy->body_case, ASSAY__SERVER_MESSAGE__BODY_RESULT);
	assert_true(copy->request_id == UINT64_MAX);
	assert_string_equal(copy->result->id, "task");
	assert_int_equal(copy->result->candidate_index, 300);
	assert_true(copy->result->cached);
	assert_int_equal(copy->result->verdict, ASSAY__VERDICT__FAILED);
	assert_memory_equal(copy->result->stdout.data, "a\0b\0", 4);
	assert_int_equal(assay__server_message__get_packed_size(copy), len - 4);
	codec_free_server(copy);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_keeps_everything),
		cmocka_unit_test(a_cut_message_is_never_more_than_refused),
		cmocka_unit_test(any_flipped_byte_is_survived),
		cmocka_unit_test(every_budget_fails_cleanly_or_suffices),
		cmocka_unit_test(as_many_small_calls_as_tests_fit),
		cmocka_unit_test(empty_elements_by_the_million_exceed_the_budget),
		cmocka_unit_test(a_oneof_set_again_and_again_exceeds_the_budget),
		cmocka_unit_test(unknown_fields_by_the_million_exceed_the_budget),
		cmocka_unit_test(unknown_fields_are_dropped),
		cmocka_unit_test(the_last_of_a_oneof_wins),
		cmocka_unit_test(a_sub_message_given_twice_keeps_the_last),
		cmocka_unit_test(strings_that_are_not_utf8_are_malformed),
		cmocka_unit_test(an_enum_may_hold_a_number_of_the_future),
		cmocka_unit_test(garbage_is_malformed),
		cmocka_unit_test(server_messages_survive_the_round_trip),
		cmocka_unit_test(a_result_in_two_parts_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
