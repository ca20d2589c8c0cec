/*
 * Answers of a model, kept by task and step in a file of JSON lines. Part of `assay loop`.
 *
 *     {"task": "HumanEval/0", "step": "attempt 1", "text": "...", ...}
 */
#pragma once

#include <jansson.h>

struct journal;

/*
 * Reads the answers of both files (NULL: none; a journal that is not there is an empty one) and
 * opens the journal to add to it; an unfinished last line of it is cut off. Of two answers to one
 * question the first counts, and the journal's before recorded ones. 0: *journal goes to
 * journal_close(). -EBADMSG: a line is no answer; other -errno; *path (borrowed) is the file.
 */
int journal_open(const char *journal_path, const char *recorded_path, struct journal **journal,
		 const char **path);
/* Cuts off what stands behind the last end of a line. 0, also if there is no such file; -errno. */
int journal_cut_unfinished(const char *path);

/* NULL is allowed. */
void journal_close(struct journal *journal);

/* Borrowed; NULL: it is not known. */
json_t *journal_find(const struct journal *journal, const char *task, const char *step);

/* Adds the texts and counts of `answer`, and writes its line at once. 0, -ENOMEM, -errno. */
int journal_add(struct journal *journal, const char *task, const char *step, const json_t *answer);
