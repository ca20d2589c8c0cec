/*
 * Candidates and the model's own tests, joined with the tasks. Part of `assay loop rank`.
 *
 * A line of either file names its task by "task_id", or by the "prompt" that the text goes on from
 * (which may go on itself: the longest task's prompt that it begins with counts), and holds
 *
 *     candidates: "completion" or "solution", taken as it is; or "samples", raw texts that the
 *                 model went on with, cut at the first statement that is not indented
 *     tests:      "tests" or "samples", texts with assertions
 */
#pragma once

#include <stddef.h>

#include "client/loops/bag.h"
#include "client/suite/complaints.h"
#include "client/suite/tasks.h"

struct rank_material {
	struct bag codes, tests;
};

struct rank_input {
	struct rank_material *of_task; /* as many as there are tasks, in their order */
	size_t n;
};

/* At most `per_text` assertions of a text count. 0: *input goes to rank_input_deinit(); -errno of
 * opening and reading, and *path (borrowed) is the file it is about. */
int rank_input_load(const struct tasks *tasks, const char *samples_path, const char *tests_path,
		    size_t per_text, struct complaints *complaints, struct rank_input *input,
		    const char **path);
void rank_input_deinit(struct rank_input *input);
