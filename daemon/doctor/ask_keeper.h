/* What assay-keeper tells when it is asked instead of started (keeper/describe.h). */
#pragma once

#include <stddef.h>

#define ANSWER_FIELDS_MAX 6

struct answer {
	char *lines;      /* owned; NUL-terminated */
	char *complaints; /* owned; what it wrote to standard error */
	int status;       /* its exit status; -1: it died */
};

/*
 * Runs the program at `keeper_path` with this word and the table in `policies_fd` (borrowed), and
 * waits for its end. 0: `answer` is to be given to answer_deinit(); -errno: it could not be run.
 */
int ask_keeper(const char *keeper_path, const char *word, int policies_fd, struct answer *answer);
void answer_deinit(struct answer *answer);

/* Where one is in an answer; all zero at first. */
struct answer_cursor {
	const char *at;
	char line[4096];
	const char *fields[ANSWER_FIELDS_MAX]; /* behind the kind; "" if the line has no more */
};

/* Goes to the next line of that kind, whose fields live until the next call. 0: there is no more.
 */
int answer_next(const struct answer *answer, struct answer_cursor *cursor, const char *kind);
