/*
 * Taking code out of a model's answer. Pure.
 */
#pragma once

#include "core/job.h"

/*
 * The text within the last complete fenced block (``` or ~~~ of at least three characters at the
 * start of a line, an info string allowed behind the opening fence; CommonMark 0.30, section 4.5,
 * without indentation). All of `text` if there is none.
 */
struct slice extract_last_fence(struct slice text);
