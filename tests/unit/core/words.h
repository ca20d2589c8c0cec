/* What the tests of the wording share: an examination of few tests and its feedback. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/feedback.h"

#define WORDS_N_TESTS 3

static struct words {
	struct test_record tests[WORDS_N_TESTS];
	struct slice sources[WORDS_N_TESTS];
	struct examination examination;
	struct verdict verdict;
	struct run_facts facts;
	struct task task;
	struct feedback_input input;
	bool is_shared;
	char text[4001];
	size_t len;
} words;

static inline struct slice slice(const char *bytes)
{
	return (struct slice){.bytes = (const uint8_t *)bytes, .len = strlen(bytes)};
}

/* One of two tests has failed. */
static int words_set_up(void **state)
{
	(void)state;
	memset(&words, 0, sizeof(words));
	words.tests[0].outcome = TEST_PASSED;
	words.tests[1].outcome = TEST_FAILED;
	words.tests[1].call = slice("add(2, 2)");
	words.tests[1].expected = slice("4");
	words.tests[1].actual = slice("5");
	words.examination =
		(struct examination){.tests = words.tests, .n_tests = 2, .is_complete = true};
	words.verdict = (struct verdict){
		.code = VERDICT_FAILED, .fault = FAULT_CANDIDATE, .detail = "A test failed."};
	words.task = (struct task){.kind = TASK_CHECK,
				   .tests = words.sources,
				   .limits = {.cpu_ms = 700,
					      .wall_ms = 2000,
					      .memory_bytes = 256 << 20,
					      .output_bytes = 1000,
					      .processes = 16}};
	words.facts = (struct run_facts){
		.examination = &words.examination, .cpu_ns = 710000000, .wall_ns = 2100000000};
	words.input = (struct feedback_input){.task = &words.task,
					      .verdict = &words.verdict,
					      .examination = &words.examination,
					      .facts = &words.facts};
	return 0;
}

/* Writes it into words.text, of at most `size` bytes. */
static inline void words_write(size_t size)
{
	struct reveal reveal;

	reveal_init(&reveal, &words.task, words.examination.n_tests, !words.is_shared);
	words.input.reveal = &reveal;
	words.len = feedback_write(&words.input, words.text, size);
	reveal_deinit(&reveal);
}

static inline void words_expect(const char *text)
{
	words_write(sizeof(words.text));
	assert_string_equal(words.text, text);
	assert_int_equal(words.len, strlen(text));
}
