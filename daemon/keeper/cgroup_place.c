/*
 * Finding our own cgroups from what the kernel says in /proc/self/cgroup ("4:memory:/user",
 * "0::/user" for v2) and /proc/self/mountinfo. Used by assay-keeper; pure, so that layouts of
 * other machines (v1, v2, both, a container that sees only a part) are unit tests.
 */
#include "keeper/cgroup_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 2048
#define FIELDS_MAX 32

/* Copies the next line of *text, cut to fit; false at the end. */
static bool next_line(const char **text, char line[LINE_BYTES])
{
	size_t len = strcspn(*text, "\n");

	if (**text == '\0')
		return false;
	snprintf(line, LINE_BYTES, "%.*s", (int)(len < LINE_BYTES ? len : LINE_BYTES - 1), *text);
	*text += len + ((*text)[len] == '\n' ? 1 : 0);
	return true;
}

/* Whether `word` is one of the comma-separated words of `list`. */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, word, len) == 0)
			return true;
		list += n + (list[n] == ',' ? 1 : 0);
	}
	return false;
}

/* Our path within a hierarchy: of the v1 one with `controller`, or of v2 if that is NULL. */
static bool find_own(const char *cgroup, const char *controller, char own[CGROUP_PATH_MAX])
{
	char line[LINE_BYTES];

	while (next_line(&cgroup, line)) {
		char *controllers = strchr(line, ':');
		char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (path == NULL)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		if (controller == NULL ? controllers[0] != '\0' || strcmp(line, "0") != 0
				       : !list_has(controllers, controller))
			continue;
		snprintf(own, CGROUP_PATH_MAX, "%.*s", CGROUP_PATH_MAX - 1, path);
		return true;
	}
	return false;
}

static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;
	char *rest = line;

	for (char *field; n < FIELDS_MAX && (field = strsep(&rest, " ")) != NULL;)
		fields[n++] = field;
	return n;
}

/*
 * Joins the mount point with the part of `own` below the mount's root. In a container the mount's
 * root may be the container's cgroup; a path outside of it cannot be reached.
 */
static bool join(struct cgroup_place *place, const char *mount_point, const char *root,
		 const char *own)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
	int n;

	if (strncmp(own, root, len) != 0 || (own[len] != '/' && own[len] != '\0') ||
	    strstr(own, "/..") != NULL)
		return false;
	own += len;
	n = snprintf(place->path, sizeof(place->path), "%s%s", mount_point,
		     strcmp(own, "/") == 0 ? "" : own);
	return n > 0 && (size_t)n < sizeof(place->path);
}

/* Fields of mountinfo (proc(5)): 3 root, 4 mount point, "-", then type, source, super options. */
static bool find_mount(struct cgroup_place *place, const char *mountinfo, const char *controller,
		       const char *own)
{
	char line[LINE_BYTES];

	while (next_line(&mountinfo, line)) {
		char *fields[FIELDS_MAX];
		size_t n = split(line, fields);
		size_t dash = 6;

		while (dash < n && strcmp(fields[dash], "-") != 0)
			dash++;
		if (dash + 3 >= n)
			continue;
		if (strcmp(fields[dash + 1], controller != NULL ? "cgroup" : "cgroup2") != 0)
			continue;
		if (controller != NULL && !list_has(fields[dash + 3], controller))
			continue;
		if (join(place, fields[4], fields[3], own))
			return true;
	}
	return false;
}

int cgroup_place_find(struct cgroup_place *place, const char *controller, const char *cgroup,
		      const char *mountinfo)
{
	char own[CGROUP_PATH_MAX];

	place->is_v2 = false;
	if (find_own(cgroup, controller, own))
		return find_mount(place, mountinfo, controller, own) ? 0 : -ENOENT;
	place->is_v2 = true;
	if (find_own(cgroup, NULL, own))
		return find_mount(place, mountinfo, NULL, own) ? 0 : -ENOENT;
	return -ENOENT;
}
