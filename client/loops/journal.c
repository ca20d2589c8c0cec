/*
 * The journal of a model's answers. Part of `assay loop`.
 *
 * An answer costs money and cannot be had a second time, so its line is written, whole and at once,
 * before anything is made of it. A line that was cut off by the end of the disk or of the process
 * is the last one, and is dropped.
 */
#include "client/loops/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/result_json.h"
#include "client/suite/lines.h"

struct journal {
	json_t *answers; /* of each task: of each step */
	FILE *file;      /* NULL: nothing is written */
};

/* First ones count. */
static int keep(struct journal *journal, const char *task, const char *step, json_t *answer)
{
	json_t *steps = json_object_get(journal->answers, task);

	if (steps == NULL) {
		steps = json_object();
		if (json_object_set_new(journal->answers, task, steps) < 0)
			return -ENOMEM;
	}
	if (json_object_get(steps, step) != NULL)
		return 0;
	return json_object_set(steps, step, answer) < 0 ? -ENOMEM : 0;
}

static int take_line(struct journal *journal, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	const char *task = json_string_value(json_object_get(line, "task"));
	const char *step = json_string_value(json_object_get(line, "step"));
	int err = -EBADMSG;

	if (task != NULL && step != NULL && json_is_string(json_object_get(line, "text")))
		err = keep(journal, task, step, line);
	json_decref(line);
	return err;
}

static int load(struct journal *journal, const char *path)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(path, &lines);

	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0 && err == 0) {
		if (strspn(text, " \t\r") == len)
			continue;
		err = take_line(journal, text, len);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

/* A line without its end was not written to its end. */
int journal_cut_unfinished(const char *path)
{
	FILE *file = fopen(path, "r+e");
	long end = 0;
	int byte, err = 0;

	if (file == NULL)
		return errno == ENOENT ? 0 : -errno;
	for (long at = 1; (byte = getc(file)) != EOF; at++)
		if (byte == '\n')
			end = at;
	if (ferror(file) || ftruncate(fileno(file), end) < 0)
		err = -errno;
	fclose(file);
	return err;
}

static int open_to_add(struct journal *journal, const char *path)
{
	int err = journal_cut_unfinished(path);

	if (err == 0)
		err = load(journal, path);
	if (err == -ENOENT)
		err = 0;
	if (err < 0)
		return err;
	journal->file = fopen(path, "ae");
	return journal->file == NULL ? -errno : 0;
}

int journal_open(const char *journal_path, const char *recorded_path, struct journal **journal,
		 const char **path)
{
	int err = 0;

	*path = journal_path != NULL ? journal_path : "";
	*journal = calloc(1, sizeof(**journal));
	if (*journal == NULL)
		return -ENOMEM;
	(*journal)->answers = json_object();
	if (journal_path != NULL)
		err = open_to_add(*journal, journal_path);
	if (err == 0 && recorded_path != NULL) {
		*path = recorded_path;
		err = load(*journal, recorded_path);
	}
	if (err < 0) {
		journal_close(*journal);
		*journal = NULL;
	}
	return err;
}

void journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	if (journal->file != NULL)
		fclose(journal->file);
	json_decref(journal->answers);
	free(journal);
}

json_t *journal_find(const struct journal *journal, const char *task, const char *step)
{
	return json_object_get(json_object_get(journal->answers, task), step);
}

int journal_add(struct journal *journal, const char *task, const char *step, const json_t *answer)
{
	json_t *kept = json_pack("{ssss}", "task", task, "step", step);
	char *line = NULL;
	int err = -ENOMEM;

	if (kept != NULL && json_object_update(kept, (json_t *)answer) == 0 &&
	    json_object_del(kept, "id") == 0)
		line = json_to_line(kept);
	if (line != NULL)
		err = keep(journal, task, step, kept);
	errno = 0;
	if (err == 0 && journal->file != NULL &&
	    (fprintf(journal->file, "%s\n", line) < 0 || fflush(journal->file) != 0))
		err = errno != 0 ? -errno : -EIO;
	free(line);
	json_decref(kept);
	return err;
}
