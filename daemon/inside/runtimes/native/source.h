/*
 * Files of the work folder that the compiler reads. What cannot be written ends the run as our
 * fault.
 */
#pragma once

#include <stdbool.h>

#include "inside/runtimes/native/declarations.h"
#include "inside/runtimes/native/job.h"

/* A new, empty file, whatever the candidate has put there. The descriptor is the caller's. */
int source_create(const char *name);
void source_put(int fd, const char *bytes, size_t len);

/* The whole file and a NUL behind it, freed by the caller; NULL: it cannot be read. */
char *source_read(const char *name, size_t *len);

/* The candidate's code, behind the prompt; positions count from the beginning of the code. */
void source_write_candidate(const struct job *job);

/*
 * The tests, as `name`: behind the directives of the prompt, what they want of the library, and
 * `declarations`.
 */
void source_write_tests(const struct job *job, const char *name,
			const struct declarations *declarations);
