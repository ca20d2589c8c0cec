/*
 * Numbers in options. Runs in `assay` and `assay-model`.
 *
 * strtoull() alone would take blanks, signs and what stands behind the number: "-1" would be a very
 * large one, "3k" a three.
 */
#include "client/cli/option_number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

uint64_t option_number_whole(const char *text, uint64_t min, uint64_t max, struct argp_state *state,
			     const char *option)
{
	const size_t len = strlen(text);
	const bool is_number = len > 0 && strspn(text, "0123456789") == len;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, NULL, 10);
	if (!is_number || errno != 0 || number < min || number > max)
		argp_error(state, "%s: '%s' is no number from %" PRIu64 " to %" PRIu64, option,
			   text, min, max);
	return number;
}

double option_number_real(const char *text, double min, double max, struct argp_state *state,
			  const char *option)
{
	char *end;
	const double number = strtod(text, &end);

	if (end == text || *end != '\0' || isspace((unsigned char)text[0]) ||
	    !(number >= min && number <= max))
		argp_error(state, "%s: '%s' is no number from %g to %g", option, text, min, max);
	return number;
}
