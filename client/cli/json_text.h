/* Members of JSON objects that a report of assayd has, as text for a page. */
#pragma once

#include <jansson.h>

/* The text of a member; "" if it has none. Borrowed from the object. */
const char *json_text(const json_t *object, const char *member);

/* Writes it to standard output as terminal_write() does, with this indentation of further lines. */
void json_write_text(const json_t *object, const char *member, int indent);

/* The whole object on one line. */
void json_print(const json_t *object);
