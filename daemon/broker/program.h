/*
 * The compiled program of a candidate: a memory file that the compiler's run fills, and that the
 * runs behind it execute when it is sealed. Broker only.
 */
#pragma once

#include <stdint.h>

#include "core/job.h"

struct program;

/* An empty one, to be filled; NULL: there is no memory file to be had. */
struct program *program_new(void);

/* NULL is allowed. */
void program_free(struct program *program);

/* To be passed to a cell; borrowed. */
int program_descriptor(const struct program *program);

/*
 * The compiler's run is over, nothing of it is left. 0: the file holds a program of at most
 * `max_bytes` and can never be changed again; `messages`, what the compiler has said, is copied.
 * -ENOEXEC, -EFBIG: it holds something else; another -errno: it cannot be sealed.
 */
int program_finish(struct program *program, uint64_t max_bytes, struct slice messages);

/* What the compiler has said of a finished program: warnings. Borrowed. Nothing for NULL. */
struct slice program_messages(const struct program *program);
