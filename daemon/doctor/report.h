/* What the reports of this folder share. */
#pragma once

#include <jansson.h>

#include "doctor/ask_keeper.h"
#include "doctor/doctor.h"

/* Asks the keeper about this table. 0: `answer` is the caller's; -errno, which has been logged. */
int report_ask(const struct doctor_places *places, const struct policy_table *table,
	       const char *word, struct answer *answer);

/* Prints the object, which it takes, on one line. `status`, or EXIT_FAILURE if that failed. */
int report_print(json_t *report, int status);
