/*
 * Candidates with what was said of them: tasks as `assay eval` reads them, joined with the results
 * that it wrote. Part of `assay loop`.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/suite/complaints.h"

/* Text belongs to the collection. */
struct judged_candidate {
	const char *id;
	const char *code;
	size_t code_len;
	bool is_judged; /* the next ones are known */
	bool passed;
	bool is_maskable; /* a trainer may drop it: it may not be the candidate's fault */
	bool is_shared;   /* its tests were in its own process */
	double score;     /* 0 to 1 */
};

struct judged_task {
	const char *id;
	const char *prompt; /* "" if it has none */
	size_t prompt_len;
	struct judged_candidate *candidates; /* in the order of the file */
	size_t n_candidates;
};

struct judged {
	struct judged_task *tasks; /* in the order of the file */
	size_t n_tasks;
	json_t *lines; /* what the text belongs to */
	json_t *index; /* of each task's id: its place, and those of its candidates by their ids */
};

/*
 * Reads a file of tasks and files of results. A line that cannot be used, a task or candidate that
 * comes twice, and a result of a candidate that no task has, are complained about and left out; of
 * two results of one candidate the last counts. 0: *judged goes to judged_deinit(); -errno of
 * opening, reading and allocation, and *path (borrowed) is the file it is about.
 */
int judged_load(const char *tasks_path, char *const *result_paths, size_t n_result_paths,
		struct complaints *complaints, struct judged *judged, const char **path);
void judged_deinit(struct judged *judged);
