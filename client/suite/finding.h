/* What openai/human-eval would have said about a result. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "assay/assay.h"

/* The facts of a result that decide it. Texts are borrowed from the result. */
struct finding {
	enum assay_verdict verdict;
	enum assay_outcome outcome; /* of the first test that did not pass; ASSAY_NOT_RUN: none */
	const char *error_type;     /* of that test, else of the run; "": none */
	const char *error_message;
	size_t error_message_len;
	uint64_t syntax_line; /* of a COMPILE_ERROR, in prompt and code together; 0: unknown */
	const char *detail;   /* why this verdict, for what human-eval has no word */
};

/* `prompt` may be NULL; only its line ends count. */
struct finding finding_of(const assay_result *result, const char *prompt);

/* "passed", "timed out" or "failed: ...", as a JSON string that the caller frees. NULL when memory
 * is short. */
char *finding_new_result_json(const struct finding *finding);
