/*
 * What is wrong with a user's files, told with file and line. Part of `assay suite`.
 *
 * A sample file may be of the wrong kind from the first line to the millionth; ten examples show
 * that as well as a million would.
 */
#include "client/suite/complaints.h"

#define TOLD_MAX 10

void complain(struct complaints *complaints, const char *file, uint64_t line, const char *problem)
{
	complaints->n++;
	if (complaints->say && complaints->n <= TOLD_MAX)
		complaints->say("%s, line %llu: %s", file, (unsigned long long)line, problem);
}

void complain_rest(struct complaints *complaints)
{
	if (complaints->say && complaints->n > TOLD_MAX)
		complaints->say("... and %zu more lines that could not be used",
				complaints->n - TOLD_MAX);
}
