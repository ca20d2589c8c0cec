/*
 * cgroup v2's rule of "no internal processes", for assay-keeper: a group (other than the root) that
 * passes controllers on to groups below it may not hold processes itself. So the daemon moves to a
 * leaf:
 *
 *     before                         after
 *     own: supervisor keeper broker  own:  (empty, +memory +pids)
 *                                      assay.<pid>:  (empty, +memory +pids)
 *                                        daemon: supervisor keeper broker
 *                                        slot-0, slot-1 ...
 *
 * Only processes of ours are moved, never those of a shell or another service that happen to live
 * in the same group; then there is no cgroup layer, and the caller says how to start assayd in a
 * group of its own. A process that is forked meanwhile is caught by doing it again.
 */
#include "keeper/cgroup_v2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/cgroup_file.h"

#define MOVE_TRIES 8
#define ANCESTORS_MAX 64
#define LEAF "daemon"

static void leaf_folder(const struct cgroup_tree *tree, char folder[])
{
	snprintf(folder, CGROUP_PATH_MAX + 16, "%s/" LEAF, tree->folder);
}

/* The first line of cgroup.controllers and cgroup.subtree_control: "cpu memory pids". */
static bool has_word(const char *folder, const char *name, const char *word)
{
	char text[512];
	char *rest = text;
	char *field;

	if (cgroup_file_read(folder, name, text, sizeof(text)) < 0)
		return false;
	while ((field = strsep(&rest, " \n")) != NULL)
		if (strcmp(field, word) == 0)
			return true;
	return false;
}

int cgroup_v2_adopt(struct cgroup_place *place, pid_t supervisor, const char *controller)
{
	char suffix[48];
	size_t len = strlen(place->path);
	size_t suffix_len =
		(size_t)snprintf(suffix, sizeof(suffix), "/assay.%d/" LEAF, (int)supervisor);

	if (len > suffix_len && strcmp(place->path + len - suffix_len, suffix) == 0)
		place->path[len - suffix_len] = '\0';
	if (controller == NULL || has_word(place->path, "cgroup.controllers", controller))
		return 0;
	return -ENOENT;
}

static pid_t parent_of(pid_t pid)
{
	char folder[32];
	char text[512];
	const char *after_name;

	snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
	if (cgroup_file_read(folder, "stat", text, sizeof(text)) < 0)
		return 0;
	after_name = strrchr(text, ')'); /* ") S 1234 ..." */
	return after_name != NULL && strlen(after_name) > 4
		       ? (pid_t)strtol(after_name + 4, NULL, 10)
		       : 0;
}

static bool is_ours(pid_t pid, pid_t supervisor)
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		if (pid == supervisor)
			return true;
		pid = parent_of(pid);
	}
	return false;
}

static int check_process(pid_t pid, void *context)
{
	char folder[32];
	const pid_t *supervisor = context;

	snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
	if (is_ours(pid, *supervisor) || (pid > 0 && access(folder, F_OK) < 0))
		return 0;
	return -EBUSY;
}

static int move_process(pid_t pid, void *context)
{
	const char *leaf = context;
	int err = cgroup_file_write_number(leaf, "cgroup.procs", (uint64_t)pid);

	return err == -ESRCH ? 0 : err; /* it has just ended */
}

static int pass_on(const char *folder, bool memory, bool pids, char sign)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%s%s", memory ? "+memory" : "", memory && pids ? " " : "",
		 pids ? "+pids" : "");
	for (char *c = text; *c != '\0'; c++)
		if (*c == '+')
			*c = sign;
	return cgroup_file_write(folder, "cgroup.subtree_control", text);
}

static int empty_own_group(struct cgroup_tree *tree, pid_t supervisor, bool memory, bool pids)
{
	char leaf[CGROUP_PATH_MAX + 16];
	int err = -EBUSY;

	leaf_folder(tree, leaf);
	if (mkdir(leaf, 0755) < 0 && errno != EEXIST)
		return -errno;
	for (int i = 0; i < MOVE_TRIES && err == -EBUSY; i++) {
		err = cgroup_file_each_process(tree->place.path, check_process, &supervisor);
		if (err < 0)
			return err;
		tree->has_moved = true;
		err = cgroup_file_each_process(tree->place.path, move_process, leaf);
		if (err == 0)
			err = pass_on(tree->place.path, memory, pids, '+');
	}
	return err;
}

int cgroup_v2_delegate(struct cgroup_tree *tree, pid_t supervisor, bool memory, bool pids)
{
	char leaf[CGROUP_PATH_MAX + 16];
	int err;

	/* An earlier keeper of this supervisor moved us already: it is ours to move back. */
	leaf_folder(tree, leaf);
	tree->has_moved = access(leaf, F_OK) == 0;
	/* Works at once in the root group, and in a group that passes them on already. */
	err = pass_on(tree->place.path, memory, pids, '+');
	if (err == -EBUSY)
		err = empty_own_group(tree, supervisor, memory, pids);
	return err < 0 ? err : pass_on(tree->folder, memory, pids, '+');
}

void cgroup_v2_take_back(struct cgroup_tree *tree)
{
	char leaf[CGROUP_PATH_MAX + 16];

	leaf_folder(tree, leaf);
	if (tree->has_moved) {
		(void)pass_on(tree->folder, true, true, '-');
		(void)pass_on(tree->place.path, true, true, '-');
		(void)cgroup_file_each_process(leaf, move_process, tree->place.path);
	}
	(void)rmdir(leaf); /* may have been made without anything being moved */
	tree->has_moved = false;
}
