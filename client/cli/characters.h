/* Which bytes are UTF-8, and which characters a terminal must not get. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Length of the character at the start of bytes[0..len) and its number in *code_point; 0 if the
 * bytes there are no complete UTF-8 (overlong forms, surrogates and numbers above U+10FFFF are
 * none). len must not be 0.
 */
size_t character_decode(const char *bytes, size_t len, uint32_t *code_point);

bool characters_are_valid(const char *bytes, size_t len);

/* A copy in which each byte that is no UTF-8 is U+FFFD; the caller frees. NULL when memory is
 * short. *copy_len without the NUL behind it. */
char *characters_replace_invalid(const char *bytes, size_t len, size_t *copy_len);

/*
 * Makes the escapes of half a surrogate pair in JSON text (a model's answer cut off within an
 * emoji)
 * \\ufffd, in place: no UTF-8 says what they say, and a JSON reader refuses the whole line for one.
 */
void characters_mend_json(char *text, size_t len);

/* Could move the cursor, change what is already on the screen or the order of letters. */
bool character_is_unsafe(uint32_t code_point);
