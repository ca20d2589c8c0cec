/*
 * What is said about a judged candidate: from a judgement to the Result message. Broker only.
 */
#pragma once

#include <stdint.h>

#include "assay.pb-c.h"
#include "core/feedback.h"
#include "core/job.h"
#include "core/verdict.h"
#include "core/verdict_cache.h"

/* Everything known when a job is over. All text is borrowed and lives until it has been packed. */
struct judgement {
	struct verdict verdict;
	const struct examination *examination;
	const struct run_facts *facts;
	struct slice output;
	struct slice error_output;
	uint64_t output_dropped_bytes;
	uint64_t error_output_dropped_bytes;
	uint64_t memory_peak_bytes;
	uint64_t queue_ns;
	bool is_apart;  /* nothing of the tests was in the candidate's process */
	bool is_native; /* and there was no examiner: answers to a plan were compared here */
	enum control_outcome control;
	const struct repeats *repeats; /* NULL: one run was asked for */
	const struct policy *policy;   /* whose environment is told; NULL: it was not run */
	uint32_t layers;               /* 0: it was not run */
	const char *runtime;
};

/*
 * Packs what is told of `job`: the Result without its candidate's names, so that it can be told of
 * others that are alike. The answer will have at most `max_bytes`; output is cut for it. 0:
 * told->bytes is the caller's, to be freed; or -errno.
 */
int reply_pack(const struct job *job, const struct judgement *judgement, size_t max_bytes,
	       struct told_verdict *told);

/* The frame that answers `job` with it. `is_cached`: it is of another job's run. As above. */
int reply_frame(const struct job *job, const struct told_verdict *told, bool is_cached,
		uint8_t **frame, size_t *len);

/* Names of the layers in `layers`, at most `max` into names[] (static text); returns how many. */
size_t reply_layer_names(uint32_t layers, char **names, size_t max);
