/*
 * The time that a single test may take (job_options.test_ms), in both halves of a split
 * examination, and the tests that an earlier run has decided (JOB_DECIDED).
 *
 * The examinee measures: CPU time of its process while it serves the requests of one test. When it
 * is used up the process sends CHANNEL_LATE and ends. The examiner waits for no answer longer than
 * TEST_LIMIT_WALL_FACTOR times as much: that is for a test that sleeps, and for a candidate that
 * switches the timer off, which gains it nothing.
 */
#pragma once

#include <Python.h>
#include <stdint.h>

#define TEST_LIMIT_WALL_FACTOR 10

/* Takes the limit; 0: none. Once a run, before anything of the candidate. */
void test_limit_use(uint32_t test_ms);

/* Takes the content of JOB_DECIDED. 0, or -1 with an exception set. */
int test_limit_take_decided(const char *bytes, size_t len);

/* When the examiner has waited long enough: of CLOCK_MONOTONIC; 0: never. */
uint64_t test_limit_deadline_ns(void);

/* What the halves call, for the module's table. */
extern PyMethodDef test_limit_methods[];
