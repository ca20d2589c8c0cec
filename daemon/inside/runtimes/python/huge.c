/*
 * Pid 1, while it warms up. A fork copies the page table of 10 MiB, and the child's exit takes it
 * down again: with pages of 4 KiB that is half of what a short run costs. With the same memory in
 * pages of 2 MiB both are a tenth of it; where the child writes, the kernel splits the huge page's
 * entry and copies 4 KiB, as before.
 *
 * A huge page needs 2 MiB of one mapping at a multiple of 2 MiB. So the interpreter's arenas are
 * taken from one region that begins at such a multiple, and the heap is moved up to the next. A
 * policy has this library preloaded, or the 3 MiB that the interpreter takes for itself before it
 * can import anything would lie elsewhere. The pages are put together in one go at the end, by
 * MADV_COLLAPSE (Linux 6.1), and not asked for by MADV_HUGEPAGE: that would hold for the children,
 * too, whose first byte in a region would then cost 2 MiB of zeros.
 *
 * The arena allocator is no part of the stable ABI, though its two functions and its struct are the
 * same since Python 3.4. Where they are not found the arenas stay what they are.
 */
#include "inside/runtimes/python/huge.h"

#include <Python.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define HUGE_BYTES ((uintptr_t)2 << 20)
#define PAGE_BYTES 4096
/* Twice what a warm interpreter takes; the rest is given back. */
#define REGION_BYTES ((uintptr_t)16 << 20)

/* Up to here malloc takes from the heap, as it does by itself when such a piece was freed once. */
#define HEAP_CHUNK_BYTES_MAX (1 << 20)

/* PyObjectArenaAllocator of CPython. */
struct arena_allocator {
	void *context;
	void *(*alloc)(void *context, size_t size);
	void (*free)(void *context, void *arena, size_t size);
};

static struct {
	uintptr_t start;
	uintptr_t next;
	uintptr_t end;
	uintptr_t heap;
} huge;

static uintptr_t round_up(uintptr_t address)
{
	return (address + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
}

static void *map(size_t size)
{
	void *address =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return address != MAP_FAILED ? address : NULL;
}

static void unmap(uintptr_t start, uintptr_t end)
{
	if (end > start)
		munmap((void *)start, end - start);
}

static void *take_arena(void *context, size_t size)
{
	uintptr_t arena = huge.next;

	(void)context;
	if (huge.end - huge.next < size)
		return map(size);
	huge.next += size;
	return (void *)arena;
}

static void give_arena(void *context, void *arena, size_t size)
{
	(void)context;
	munmap(arena, size);
}

static void start_region(void)
{
	struct arena_allocator ours = {.alloc = take_arena, .free = give_arena};
	void (*set_allocator)(struct arena_allocator *) = (void (*)(struct arena_allocator *))dlsym(
		RTLD_DEFAULT, "PyObject_SetArenaAllocator");
	uintptr_t address;

	if (set_allocator == NULL)
		return;
	address = (uintptr_t)map(REGION_BYTES + HUGE_BYTES);
	if (address == 0)
		return;
	huge.start = round_up(address);
	huge.next = huge.start;
	huge.end = huge.start + REGION_BYTES;
	unmap(address, huge.start);
	unmap(huge.end, address + REGION_BYTES + HUGE_BYTES);
	set_allocator(&ours);
}

void huge_start(void)
{
	uintptr_t end = (uintptr_t)sbrk(0);

	if (huge.start != 0)
		return;
	/* malloc goes on behind a piece that somebody else has taken. */
	if (sbrk((intptr_t)(round_up(end) - end)) != (void *)-1)
		huge.heap = round_up(end);
	mallopt(M_MMAP_THRESHOLD, HEAP_CHUNK_BYTES_MAX);
	mallopt(M_TRIM_THRESHOLD, 2 * HEAP_CHUNK_BYTES_MAX);
	start_region();
}

/* Preloaded, this library comes before the interpreter has taken anything. */
__attribute__((constructor)) static void start_early(void)
{
	if (!Py_IsInitialized())
		huge_start();
}

/* A huge page that is mostly empty would take memory and save nothing. */
static bool is_mostly_used(uintptr_t area)
{
	static unsigned char is_resident[HUGE_BYTES / PAGE_BYTES];
	size_t n = 0;

	if (mincore((void *)area, HUGE_BYTES, is_resident) < 0)
		return false;
	for (size_t i = 0; i < sizeof(is_resident); i++)
		n += is_resident[i] & 1u;
	return n >= sizeof(is_resident) / 2;
}

static void collapse(uintptr_t start, uintptr_t end)
{
	for (uintptr_t area = start; area < end; area += HUGE_BYTES)
		if (is_mostly_used(area))
			madvise((void *)area, HUGE_BYTES, MADV_COLLAPSE);
}

/* The end of the heap, moved on to where its last huge page ends if that is worth it. */
static uintptr_t whole_heap(void)
{
	uintptr_t end = (uintptr_t)sbrk(0);
	uintptr_t missing = round_up(end) - end;

	if (missing > HUGE_BYTES / 2 || sbrk((intptr_t)missing) == (void *)-1)
		return end & ~(HUGE_BYTES - 1);
	return end + missing;
}

void huge_finish(void)
{
	uintptr_t used = round_up(huge.next);

	if (huge.heap != 0)
		collapse(huge.heap, whole_heap());
	if (huge.start == 0)
		return;
	unmap(used, huge.end);
	huge.end = used;
	collapse(huge.start, used);
}
