/* broker/blobs: who owns what after a request was completed, and what it is charged. */
#include "broker/blobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"

#define USER 7

static struct blobs *blobs;
static struct quota payer;
static struct refusal refusal;
static Assay__ClientMessage *message;
static size_t charged_bytes;

static int set_up(void **state)
{
	(void)state;
	blobs = blobs_new(65536);
	payer = (struct quota){.max_bytes = 4096};
	message = NULL;
	charged_bytes = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	codec_free_client(message);
	blobs_free(blobs);
	return 0;
}

static ProtobufCBinaryData data(const void *bytes, size_t len)
{
	return (ProtobufCBinaryData){.data = (uint8_t *)bytes, .len = len};
}

static struct lru_key put(const void *bytes, size_t len)
{
	Assay__PutBlob request = ASSAY__PUT_BLOB__INIT;
	struct lru_key sha256;

	request.content = data(bytes, len);
	assert_int_equal(blobs_put(blobs, USER, &request, &sha256, &refusal), 0);
	return sha256;
}

/* As it comes from a client: every part of it is on the heap. */
static void arrive(Assay__Evaluate *evaluate)
{
	Assay__ClientMessage packed = ASSAY__CLIENT_MESSAGE__INIT;
	uint8_t *frame;
	size_t len;

	packed.body_case = ASSAY__CLIENT_MESSAGE__BODY_EVALUATE;
	packed.evaluate = evaluate;
	assert_int_equal(codec_pack_client(&packed, &frame, &len), 0);
	codec_free_client(message);
	assert_int_equal(codec_unpack_client(frame + 4, len - 4, 1 << 20, &message), 0);
	free(frame);
}

static int resolve(uint32_t uid)
{
	return blobs_resolve(blobs, uid, message->evaluate, &payer, &charged_bytes, &refusal);
}

static struct lru_key put_task(void)
{
	Assay__Evaluate task = ASSAY__EVALUATE__INIT;
	Assay__CheckTests check = ASSAY__CHECK_TESTS__INIT;
	uint8_t packed[256];

	task.language = (char *)"python";
	task.entry_point = (char *)"f";
	task.prompt = data("prompt", 6);
	check.source = data("tests", 5);
	task.tests_case = ASSAY__EVALUATE__TESTS_CHECK;
	task.check = &check;
	return put(packed, assay__evaluate__pack(&task, packed));
}

static void test_a_task_completes_a_request(void **state)
{
	Assay__Evaluate evaluate = ASSAY__EVALUATE__INIT;
	struct lru_key task = put_task();

	(void)state;
	evaluate.entry_point = (char *)"own";
	evaluate.task_sha256 = data(task.bytes, sizeof(task.bytes));
	arrive(&evaluate);
	assert_int_equal(resolve(USER), 0);
	assert_string_equal(message->evaluate->language, "python");
	assert_string_equal(message->evaluate->entry_point, "own");
	assert_memory_equal(message->evaluate->prompt.data, "prompt", 6);
	assert_int_equal(message->evaluate->tests_case, ASSAY__EVALUATE__TESTS_CHECK);
	assert_memory_equal(message->evaluate->check->source.data, "tests", 5);
	assert_int_equal(message->evaluate->task_sha256.len, 0);
	assert_true(charged_bytes > 0 && payer.used_bytes == charged_bytes);
	quota_refund(&payer, charged_bytes);
}

/* The tests of the request itself win, and those of the task are freed. */
static void test_what_the_request_says_wins(void **state)
{
	Assay__Evaluate evaluate = ASSAY__EVALUATE__INIT;
	Assay__SourceTests program = ASSAY__SOURCE_TESTS__INIT;
	struct lru_key task = put_task(), source = put("program", 7);

	(void)state;
	program.source_sha256 = data(source.bytes, sizeof(source.bytes));
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_PROGRAM;
	evaluate.program = &program;
	evaluate.prompt = data("mine", 4);
	evaluate.task_sha256 = data(task.bytes, sizeof(task.bytes));
	arrive(&evaluate);
	assert_int_equal(resolve(USER), 0);
	assert_int_equal(message->evaluate->tests_case, ASSAY__EVALUATE__TESTS_PROGRAM);
	assert_memory_equal(message->evaluate->program->source.data, "program", 7);
	assert_int_equal(message->evaluate->program->source_sha256.len, 0);
	assert_memory_equal(message->evaluate->prompt.data, "mine", 4);
}

static void test_refused_and_refunded(void **state)
{
	static uint8_t large[4096];
	Assay__Evaluate evaluate = ASSAY__EVALUATE__INIT;
	Assay__SourceTests program = ASSAY__SOURCE_TESTS__INIT;
	struct lru_key task = put_task(), source = put(large, sizeof(large));

	(void)state;
	program.source_sha256 = data(source.bytes, sizeof(source.bytes));
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_PROGRAM;
	evaluate.program = &program;
	evaluate.task_sha256 = data(task.bytes, sizeof(task.bytes));
	arrive(&evaluate);
	assert_int_equal(resolve(USER + 1), REQUEST_REFUSED);
	assert_int_equal(refusal.code, ASSAY__ERROR_CODE__UNKNOWN_BLOB);
	assert_string_equal(refusal.field, "evaluate.task_sha256");
	assert_int_equal(resolve(USER), REQUEST_REFUSED);
	assert_int_equal(refusal.code, ASSAY__ERROR_CODE__OVERLOADED);
	assert_true(refusal.retry_after_ms > 0);
	assert_int_equal(payer.used_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_a_task_completes_a_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_the_request_says_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_and_refunded, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
