/*
 * Feedback in the form of the Reflexion executors (Shinn et al., 2023), which prompts made for them
 * expect:
 *
 *     Tested passed:
 *     assert add(1, 2) == 3
 *
 *     Tests failed:
 *     assert add(2, 2) == 4 # output: 5
 *
 * "Tested" is their spelling, and kept. The output is the value of the assertion's left side, the
 * text of the exception, or TIMEOUT. Other than theirs: each test ran once, in a process of the
 * candidate's own; a test that never ends says TIMEOUT, and so does one that ends the process by
 * sys.exit() say how; the value is written as the language writes it ('5' is not 5), is the
 * candidate's where the expected one stands on the left, and is shown around its first difference
 * when it is long; an exception without a text is told by its type; what failed is told even if
 * what passed fills the room.
 */
#pragma once

#include <stdbool.h>

#include "core/feedback.h"
#include "core/text.h"

/* Whether the task asks for this form and it can say anything: the lists are made of what the tests
 * call, so not with TASK_REVEAL_NONE, and of assertions, so not of stdio. */
bool reflexion_applies(const struct feedback_input *input);

void reflexion_append(struct text *text, const struct feedback_input *input);
