/*
 * The job of a run as the bytes that its child reads (inside/wire.h). Broker only.
 */
#pragma once

#include <stdint.h>

#include "core/job.h"
#include "inside/wire.h"

/*
 * A sealed memfd with what `role` may know of the job, to be given away, or -errno: an examiner
 * gets no code; an examinee neither tests nor nonce, and of the setup the imports only. Of stdio it
 * is the code, and what the next case reads; never what it shall print. A compiler gets the
 * code and, of `program`, the tests; the program that it has made gets neither.
 */
int job_write(const struct job *job, enum job_role role, const uint8_t nonce[JOB_NONCE_BYTES]);
