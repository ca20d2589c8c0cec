/*
 * One task of a constitution: the texts that the model wrote for it, what was judged of them, and
 * which is the best so far. Part of `assay loop constitution`; no I/O.
 *
 * A text is an object as it is written: {"step", "text", "verdict", ..., "holds": {principle: true,
 * false or null}, "critiques": {principle: the daemon's words}}.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "assay/assay.h"
#include "client/loops/engine.h"
#include "client/loops/principles.h"

enum revising_phase {
	REVISING_MEASURES, /* the reference is run, for its time */
	REVISING_ANSWERS,
	REVISING_CRITICISES,
	REVISING_REVISES,
	REVISING_CHOOSES,
};

struct revising {
	struct engine_task base; /* first; is_good: the best text breaks nothing that is measured */
	const struct principles *principles; /* borrowed */
	char *prompt;
	bool is_text;
	enum revising_phase phase;
	uint64_t reference_cpu_ns; /* 0: unknown */
	json_t *texts;             /* in the order in which they came */
	size_t n_answers;          /* those that are no revisions come first */
	size_t n_judged;
	size_t best;
	bool has_best;
	unsigned int principle; /* at which the revising is */
	json_t *critiques; /* the model's: {"principle", "text"}; the last is the present one */
	json_t *choices;   /* see choosing.h */
};

/* NULL when memory is short. */
struct revising *revising_new(const struct task_format *format, const struct task *task,
			      const struct principles *principles);
void revising_free(struct revising *revising);

/* A text of the phase: an answer or a revision, which is to be judged, or a critique. 0 or -ENOMEM.
 */
int revising_take_text(struct revising *revising, const char *text, size_t len);

/* The result of the text `index` of those that are not judged yet, or of the reference. A text
 * whose verdict may be nobody's fault, or could be forged and is not wanted (`with_shared`), counts
 * as not judged. 0 or -ENOMEM. */
int revising_take_result(struct revising *revising, const assay_result *result, bool with_shared);

/* What was judged becomes the best text if it is one; the first of equals stays, but a revision is
 * taken before what it revises. */
void revising_settle(struct revising *revising);

/*
 * Which of two texts is better by what is measured: below 0 the second, above 0 the first, 0
 * neither. The first principle in which they differ decides, and *by names it. Unknown is no
 * difference.
 */
int revising_compare(const struct revising *revising, size_t first, size_t second, const char **by);

/* Whether it was judged; and whether it breaks nothing that is measured. */
bool revising_is_judged(const struct revising *revising, size_t text);
bool revising_is_sound(const struct revising *revising, size_t text);
const char *revising_text(const struct revising *revising, size_t text);

/*
 * Goes on to what the best text needs next: true, and the phase says what is to be asked; false:
 * the principles are through.
 */
bool revising_go_on(struct revising *revising);

/* The words and the name of the question. The caller owns the messages; NULL when memory is short.
 */
json_t *revising_messages(const struct revising *revising);
void revising_step(const struct revising *revising, char *step, size_t size);

/* Whether the critique that was taken last says that there is nothing to criticise. */
bool revising_is_content(const struct revising *revising);

/* As it is written. The caller owns it; NULL when memory is short. */
json_t *revising_to_json(const struct revising *revising);
