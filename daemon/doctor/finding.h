/* One line of what `assayd --doctor` finds: a member of a JSON list. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

enum finding_state {
	FINDING_OK,
	FINDING_WEAK,    /* the daemon runs, but something is not as it could be */
	FINDING_MISSING, /* without it the daemon does not start */
};

/* `seen`: what is the case here. `why`: what it is good for. `fix`: "" if nothing is to be done. */
struct finding {
	const char *name;
	enum finding_state state;
	const char *seen;
	const char *why;
	const char *fix;
};

/* Copies the texts. */
void finding_add(json_t *list, const struct finding *finding);

/* Whether one of the list is missing. */
bool findings_have_missing(const json_t *list);
