/*
 * Running a compiled program.
 */
#pragma once

#include "inside/runtimes/native/job.h"

/* Writes the candidate's files into the work folder; what cannot be written ends the run as our
 * fault. */
void execute_write_files(const struct job *job);

/* Becomes the program. `program` is closed by exec. Never returns. */
void execute_run(const struct job *job, int program) __attribute__((noreturn));
