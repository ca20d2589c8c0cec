/*
 * Allocation in the daemon's host-side processes: sizes that come from clients have passed a budget
 * before, so running out is a broken machine and ends the process (the supervisor restarts it).
 */
#pragma once

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *xrealloc(void *old, size_t size) __attribute__((alloc_size(2), returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

/* A copy of `len` bytes followed by a NUL that does not count. */
void *xmemdup(const void *bytes, size_t len) __attribute__((malloc, returns_nonnull));
