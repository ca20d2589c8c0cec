/*
 * The warm interpreter's memory in huge pages, so that a fork copies few entries of page tables.
 */
#pragma once

/* Before anything is imported: from now on memory is taken where it can become huge pages. */
void huge_start(void);

/* When all is warm: makes them. Without effect where the kernel cannot; never an error. */
void huge_finish(void);
