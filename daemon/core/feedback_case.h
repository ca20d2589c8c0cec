/*
 * The part of the plain form that is about cases of kind stdio, and what it shares with the rest.
 */
#pragma once

#include "core/feedback.h"
#include "core/text.h"

/* "'name'", its input, and where its output differs, of a case that is not hidden; nothing behind
 * it. */
void feedback_append_case(struct text *text, const struct feedback_input *input, uint32_t index);

/* "ValueError: message", and on a line of its own the line of the code, as far as `told` permits.
 */
void feedback_append_error(struct text *text, const struct feedback_input *input,
			   const struct test_error *error, enum reveal_error told);
