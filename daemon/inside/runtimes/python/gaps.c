/*
 * Pid 1, while it warms up. Imports leave thousands of free places in the heap, a few on each page.
 * A forked child that allocates takes them first, and for each of them copies a page of which it
 * needs some bytes: of a short run that was a third of all page faults. So the places are taken
 * here and kept. What a run allocates then comes from pages that were never used, one after the
 * other; and what is imported after a filling lies together and not between older things.
 *
 * Two allocators have such places. malloc: asked for every size, largest first, until it answers
 * from the end of the heap. The interpreter's own, for up to 512 bytes: a pool holds blocks of one
 * size, and one that was never used gives them in the order of their addresses, the first one
 * behind its header.
 */
#include "inside/runtimes/python/gaps.h"

#include <Python.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Below malloc's threshold for a mapping of its own. */
#define CHUNK_BYTES_MAX 65536u
#define CHUNK_BYTES_MIN 24u
/* Up to here each size has lists of its own. */
#define CHUNK_BYTES_EXACT 1040u
#define ALIGNMENT 16u

#define BLOCK_BYTES_MAX 512u
/* A multiple of both is a multiple of any: 4 KiB in older interpreters, 16 KiB in newer. */
#define POOL_ALIGNMENT 4096u
#define POOL_HEADER_BYTES 48u
/* Of one size; far more than a warm interpreter has free. */
#define BLOCKS_MAX 100000u

/* Where memory that was never handed out begins. */
static uintptr_t end_of_heap(void)
{
#if __GLIBC_PREREQ(2, 33)
	return (uintptr_t)sbrk(0) - mallinfo2().keepcost;
#else
	return (uintptr_t)sbrk(0) - (unsigned int)mallinfo().keepcost;
#endif
}

static void fill_size(size_t size, uintptr_t end)
{
	void *chunk;

	do {
		chunk = malloc(size);
	} while (chunk != NULL && (uintptr_t)chunk < end);
	free(chunk);
}

static void fill_heap(void)
{
	uintptr_t end = end_of_heap();
	size_t size;

	for (size = CHUNK_BYTES_MAX; size > CHUNK_BYTES_EXACT; size -= size / 8)
		fill_size(size, end);
	for (size = CHUNK_BYTES_EXACT; size > CHUNK_BYTES_MIN; size -= ALIGNMENT)
		fill_size(size, end);
	fill_size(CHUNK_BYTES_MIN, end);
}

static bool is_first_of_pool(uintptr_t block)
{
	return block % POOL_ALIGNMENT == POOL_HEADER_BYTES;
}

static void fill_pools_of(size_t size)
{
	uintptr_t before, block = 0;
	unsigned int n = 0;

	do {
		before = block;
		block = (uintptr_t)PyObject_Malloc(size);
	} while (block != 0 && ++n < BLOCKS_MAX &&
		 !(is_first_of_pool(before) && block == before + size));
}

void gaps_fill(void)
{
	for (size_t size = ALIGNMENT; size <= BLOCK_BYTES_MAX; size += ALIGNMENT)
		fill_pools_of(size);
	fill_heap();
}
