/*
 * Two long texts that differ: the part of each that shows where. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/job.h"

/*
 * Who wrote the texts may have left out what they have in common, and says so at the same place in
 * both: "[1, 2, 3 ... (character 790) ... 41, 42]" goes on with what was character 790, counted
 * from 1 (render_both in texts.py of the runtime).
 */
#define EXCERPT_GAP_OPENS "... (character "
#define EXCERPT_GAP_CLOSES ") ... "

struct excerpt {
	struct slice expected; /* parts of the texts given */
	struct slice actual;
	bool is_behind;   /* they begin behind the beginning of their texts */
	bool has_more[2]; /* of the expected and of the actual there is more behind it */
	size_t character; /* number of the first character that differs, from 1; 0: none does */
};

/*
 * At most `max` bytes of both, beginning at the same place somewhat before the first difference.
 * Texts that fit, or begin differently, are shown from their beginning.
 */
struct excerpt excerpt_of_difference(struct slice expected, struct slice actual, size_t max);

/* Line `number`, from 1, of a source without the white space around it; empty if there is none. */
struct slice excerpt_line(struct slice source, size_t number);
