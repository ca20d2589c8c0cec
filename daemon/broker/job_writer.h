/*
 * The job of a run as the bytes that its child reads (inside/wire.h). Broker only.
 */
#pragma once

#include <stdint.h>

#include "core/job.h"
#include "inside/wire.h"

/* A sealed memfd with the job, to be given away, or -errno. */
int job_write(const struct job *job, const uint8_t nonce[JOB_NONCE_BYTES]);
