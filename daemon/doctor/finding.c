/*
 * Findings as JSON, in assayd when it examines the machine. What is read from the machine may be no
 * UTF-8 (a core pattern, say); JSON texts must be, so such bytes become question marks.
 */
#include "doctor/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *const state_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_WEAK] = "weak",
	[FINDING_MISSING] = "missing",
};

static json_t *text_of(const char *text)
{
	json_t *value = json_string(text);
	char *plain;

	if (value != NULL)
		return value;
	plain = xstrdup(text);
	for (char *c = plain; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x7f)
			*c = '?';
	value = json_string(plain);
	free(plain);
	return value;
}

void finding_add(json_t *list, const struct finding *finding)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", text_of(finding->name));
	json_object_set_new(object, "state", json_string(state_names[finding->state]));
	json_object_set_new(object, "seen", text_of(finding->seen));
	json_object_set_new(object, "why", text_of(finding->why));
	json_object_set_new(object, "fix", text_of(finding->fix));
	json_array_append_new(list, object);
}

bool findings_have_missing(const json_t *list)
{
	size_t i;
	const json_t *finding;

	json_array_foreach(list, i, finding)
	{
		const char *state = json_string_value(json_object_get(finding, "state"));

		if (state != NULL && strcmp(state, state_names[FINDING_MISSING]) == 0)
			return true;
	}
	return false;
}
