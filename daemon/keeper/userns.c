/*
 * Writing the id maps of a new user namespace, by assay-keeper from outside: an ordinary user may
 * map only itself, root any host id. `pid` is a child that has not been waited for, so its number
 * cannot belong to anyone else.
 */
#include "keeper/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	_cleanup_fd_ int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd_write_all(fd, text, strlen(text));
}

static int write_map(pid_t pid, const char *name, unsigned int inside_id, unsigned int id)
{
	char text[64];

	snprintf(text, sizeof(text), "%u %u 1\n", inside_id, id);
	return write_file(pid, name, text);
}

int userns_map(pid_t pid, unsigned int inside_id, uid_t uid, gid_t gid)
{
	/* An ordinary user may write gid_map only after this (user_namespaces(7)). */
	int err = write_file(pid, "setgroups", "deny");

	if (err == 0)
		err = write_map(pid, "gid_map", inside_id, gid);
	if (err == 0)
		err = write_map(pid, "uid_map", inside_id, uid);
	return err;
}

/* One number of a map; false at its end. */
static bool next_number(const char **map, unsigned int *number)
{
	char *end;

	*number = (unsigned int)strtoul(*map, &end, 10);
	if (end == *map)
		return false;
	*map = end;
	return true;
}

/* The part of a map that `id` is in: how far it goes, and what `id` is outside. */
static bool find_part(const char *map, unsigned int id, unsigned int *n_left, unsigned int *outside)
{
	unsigned int first;
	unsigned int first_outside;
	unsigned int n;

	while (next_number(&map, &first) && next_number(&map, &first_outside) &&
	       next_number(&map, &n)) {
		if (id < first || id - first >= n)
			continue;
		*n_left = n - (id - first);
		*outside = first_outside + (id - first);
		return true;
	}
	return false;
}

/*
 * Root of a rootless container has the capabilities but not the ids; then it is an ordinary user
 * that happens to be called 0. Only the host's root must not run candidates: RLIMIT_NPROC does not
 * bind it. (Of nested namespaces only the innermost map can be seen.)
 */
enum userns_power userns_power_of(uid_t uid, bool may_set_ids, const char *uid_map,
				  unsigned int uid_base, unsigned int n_slots)
{
	unsigned int n_left;
	unsigned int outside;

	if (uid == 0 && may_set_ids && find_part(uid_map, uid_base + 1, &n_left, &outside) &&
	    n_left >= n_slots)
		return USERNS_ROOT;
	if (uid == 0 && (!find_part(uid_map, 0, &n_left, &outside) || outside == 0))
		return USERNS_UNFIT;
	return USERNS_SELF;
}
