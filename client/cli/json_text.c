/*
 * Reports as text, in `assay`. What a report says may come from the machine (a core pattern, a
 * policy's comment), so it goes to the terminal through terminal_write().
 */
#include "client/cli/json_text.h"

#include <stdio.h>
#include <string.h>

#include "client/cli/terminal.h"

const char *json_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

void json_write_text(const json_t *object, const char *member, int indent)
{
	const char *text = json_text(object, member);

	terminal_write(stdout, text, strlen(text), indent);
}

void json_print(const json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
}
