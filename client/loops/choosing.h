/*
 * Which of two texts is to be preferred: what is measured decides, else the model is asked, twice,
 * with the texts in either order. Part of `assay loop constitution`; no I/O.
 *
 * A choice is an object as it is written: {"first", "second", "chosen", "by"}: places of texts, the
 * chosen one's (null: none), and a principle's name or "model". Until the model has made it, "by"
 * is empty, and "said" is its answer to the first question.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "client/loops/revising.h"

/*
 * Makes a choice for each text that may be compared with the best one: other answers, and revisions
 * that what is measured tells apart. Leaves out texts that are the same. 0 or -ENOMEM.
 */
int choosing_begin(struct revising *revising);

/* The next question that the model has to answer: true, and its words (the caller owns them; NULL
 * when memory is short) and name. */
bool choosing_next(const struct revising *revising, json_t **messages, char *step, size_t size);

/* The answer to it. 0 or -ENOMEM. */
int choosing_take_text(struct revising *revising, const char *text);
