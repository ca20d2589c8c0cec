/* Where in a profile of system calls something stands. */
#pragma once

#include <stddef.h>

/*
 * The line (from 1) on which entry `group` (from 0) of the list "syscalls" of a JSON object begins;
 * 0: it has no such entry. `bytes` is well-formed JSON.
 */
unsigned int profile_line_of_group(const char *bytes, size_t len, size_t group);

/* The line on which the key `member` of the outermost object stands; 0: it has none. */
unsigned int profile_line_of_member(const char *bytes, size_t len, const char *member);
