/*
 * Problems that a model proposes: asked for, read from its text, and proved before anybody tries to
 * solve them. Part of `assay loop selfplay`; no I/O.
 *
 * A problem is a JSON object: {"id", "prompt", "entry_point", "asserts", "reference"}, and "why" if
 * it cannot be used.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "assay/assay.h"

#define PROBLEM_TESTS_MAX 100

/* What a proposer is asked; `example` is the prompt of another problem. NULL: memory is short. */
json_t *problem_question(const char *example);

/* What a solver is asked. NULL: memory is short. */
json_t *problem_to_solve(const json_t *problem);

/*
 * From a text with three blocks of code: signature and docstring, solution, assertions (at least
 * `tests_min`). What is missing is said at "why". NULL: memory is short.
 */
json_t *problem_from_text(const char *id, const char *text, size_t tests_min);

/* The task that it is, as `assay eval` reads it, without candidates. NULL: memory is short. */
json_t *problem_to_task(const json_t *problem);

/* The request's candidates become the reference, which must pass, and solutions that look at
 * nothing, of which each must fail. 0 or -errno. */
int problem_add_proof(const json_t *problem, assay_request *request);

/* What the verdict on one of them says against the problem; NULL: nothing. */
const char *problem_objection(const assay_result *result);
