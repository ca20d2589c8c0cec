/*
 * Core dumps. They are never wanted, and a limit of 0 prevents the files. It does not prevent what
 * a kernel.core_pattern asks for that begins with '|': the kernel ignores the limit and starts that
 * program as root, outside of all namespaces, to read the memory of whoever crashed. Only the limit
 * 1 is told apart: it marks the helper of a dump, which must not be dumped again (do_coredump() in
 * fs/coredump.c, core(5)). It is too small for a file as well, as that takes at least a page.
 *
 * The limit is 0 where it serves, because 1 is odd to whoever looks. The filter of the cells lets
 * nobody change it. A pattern that changes while the daemon runs is seen by the next cells.
 */
#include "keeper/core_pattern.h"

#include "keeper/cgroup_file.h"

#define PATTERN_BYTES 256

uint64_t core_pattern_limit(const char *pattern)
{
	return pattern[0] == '|' || pattern[0] == '@' ? 1 : 0;
}

uint64_t core_pattern_limit_here(void)
{
	char pattern[PATTERN_BYTES];

	/* Not to be read: as if there were a program. */
	if (cgroup_file_read("/proc/sys/kernel", "core_pattern", pattern, sizeof(pattern)) < 0)
		return 1;
	return core_pattern_limit(pattern);
}
