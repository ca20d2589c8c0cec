/* Small task and sample files, and complaints that are counted. */
#pragma once

#include "tests/unit/suite/scratch_file.h"

#include "client/suite/samples.h"
#include "client/suite/tasks.h"

#define HUMANEVAL_TASK(id)                                                                     \
	"{\"task_id\": \"" id "\", \"prompt\": \"def f():\\n\", \"entry_point\": \"f\", "      \
	"\"canonical_solution\": \"    return 1\\n\", \"test\": \"def check(c):\\n    assert " \
	"c() == 1\\n\"}\n"

static inline int load_tasks(const char *text, struct complaints *complaints, struct tasks *tasks)
{
	char *path = scratch_new_text(text);
	int err = tasks_load(path, complaints, tasks);
	scratch_remove(path);
	return err;
}

static inline void load_samples(const char *text, const struct tasks *tasks,
				struct complaints *complaints, struct samples *samples)
{
	char *path = scratch_new_text(text);
	assert_int_equal(samples_load(path, tasks, complaints, samples), 0);
	scratch_remove(path);
}
