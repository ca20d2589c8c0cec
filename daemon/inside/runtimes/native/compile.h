/*
 * Making a program of the candidate's code, in a run of its own.
 */
#pragma once

#include "inside/runtimes/native/job.h"

/*
 * Compiles and links; `mark` is the object file of the completion mark. The program goes to the
 * memory file `program`, what the compiler says to descriptor 2 and, if there is no program, into
 * RECORD_FAULT_COMPILE. Ends the process.
 */
void compile_run(const struct job *job, struct text mark, int program) __attribute__((noreturn));
