/* Small reads and writes in cgroup folders, and removing a group with all that is left in it. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Opens <folder>/<name> with `flags`. Descriptor or -errno. */
int cgroup_file_open(const char *folder, const char *name, int flags);

/* Writes text in one write(2). 0 or -errno. */
int cgroup_file_write(const char *folder, const char *name, const char *text);
int cgroup_file_write_number(const char *folder, const char *name, uint64_t number);

/* Reads up to size - 1 bytes and terminates them. Bytes or -errno. */
ssize_t cgroup_file_read(const char *folder, const char *name, char *text, size_t size);

/* Writes a limit and reads it back, which may be rounded to pages but not be more. 0 or -errno. */
int cgroup_file_limit(const char *folder, const char *name, uint64_t limit);

/*
 * Calls `visit` for each process of <folder>/cgroup.procs until it returns other than 0, which is
 * then the result. 0 or -errno.
 */
int cgroup_file_each_process(const char *folder, int (*visit)(pid_t pid, void *context),
			     void *context);

/* Kills whatever is in the group, waits a bounded time until it is empty, removes it. 0, -errno. */
int cgroup_file_remove(const char *folder);
