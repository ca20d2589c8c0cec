/*
 * What a program of kind `program` inherits for its completion mark (mark.c).
 */
#pragma once

/* Write end of the records, and a pipe that holds the nonce. Far from what programs count up to. */
#define MARK_FD_RECORDS 600
#define MARK_FD_NONCE 601

/* What the tests are compiled as: their assertions are told from the candidate's by it. */
#define MARK_TESTS_NAME "tests"

/* What the main of the tests is called, so that nobody else's is taken for it. */
#define MARK_TESTS_MAIN "assay_tests_main"
