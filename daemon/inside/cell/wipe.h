/*
 * The writable folders of a cell: proving that a run left them as they were, or making them so.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#define WIPE_AREAS_MAX 4

struct wipe_area {
	const char *path; /* borrowed, a tmpfs mounted there */
	struct stat at_start;
	uint64_t used_inodes;
	uint64_t used_blocks;
	long attribute_bytes; /* of the names of extended attributes; < 0: -errno */
};

struct wipe {
	struct wipe_area areas[WIPE_AREAS_MAX];
	unsigned int n_areas;
};

/* Remembers the areas (`path` and `n_areas` are set), which must be empty. 0 or -errno. */
int wipe_start(struct wipe *wipe);

/*
 * Call when no other process exists. 0: every area is empty and as at the start. < 0: it could not
 * be proven; the cell must not be used again.
 */
int wipe_areas(struct wipe *wipe);
